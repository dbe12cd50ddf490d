"""Real parts: the service as people run it, one of each kind for the whole session."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.service import Service
from tests.talk import Talk

# A test talks faster than a person may.
HURRIED = {
    "PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "1000",
    "PROCHE_MESSAGES_PER_SECOND_PER_ADDRESS": "1000",
    "PROCHE_NEW_CONVERSATIONS_PER_MINUTE": "10000",
    "PROCHE_READS_PER_MINUTE": "100000",
}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service with the trained model; a test that kills a part starts its own."""
    running = Service(tmp_path_factory.mktemp("service") / "var", HURRIED).start()
    try:
        yield running.wait_ready()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def service_without_rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The gateway alone: PROCHE_RASA=off."""
    running = Service(tmp_path_factory.mktemp("alone") / "var", HURRIED | {"PROCHE_RASA": "off"}).start()
    try:
        yield running.wait_ready()
    finally:
        running.stop()


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest_asyncio.fixture
async def talk(service: Service, session: aiohttp.ClientSession) -> Talk:
    return await Talk(session, service.url).open()


@pytest_asyncio.fixture
async def talk_without_rasa(service_without_rasa: Service, session: aiohttp.ClientSession) -> Talk:
    return await Talk(session, service_without_rasa.url).open()


@pytest.fixture
def var_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"
