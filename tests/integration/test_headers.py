"""Every route of the public port bears the headers that protect who reads it (S19)."""

import re
from collections.abc import Iterator

import aiohttp
import pytest

from gateway import health
from gateway.channels.web import api, events, pages
from gateway.channels.web.page_frame import SERVED
from gateway.middleware import HEADERS
from tests.service import Service
from tests.talk import Talk

VALUES = {"slug": "rsa", "name": next(iter(SERVED))}
ROUTES = [(route.method, route.path) for group in (api, events, health, pages) for route in group.routes]
TEXTUAL = ("text/", "application/json", "application/javascript", "image/svg+xml")


def addresses() -> Iterator[tuple[str, str]]:
    """Every route declared, once: what it is called with is what it serves, or an id that opens nothing."""
    for method, path in sorted(set(ROUTES)):
        for found in (VALUES, {}):
            yield method, re.sub(r"{(\w+)[^}]*}", lambda name, known=found: known.get(name[1], "absent"), path)  # type: ignore[misc]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(("method", "path"), sorted(set(addresses())))
async def test_every_route_bears_the_headers(
    service: Service, session: aiohttp.ClientSession, method: str, path: str, accept: str
) -> None:
    headers = {"Accept": accept}
    async with session.request(method, service.url + path, headers=headers, allow_redirects=False) as response:
        assert response.status < 500
        check_headers(response)


def check_headers(response: aiohttp.ClientResponse) -> None:
    found = response.headers
    assert {name: found.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in found["Content-Security-Policy"] and "*" not in found["Content-Security-Policy"]
    seconds = re.search(r"max-age=(\d+)", found["Strict-Transport-Security"])
    assert seconds and int(seconds[1]) >= 31_536_000
    assert found["Server"] == "Proche" and "X-Powered-By" not in found
    kind = found.get("Content-Type", "")
    assert not kind.startswith(TEXTUAL) or "charset=utf-8" in kind
    assert len(found.getall("Cache-Control")) == 1


PUBLIC_PAGES = re.compile(
    r"/(|chat|fiches/?|fiches/rsa|lieux|lieux/[\w-]+|numeros-utiles|glossaire|accessibilite|donnees-personnelles"
    r"|mentions-legales)"
)


@pytest.mark.parametrize(("method", "path"), sorted(set(addresses())))
async def test_only_public_pages_and_hashed_files_may_be_kept_by_caches(
    service: Service, session: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with session.request(method, service.url + path, allow_redirects=False) as response:
        cache = response.headers["Cache-Control"]
    if path.startswith("/static/") and "absent" not in path:
        assert "immutable" in cache
    elif cache != "no-store":
        assert method == "GET" and PUBLIC_PAGES.fullmatch(path) and cache.startswith("public, max-age=")


async def test_what_belongs_to_a_talk_is_kept_by_no_cache(talk: Talk) -> None:
    await talk.say("je veux la css")
    for path in ("/messages", "/events"):
        async with talk.session.get(talk.path + path, headers=talk.headers) as response:
            check_headers(response)
            assert response.headers["Cache-Control"] == "no-store"
            assert not response.cookies


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/"), ("DELETE", "/chat"), ("OPTIONS", "/api/v1/search"), ("GET", "/zoo")]
)
async def test_refusals_bear_the_headers(
    service: Service, session: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with session.request(method, service.url + path) as response:
        assert response.status in (404, 405)
        check_headers(response)
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_key_of_the_chat_is_for_this_site_and_its_server_alone(
    service: Service, session: aiohttp.ClientSession
) -> None:
    async with session.post(f"{service.url}/chat", data={"text": "je veux la css"}, allow_redirects=False) as response:
        (cookie,) = response.headers.getall("Set-Cookie")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/chat"))
