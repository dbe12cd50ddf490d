"""The gateway alone before a Rasa that fails on demand: one for the whole session."""

from collections.abc import Iterator

import pytest

from tests.service import GATEWAY_ALONE, Service
from tests.stub_rasa import StubRasa, answer_well

RASA_TIMEOUT_S = 1.0  # shorter than in service: many tests wait for it


@pytest.fixture(scope="session")
def stubbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, StubRasa]]:
    environment = {
        "PROCHE_RASA_TIMEOUT_S": str(RASA_TIMEOUT_S),
        "PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "1000",
        "PROCHE_MESSAGES_PER_SECOND_PER_ADDRESS": "1000",
    }
    gateway = Service(tmp_path_factory.mktemp("stubbed") / "var", environment, what=GATEWAY_ALONE)
    with StubRasa(int(gateway.ports["PROCHE_RASA_PORT"])).serving() as stub:
        try:
            gateway.start().wait_ready(30)
            yield gateway, stub
        finally:
            gateway.stop()


@pytest.fixture
def gateway(stubbed: tuple[Service, StubRasa]) -> Iterator[Service]:
    """The gateway, its Rasa well again before and after."""
    running, stub = stubbed
    heal(running, stub)
    yield running
    heal(running, stub)


@pytest.fixture
def rasa(stubbed: tuple[Service, StubRasa]) -> StubRasa:
    return stubbed[1]


def heal(running: Service, stub: StubRasa) -> None:
    """Let Rasa answer again and wait until the gateway has noticed."""
    stub.behaviour = answer_well
    stub.released.set()
    running.wait_part("rasa", "ok")
    stub.released.clear()
    stub.turns.clear()
    stub.overlaps = 0
