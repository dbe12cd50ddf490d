"""What the parts of the gateway share, built once at the start."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from assistance.wording import Wording
from gateway.answers import Answerer
from gateway.channels.web.views import Views
from gateway.database import Database
from gateway.inbox.conversations import Conversations
from gateway.inbox.worker import Bell, Worker
from gateway.knowledge import Knowledge
from gateway.limits import Limits
from gateway.osrm import OsrmClient
from gateway.rasa_client import RasaClient
from gateway.rasa_tracker import RasaTracker
from gateway.safety_desk import SafetyDesk
from gateway.settings import Settings
from knowledge_base.territory import Territory


@dataclass
class Services:
    """One field for each part; handlers take what they need."""

    settings: Settings
    wording: Wording
    database: Database
    knowledge: Knowledge
    territory: Territory
    views: Views
    answerer: Answerer
    safety: SafetyDesk
    conversations: Conversations
    bell: Bell
    worker: Worker
    rasa: RasaClient | None
    rasa_answers: asyncio.Event  # set once a first question has gone the whole way through Rasa
    tracker: RasaTracker
    limits: Limits
    osrm: OsrmClient | None
    accepting: bool = True  # false while stopping


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
