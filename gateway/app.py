"""Wiring: settings in, two aiohttp applications out (public and internal)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from assistance.context import Context
from assistance.safety import load_numbers, load_rules, load_texts
from assistance.safety_model import load_model
from assistance.wording import Wording
from gateway import health, internal, migrate
from gateway.answers import Answerer
from gateway.channels.web import api, events, pages
from gateway.channels.web.policy import check_every_route
from gateway.channels.web.views import Views
from gateway.database import Database
from gateway.dialogue.dialogue import Dialogue
from gateway.dialogue.people import PersonRule
from gateway.dialogue.place_words import PlaceWords
from gateway.dialogue.places import PlaceFinder
from gateway.dialogue.rights import RightFinder
from gateway.doctor import listens_beyond_loopback
from gateway.inbox.conversations import Conversations
from gateway.inbox.worker import Bell, Worker
from gateway.knowledge import Knowledge
from gateway.limits import Limits
from gateway.logs import log
from gateway.middleware import add_headers_on_prepare, answer_errors, observe
from gateway.osrm import OsrmClient, keep_travel_times
from gateway.purge import purge_forever
from gateway.rasa_client import RasaClient, RasaError
from gateway.rasa_tracker import RasaTracker
from gateway.safety_desk import SafetyDesk
from gateway.services import SERVICES, Services
from gateway.settings import ROOT, Settings
from gateway.unreadable import speak_for_aiohttp
from knowledge_base.communes import CommuneFinder
from knowledge_base.place_repository import DEPOT, import_places
from knowledge_base.repository import import_fiches, load_fiches
from knowledge_base.territory import Territory, load_territory

TERRITORY_DIR = ROOT / "data" / "territoire"
FICHES_DIR = ROOT / "knowledge_base" / "fiches"
MAX_BODY = 64 * 1024
PERSON_NUMBER = "03 21 21 62 16"  # the Département, as in data/territoire/numeros.csv
SWITCHBOARD_NUMBER = "03 21 21 62 62"
STOP_PATIENCE_S = 9.0
PROBE_S = 1.0


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Build every part: content checked, database migrated and verified, fiches imported.

    Raises ContentError, DatabaseUnfitError and what the database raises.
    """
    wording, territory = Wording.load(), load_territory(TERRITORY_DIR)
    numbers = load_numbers(TERRITORY_DIR / "numeros.csv")
    load_rules(), load_model(), load_texts()  # read once now: the danger check then reads nothing
    database = Database(settings.database_url)
    await migrate.upgrade(database)
    await database.verify()
    await import_content(database, territory)
    knowledge = Knowledge(database, territory)
    await knowledge.current()
    communes = CommuneFinder(territory)
    lines = {line.number: line for line in territory.numbers}
    places = PlaceFinder(wording, communes, lines, PERSON_NUMBER)
    person = PersonRule(wording, places, lines[PERSON_NUMBER], lines[SWITCHBOARD_NUMBER])
    dialogue = Dialogue(wording, RightFinder(wording, PERSON_NUMBER), places, person)
    answerer = Answerer(dialogue, knowledge)
    conversations = Conversations(database, worker_id=f"{time.time_ns():x}")
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector) as session:
        rasa = RasaClient(session, settings.rasa_url, settings.rasa_timeout_s) if settings.rasa == "on" else None
        bell, rasa_answers = Bell(), asyncio.Event()
        tracker = RasaTracker(settings.var_dir / "rasa.db")
        worker = Worker(conversations, answerer, rasa, bell, tracker, rasa_answers)
        yield Services(
            settings=settings, wording=wording, database=database, knowledge=knowledge, territory=territory,
            views=Views(communes, PlaceWords(wording)), answerer=answerer, safety=SafetyDesk(numbers),
            conversations=conversations, bell=bell, worker=worker, rasa=rasa, rasa_answers=rasa_answers,
            tracker=tracker, limits=Limits(settings),
            osrm=OsrmClient(session, settings.osrm_url) if settings.osrm_url else None,
        )  # fmt: skip
    await database.close()


async def import_content(database: Database, territory: Territory) -> None:
    """Load the files of fiches and places; what was edited or imported since keeps its edit."""
    files = load_fiches(FICHES_DIR)
    async with database.write() as connection:
        report = await import_fiches(connection, files)
        places = await import_places(connection, territory.records.values(), DEPOT, remove_absent=True)
    log.info("fiches imported", count=len(report.added) + len(report.changed))
    log.info("places imported", count=len(places.added) + len(places.changed))
    for slug in report.kept:
        log.warning("fiche edited on both sides, the database's is kept", reason=slug)


def build_public(services: Services) -> web.Application:
    """The application of the public port. Raises UndeclaredRouteError."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[observe, answer_errors])
    app[SERVICES] = services
    speak_for_aiohttp(services.wording)
    app.on_response_prepare.append(add_headers_on_prepare)
    pages.set_up(app)
    for routes in (api.routes, events.routes, health.routes, pages.routes):
        app.router.add_routes(routes)
    check_every_route(app)
    return app


def build_internal(services: Services) -> web.Application:
    """The application of the loopback port. Raises UndeclaredRouteError."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[observe, answer_errors])
    app[SERVICES] = services
    app.router.add_routes(internal.routes)
    check_every_route(app)
    return app


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Services]:
    """Serve both ports and work until the block ends; then finish what is under way."""
    async with open_services(settings) as services:
        if services.database.is_sqlite:
            await services.conversations.free_leases()
        public = web.AppRunner(
            build_public(services), access_log=None, handle_signals=False, keepalive_timeout=30,
            shutdown_timeout=2.0,
        )  # fmt: skip
        inner = web.AppRunner(build_internal(services), access_log=None, handle_signals=False, shutdown_timeout=1.0)
        background = [asyncio.create_task(services.worker.run()), asyncio.create_task(purge_forever(services))]
        await public.setup()
        await inner.setup()
        await web.TCPSite(inner, "127.0.0.1", settings.internal_port).start()
        door = web.TCPSite(public, settings.host, settings.port)
        await door.start()
        background.append(asyncio.create_task(watch_rasa(services)))
        if services.osrm is not None:
            communes = services.territory.communes
            background.append(asyncio.create_task(keep_travel_times(services.osrm, communes, services.knowledge)))
        log.info("serving", port=settings.port)
        try:
            yield services
        finally:
            services.accepting = False
            await door.stop()
            services.bell.ring_all()  # open event streams end now rather than at their next heartbeat
            for task in background:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await services.worker.stop(STOP_PATIENCE_S)
            await public.cleanup()
            await inner.cleanup()


class CageOpenError(Exception):
    """Rasa or its action server answers from outside this machine: whoever reaches it may read every talk."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port}")
        self.port = port


async def check_cage(settings: Settings) -> None:
    """Raise CageOpenError unless Rasa and its actions listen on loopback only (test S15)."""
    for port in (settings.rasa_port, settings.actions_port):
        if await asyncio.to_thread(listens_beyond_loopback, port):
            raise CageOpenError(port)


async def watch_rasa(services: Services) -> None:
    """Ask a first question until Rasa answers it by its actions; then look whether it has come back when away."""
    rasa = services.rasa
    while rasa is not None:
        if not services.rasa_answers.is_set() or rasa.failures:
            try:
                await rasa.probe("warm-up", Context())
                if not services.rasa_answers.is_set():
                    await check_cage(services.settings)
                    services.rasa_answers.set()
                    log.info("rasa answers")
            except CageOpenError as error:
                log.error("reachable from other machines, hence not used", port=error.port)
            except RasaError as error:
                log.debug("rasa does not answer yet", reason=error.reason)
        await asyncio.sleep(PROBE_S)
