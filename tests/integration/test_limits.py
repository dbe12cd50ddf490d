"""Beyond a limit one is told in French to wait, and how long; nothing that was accepted is lost."""

import asyncio
import uuid
from collections.abc import Iterator

import aiohttp
import pytest

from tests.service import GATEWAY_ALONE, Service
from tests.talk import Talk

LIMITS = {
    "PROCHE_NEW_CONVERSATIONS_PER_MINUTE": "5",
    "PROCHE_READS_PER_MINUTE": "20",
    "PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "2",
    "PROCHE_TRUSTED_PROXIES": "127.0.0.1",
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("limited") / "var", LIMITS | {"PROCHE_RASA": "off"}, what=GATEWAY_ALONE)
    try:
        yield running.start().wait_ready()
    finally:
        running.stop()


def from_address(address: str) -> dict[str, str]:
    """Headers of our proxy: each test comes from an address of its own."""
    return {"X-Forwarded-For": address}


async def until_refused(session: aiohttp.ClientSession, method: str, url: str, **options: object) -> tuple[int, int]:
    """Repeat a request; return how often it was served, and the seconds one is told to wait."""
    for served in range(100):
        async with session.request(method, url, **options) as response:  # type: ignore[arg-type]
            if response.status == 429:
                body = await response.json()
                assert body["error"]["code"] == "too_many"
                assert body["error"]["message"].endswith("réessayez.")
                return served, int(response.headers["Retry-After"])
            assert response.status < 400
    raise AssertionError("no limit")


async def test_new_conversations_are_counted_by_address(limited: Service, session: aiohttp.ClientSession) -> None:
    url = f"{limited.url}/api/v1/conversations"
    assert await until_refused(session, "POST", url, json={}, headers=from_address("192.0.2.1")) == (5, 60)
    async with session.post(url, json={}, headers=from_address("192.0.2.2")) as response:
        assert response.status == 201


@pytest.mark.parametrize(
    ("number", "path"),
    enumerate(
        ["/api/v1/search?q=rsa", "/api/v1/communes?q=lens", "/api/v1/lieux?code_insee=62498", "/api/v1/fiches/rsa"]
    ),
)
async def test_reads_are_counted_by_address(
    limited: Service, session: aiohttp.ClientSession, number: int, path: str
) -> None:
    headers = from_address(f"198.51.100.{number}")
    assert await until_refused(session, "GET", limited.url + path, headers=headers) == (20, 60)


async def test_who_is_not_our_proxy_cannot_choose_an_address(limited: Service, session: aiohttp.ClientSession) -> None:
    """Only the last address counts: the one our proxy wrote itself."""
    served = 0
    for number in range(30):
        headers = from_address(f"203.0.113.{number}, 192.0.2.9")
        async with session.get(f"{limited.url}/api/v1/search?q=a", headers=headers) as response:
            served += response.status == 200
    assert served == 20


async def test_health_and_metrics_are_never_refused(limited: Service, session: aiohttp.ClientSession) -> None:
    for _ in range(40):
        for path in ("/health/live", "/health/ready", "/metrics"):
            async with session.get(limited.url + path, headers=from_address("192.0.2.3")) as response:
                assert response.status == 200


async def test_a_message_refused_is_not_stored_and_passes_when_sent_again(
    limited: Service, session: aiohttp.ClientSession
) -> None:
    session.headers.update(from_address("192.0.2.4"))
    talk = await Talk(session, limited.url).open()
    ids = [uuid.uuid4().hex for _ in range(6)]
    answers = await asyncio.gather(*(talk.post({"client_id": one, "text": f"je veux la css {one}"}) for one in ids))
    refused = [one for one, (status, _) in zip(ids, answers, strict=True) if status == 429]
    assert {body["error"]["code"] for status, body in answers if status == 429} == {"too_many"}
    status = 429
    while status == 429:  # a second at most: the window of the limit
        status, body = await talk.post({"client_id": refused[0], "text": f"je veux la css {refused[0]}"})
    assert status == 200 and body["messages"]
    async with session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        stored = [message["text"] for message in (await response.json())["messages"] if message["sender"] == "citizen"]
    assert sorted(stored) == sorted(f"je veux la css {one}" for one in ids if one not in refused[1:])
