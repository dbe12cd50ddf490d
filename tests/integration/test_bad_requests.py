"""What is no HTTP, no key and no address is refused in our words, and never a failure (S3, S19)."""

import json

import aiohttp
import pytest
from yarl import URL

from tests.raw_http import send_raw
from tests.service import Service
from tests.talk import Talk

MESSAGE = b'{"client_id":"1","text":"je veux la css"}'
GET = b"GET /api/v1/search?q=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
POST = b"POST /api/v1/conversations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(GET + b"X-Big: " + b"a" * 64_000 + b"\r\n\r\n", id="a header of 64 kB"),
        pytest.param(GET + b"".join(b"X-%d: a\r\n" % n for n in range(20_000)) + b"\r\n", id="20,000 headers"),
        pytest.param(b"GET /api/v1/search?q=" + b"a" * 64_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="a URL of 64 kB"),
        pytest.param(b"GET /api/v1/search?q=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", id="a URL of raw bytes"),
        pytest.param(GET + b"X-A: a\x00b\r\n\r\n", id="NUL in a header"),
        pytest.param(POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", id="two lengths"),
        pytest.param(POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", id="length and chunks"),
        pytest.param(POST + b"Content-Length: -2\r\n\r\n{}", id="a length below nought"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", id="a chunk of no size"),
        pytest.param(b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", id="a method nobody knows"),
        pytest.param(b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", id="a version nobody knows"),
        pytest.param(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", id="TLS on a plain port"),
    ],
)
async def test_what_is_no_http_is_refused_in_our_words(service_without_rasa: Service, request_bytes: bytes) -> None:
    answer = await send_raw(service_without_rasa.url, request_bytes)
    assert 400 <= answer.status < 500
    assert json.loads(answer.body)["error"]["message"].endswith(".")
    assert answer.headers["server"] == "proche"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "token", [b"\xff\xfe", b"\xed\xa0\x80", b"a" * 199, b"a" * 5000, b"'; DROP TABLE message; --", b"\t", b" "]
)
async def test_a_token_of_any_bytes_opens_nothing(talk_without_rasa: Talk, token: bytes) -> None:
    path = URL(talk_without_rasa.path).path
    head = b"Host: x\r\nConnection: close\r\nAuthorization: Bearer " + token + b"\r\n"
    length = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(MESSAGE)
    for request in (
        f"GET {path}/messages HTTP/1.1\r\n".encode() + head + b"\r\n",
        f"GET {path}/events HTTP/1.1\r\n".encode() + head + b"\r\n",
        f"DELETE {path} HTTP/1.1\r\n".encode() + head + b"\r\n",
        f"POST {path}/messages HTTP/1.1\r\n".encode() + head + length + MESSAGE,
    ):
        assert (await send_raw(talk_without_rasa.url, request)).status in (401, 404), request
    assert await talk_without_rasa.say("je veux la css")


@pytest.mark.parametrize("cookie", [b"\xff.\xff", b"a.", b".", b"\x01.a", b"a" * 22 + b"." + b"\xe9" * 43, b'"a.b'])
async def test_a_cookie_of_any_bytes_opens_an_empty_chat(service_without_rasa: Service, cookie: bytes) -> None:
    request = b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: proche_chat=" + cookie + b"\r\n\r\n"
    assert (await send_raw(service_without_rasa.url, request)).status in (200, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search?q=" + "a" * 2001, "/api/v1/search?q=a&limit=0", "/api/v1/search?q=a&limit=x",
        "/api/v1/search?q=a&limit=-1", "/api/v1/search?q=a&limit=１", "/api/v1/search?q=a&limit=" + "9" * 30,
        "/api/v1/communes?q=" + "a" * 2001,
        "/api/v1/lieux", "/api/v1/lieux?code_insee=00000", "/api/v1/lieux?code_insee=", "/api/v1/lieux?lat=nan&lon=2",
        "/api/v1/lieux?lat=99&lon=2", "/api/v1/lieux?lat=50", "/api/v1/lieux?lat=1e400&lon=2",
        "/api/v1/lieux?lat=&lon=",
        "/api/v1/lieux?code_insee=62498&kind=zoo", "/api/v1/lieux?code_insee=62498&kind=", "/api/v1/lieux?kind=mds",
        "/api/v1/lieux?code_insee=62498&slug=zoo", "/api/v1/lieux?code_insee=62498&at=hier",
        "/api/v1/lieux?code_insee=62498&at=9999-12-31T23:59:59-23:59", "/api/v1/lieux?code_insee=62498&at=0001-01-01",
        "/api/v1/lieux?code_insee=62498&at=9999-99-99", "/api/v1/lieux?code_insee=62498&limit=10000",
        "/api/v1/fiches/zoo", "/api/v1/fiches/..%2f..%2fetc", "/api/v1/fiches/%00", "/api/v1/fiches/%ff",
        "/api/v1/fiches/" + "a" * 7000, "/api/v1/zoo", "/fiches/zoo", "/lieux/zoo", "/lieux/%00", "/static/..%2fapp.py",
        "/%00", "/%ff", "//", "/api/v1/conversations",
    ],
)  # fmt: skip
async def test_a_bad_address_is_refused_never_a_failure(
    service_without_rasa: Service, session: aiohttp.ClientSession, path: str
) -> None:
    async with session.get(URL(service_without_rasa.url + path, encoded=True)) as response:
        assert 400 <= response.status < 500
        assert (await response.json())["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%00", "q=%ff%fe", "q=%20", "q=a&q=b", "q=NEAR(%22", "q=%22*%5E-", "Q=a", "q=" + "%F0%9F%98%80" * 500],
)
@pytest.mark.parametrize("call", ["search", "communes"])
async def test_a_strange_search_gets_an_honest_answer(
    service_without_rasa: Service, session: aiohttp.ClientSession, call: str, query: str
) -> None:
    async with session.get(URL(f"{service_without_rasa.url}/api/v1/{call}?{query}", encoded=True)) as response:
        assert response.status == 200
        assert not (await response.json()).get("communes")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "", "²", "0x1", "1e3"])
async def test_a_place_in_the_talk_that_is_none_is_refused(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, after: str
) -> None:
    headers = talk_without_rasa.headers
    async with session.get(f"{talk_without_rasa.path}/messages", params={"after": after}, headers=headers) as response:
        assert response.status == 422


async def test_foreign_and_absent_conversations_look_the_same(
    talk_without_rasa: Talk, service_without_rasa: Service, session: aiohttp.ClientSession
) -> None:
    other = await Talk(session, service_without_rasa.url).open()
    headers, absent = talk_without_rasa.headers, f"{other.url}/api/v1/conversations"
    answers = []
    for path in (other.path, f"{absent}/absent", f"{absent}/{'a' * 22}", f"{absent}/%00", f"{absent}/%ff"):
        for method, call in (("GET", "/messages"), ("GET", "/events"), ("DELETE", ""), ("POST", "/messages")):
            body = {"client_id": "1", "text": "je veux la css"} if method == "POST" else None
            url = URL(path + call, encoded=True)
            async with session.request(method, url, json=body, headers=headers) as response:
                answers.append((response.status, await response.text()))
    assert len(set(answers)) == 1 and answers[0][0] == 404
    assert await other.say("je veux la css")


async def test_a_request_without_token_is_told_so(talk_without_rasa: Talk, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{talk_without_rasa.path}/messages") as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
