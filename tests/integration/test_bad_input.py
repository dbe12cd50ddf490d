"""Bad input gets a clear error and loses nothing (S3, bad input of the contract)."""

import asyncio
import io
import json
import random
import uuid
from typing import Any

import aiohttp
import pytest

from tests.service import Service
from tests.talk import Talk

SEED = 62
BODIES = 1000
NASTY: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, "", " ", "\x00", "\ud800", "é" * 3000, [], {}, [[]], {"text": {}}, "<script>",
]  # fmt: skip
RAW = [
    b"{", b"nul", b"\xff\xfe", b'"text"', b"[" * 100_000, b'{"client_id": "1", "text": "a"} x', b"{}" * 3,
    b'{"client_id":"1","text":"\\ud800"', b'{"a":' * 5000, b"NaN", b"Infinity",
]  # fmt: skip


def malformed(chance: random.Random) -> bytes:
    """One body that no endpoint can accept: broken JSON, an unknown field, or a wrong type."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(RAW)
    if kind == 1:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200)))
    body = {"client_id": chance.choice(NASTY), "text": chance.choice(NASTY), "useful": chance.choice(NASTY)}
    if kind == 2:
        body["surprise"] = chance.choice(NASTY)
    else:
        body["text"] = chance.choice([None, 3, [], {}])
    return json.dumps(body).encode()


async def send_all(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> set[int]:
    """Post a thousand malformed bodies; return the statuses met. Each answer is an error with a French sentence."""
    chance, statuses, slots = random.Random(SEED), set(), asyncio.Semaphore(16)

    async def send(body: bytes) -> None:
        async with slots, session.post(url, data=body, headers=headers) as response:
            statuses.add(response.status)
            answer = await response.json()
            assert answer["error"]["code"] and answer["error"]["message"].endswith(".")

    await asyncio.gather(*(send(malformed(chance)) for _ in range(BODIES)))
    return statuses


@pytest.mark.parametrize("path", ["", "/messages", "/feedback"])
async def test_a_thousand_malformed_bodies_are_refused_and_change_nothing(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, path: str
) -> None:
    talk = talk_without_rasa
    await talk.say("je veux la css")
    url = f"{talk.path}{path}" if path else f"{talk.url}/api/v1/conversations"
    statuses = await send_all(session, url, talk.headers | {"Content-Type": "application/json"})
    assert statuses <= {400, 413, 422}
    assert (await talk.say("quels papiers"))[0]["fiches"][0]["slug"] == "css"


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        pytest.param("", 422, "empty_text", id="empty"),
        pytest.param(" \n\t ", 422, "empty_text", id="only spaces"),
        pytest.param("\x00\x00", 422, "empty_text", id="only NUL"),
        pytest.param("\u200b\u200e", 422, "empty_text", id="only invisible marks"),
        pytest.param("a" * 2001, 422, "text_too_long", id="2,001 characters"),
        pytest.param("a" * 100_000, 413, "body_too_large", id="100 KB"),
    ],
)
async def test_a_text_that_cannot_be_taken_is_refused_in_french(
    talk_without_rasa: Talk, text: str, status: int, code: str
) -> None:
    answered, body = await talk_without_rasa.post({"client_id": uuid.uuid4().hex, "text": text})
    assert (answered, body["error"]["code"]) == (status, code)


async def test_ten_megabytes_are_refused_at_once(talk_without_rasa: Talk, session: aiohttp.ClientSession) -> None:
    body, headers = io.BytesIO(b'{"text":"' + b"a" * 10_000_000), {"Content-Type": "application/json"}
    async with session.post(
        f"{talk_without_rasa.path}/messages", data=body, headers=headers | talk_without_rasa.headers
    ) as response:
        assert response.status == 413


@pytest.mark.parametrize(
    "text",
    ["😀😀😀", "a\ud83d", "مرحبا", "a\x00b", "SELECT * FROM fiche;", "NEAR(", '"*^-', "é" * 2000, "١٢٣", "\u202egnp"],
)
async def test_a_strange_text_gets_an_honest_answer_and_changes_no_subject(talk_without_rasa: Talk, text: str) -> None:
    talk = talk_without_rasa
    await talk.say("je veux la css")
    status, body = await talk.post({"client_id": uuid.uuid4().hex, "text": text})
    assert status == 200 and body["messages"][0]["text"]
    assert (await talk.say("quels papiers"))[0]["fiches"][0]["slug"] == "css"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search?q=" + "a" * 2001, "/api/v1/search?q=a&limit=0", "/api/v1/search?q=a&limit=x",
        "/api/v1/lieux", "/api/v1/lieux?code_insee=00000", "/api/v1/lieux?lat=nan&lon=2", "/api/v1/lieux?lat=99&lon=2",
        "/api/v1/lieux?code_insee=62498&kind=zoo", "/api/v1/lieux?code_insee=62498&slug=zoo",
        "/api/v1/lieux?code_insee=62498&at=hier", "/api/v1/lieux?code_insee=62498&at=9999-99-99",
        "/api/v1/lieux?code_insee=62498&limit=10000", "/api/v1/fiches/zoo", "/api/v1/fiches/..%2f..%2fetc",
        "/api/v1/zoo", "/fiches/zoo", "/lieux/zoo",
    ],
)  # fmt: skip
async def test_a_bad_address_is_refused_never_a_failure(
    service_without_rasa: Service, session: aiohttp.ClientSession, path: str
) -> None:
    async with session.get(service_without_rasa.url + path) as response:
        assert 400 <= response.status < 500
        assert (await response.json())["error"]["message"].endswith(".")


async def test_foreign_and_absent_conversations_look_the_same(
    talk_without_rasa: Talk, service_without_rasa: Service, session: aiohttp.ClientSession
) -> None:
    other = await Talk(session, service_without_rasa.url).open()
    answers = []
    for path in (other.path, f"{other.url}/api/v1/conversations/absent"):
        for call in (session.get(f"{path}/messages", headers=talk_without_rasa.headers),
                     session.delete(path, headers=talk_without_rasa.headers)):  # fmt: skip
            async with call as response:
                answers.append((response.status, await response.text()))
    assert len(set(answers)) == 1 and answers[0][0] == 404


async def test_a_request_without_token_is_told_so(talk_without_rasa: Talk, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{talk_without_rasa.path}/messages") as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_beyond_the_limit_one_waits_but_danger_is_heard(
    session: aiohttp.ClientSession, service_without_rasa: Service
) -> None:
    talk = await Talk(session, service_without_rasa.url).open()
    posts = [talk.post({"client_id": str(n), "text": "je veux la css"}) for n in range(60)]
    results = await asyncio.gather(*posts, talk.post({"client_id": "danger", "text": "mon mari me frappe"}))
    refused = [body for status, body in results[:-1] if status == 429]
    assert refused and refused[0]["error"]["message"].endswith(".")
    status, body = results[-1]
    assert status == 200 and body["messages"][0]["urgent"][0]["number"] == "17"


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_danger_is_answered_beside_the_refusal_of_a_stale_token(talk_without_rasa: Talk, token: str) -> None:
    talk_without_rasa.token = token
    status, body = await talk_without_rasa.post({"client_id": "1", "text": "je veux mourir"})
    assert status in (401, 404) and body["error"]
    assert body["messages"][0]["danger"] == {"level": "card", "theme": "suicide"}
