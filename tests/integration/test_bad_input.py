"""Bad input gets a clear error and loses nothing (S3)."""

import asyncio
import gzip
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
JSON = {"Content-Type": "application/json"}
VALUES: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, "", " ", "\x00", "\ud800", "é" * 3000, [], {}, [[]], {"text": {}}, "<script>",
]  # fmt: skip
BROKEN = [
    b"", b"{", b"nul", b"\xff\xfe", b'"text"', b"[" * 60_000, b'{"client_id": "1", "text": "a"} x', b"{}" * 3,
    b'{"client_id":"1","text":"\\ud800"', b'{"a":' * 5000, b"NaN", b"Infinity", b"9" * 60_000, b"1e999999",
    b"\x00" * 99,
    b'{"client_id":"1","text":"' + b"\xc3" + b'"}', b"[1,2]", b"null", b"true", b"client_id=1&text=a", b"<text/>",
]  # fmt: skip


def malformed(chance: random.Random) -> bytes:
    """One body that no endpoint can accept: broken JSON, an unknown field, or a wrong type."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(BROKEN[1:])
    if kind == 1:
        return b"\xff" + bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
    body = {"client_id": chance.choice(VALUES), "text": chance.choice(VALUES), "useful": chance.choice(VALUES)}
    if kind == 2:
        body["surprise"] = chance.choice(VALUES)
    else:
        body["text"] = chance.choice([None, 3, [], {}])
    return json.dumps(body).encode()


@pytest.mark.parametrize("path", ["", "/messages", "/feedback"])
async def test_a_thousand_malformed_bodies_are_refused_and_change_nothing(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, path: str
) -> None:
    print(f"seed {SEED}")
    talk, chance, slots = talk_without_rasa, random.Random(SEED), asyncio.Semaphore(8)
    await talk.say("je veux la css")
    url = f"{talk.path}{path}" if path else f"{talk.url}/api/v1/conversations"
    statuses = set()

    async def send(body: bytes) -> None:
        async with slots, session.post(url, data=body, headers=talk.headers | JSON) as response:
            answer = await response.json()
        statuses.add(response.status)
        assert answer["error"]["code"] and answer["error"]["message"].endswith("."), body[:80]

    await asyncio.gather(*(send(malformed(chance)) for _ in range(BODIES)))
    assert statuses <= {400, 413, 422}
    assert (await talk.say("quels papiers"))[0]["fiches"][0]["slug"] == "css"


@pytest.mark.parametrize("path", ["/chat", "/chat/effacer", "/chat/quitter"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "zoo", None])
async def test_a_form_that_is_none_gets_a_page_never_a_failure(
    service_without_rasa: Service, session: aiohttp.ClientSession, path: str, kind: str | None
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    headers = {"Accept": "text/html"} | ({"Content-Type": kind} if kind else {})
    for body in [*BROKEN, *(malformed(chance) for _ in range(BODIES // 12))]:
        async with session.post(
            service_without_rasa.url + path, data=body, headers=headers, allow_redirects=False,
            skip_auto_headers={"Content-Type"},
        ) as response:  # fmt: skip
            assert response.status < 500, body[:80]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        pytest.param("", 422, "empty_text", id="empty"),
        pytest.param(" \n\t ", 422, "empty_text", id="only spaces"),
        pytest.param("\x00\x00", 422, "empty_text", id="only NUL"),
        pytest.param("\u200b\u200e", 422, "empty_text", id="only invisible marks"),
        pytest.param("\ud83d", 422, "empty_text", id="only half an emoji"),
        pytest.param("a" * 2001, 422, "text_too_long", id="2,001 characters"),
        pytest.param("a" * 100_000, 413, "body_too_large", id="100 KB"),
    ],
)
async def test_a_text_that_cannot_be_taken_is_refused_in_french(
    talk_without_rasa: Talk, text: str, status: int, code: str
) -> None:
    answered, body = await talk_without_rasa.post({"client_id": uuid.uuid4().hex, "text": text})
    assert (answered, body["error"]["code"]) == (status, code)


@pytest.mark.parametrize("client_id", ["", " ", "a" * 65, "a\x00", "\ud800", 1, None, [], {}, True])
async def test_an_id_that_is_none_is_refused(talk_without_rasa: Talk, client_id: Any) -> None:
    status, body = await talk_without_rasa.post({"client_id": client_id, "text": "je veux la css"})
    assert (status, body["error"]["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "choice", ["", ".", "1", "1.9", "0.0", "-1.0", "١.٠", "1.0.0", "9" * 11 + ".0", "/restart", "a" * 5000]
)
async def test_a_button_nobody_offered_is_refused(talk_without_rasa: Talk, choice: str) -> None:
    status, body = await talk_without_rasa.post({"client_id": uuid.uuid4().hex, "choice": choice})
    assert (status, body["error"]["code"]) == (422, "unknown_choice")


@pytest.mark.parametrize("seq", [-1, 10**9, 10**30, True, "1", None, 1.0])
async def test_an_opinion_on_no_message_is_refused(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, seq: Any
) -> None:
    body, url = {"seq": seq, "useful": True}, f"{talk_without_rasa.path}/feedback"
    async with session.post(url, json=body, headers=talk_without_rasa.headers) as response:
        assert response.status == 422


async def test_ten_megabytes_are_refused(talk_without_rasa: Talk, session: aiohttp.ClientSession) -> None:
    body, headers = io.BytesIO(b'{"text":"' + b"a" * 10_000_000), JSON | talk_without_rasa.headers
    async with session.post(f"{talk_without_rasa.path}/messages", data=body, headers=headers) as response:
        assert response.status == 413


MESSAGE = b'{"client_id":"packed","text":"je veux la css"}'


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        pytest.param("gzip", gzip.compress(b'{"client_id":"1","text":"' + b"a" * 50_000_000), 413, id="a bomb"),
        pytest.param("gzip", MESSAGE, 400, id="gzip that is none"),
        pytest.param("deflate", MESSAGE, 400, id="deflate that is none"),
        pytest.param("gzip", gzip.compress(MESSAGE)[:-12], 400, id="gzip cut short"),
        pytest.param("br", MESSAGE, 400, id="an encoding nobody reads"),
    ],
)
async def test_a_body_badly_packed_is_refused(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, encoding: str, body: bytes, status: int
) -> None:
    headers = JSON | talk_without_rasa.headers | {"Content-Encoding": encoding}
    async with session.post(f"{talk_without_rasa.path}/messages", data=body, headers=headers) as response:
        assert response.status == status
        assert (await response.json())["error"]["message"].endswith(".")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "///", "a"])
async def test_json_must_be_called_json(talk_without_rasa: Talk, session: aiohttp.ClientSession, kind: str) -> None:
    headers = talk_without_rasa.headers | {"Content-Type": kind}
    async with session.post(f"{talk_without_rasa.path}/messages", data=MESSAGE, headers=headers) as response:
        assert response.status == 415
