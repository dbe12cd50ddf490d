"""Rasa's custom actions: each says which act was recognised, the gateway composes the answer."""

import logging

from bot.components import quiet_logs

quiet_logs.install()
logging.getLogger("rasa_sdk.executor").setLevel(logging.WARNING)  # else a line for each action at every start
