"""Rasa's custom actions: each says which act was recognised, the gateway composes the answer."""

from bot.components import quiet_logs

quiet_logs.install()
