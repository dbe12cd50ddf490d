"""The pages, server-rendered: they work without JavaScript, on an old phone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import hdrs, web

from assistance.errors import FicheNotFoundError
from assistance.fiche import LIEU_KINDS, THEMES, Fiche
from assistance.french import fold
from assistance.intake import clean
from assistance.opening_hours import in_words
from gateway.channels.web import page_chat, page_places, page_poster
from gateway.channels.web.page_frame import SERVED, page_texts, render, set_up_frame
from gateway.channels.web.page_words import say_moment
from gateway.channels.web.policy import Policy, api_route
from gateway.errors import ApiError
from gateway.knowledge import Edition
from gateway.purge import retention
from gateway.services import SERVICES
from gateway.settings import ROOT
from knowledge_base.glossary import load_glossary
from knowledge_base.territory import UsefulNumber

MAX_RESULTS = 10
MAX_OFFICIAL = 5
MAX_SEARCH = 500  # characters of a search that are read

GLOSSARY: web.AppKey[dict[str, str]] = web.AppKey("glossary", dict)

routes: list[web.RouteDef] = []


def set_up(app: web.Application) -> None:
    """Prepare the templates and the glossary."""
    set_up_frame(app)
    aiohttp_jinja2.get_env(app).globals |= {
        "opening": page_places.opening, "sector": page_places.sector, "is_stop": page_places.is_stop,
        "is_far": page_places.is_far, "certain": page_poster.is_certain, "say_moment": say_moment, "in_words": in_words,
    }  # fmt: skip
    app[GLOSSARY] = load_glossary(ROOT / "data" / "glossaire.yml")


@api_route(routes, "GET", "/static/{name}", Policy.PUBLIC)
async def send_static(request: web.Request) -> web.Response:
    file = SERVED.get(request.match_info["name"])
    if file is None:
        raise ApiError(404, "unknown_page")
    headers = {hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable", hdrs.VARY: hdrs.ACCEPT_ENCODING}
    packed = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if packed:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(
        body=file.packed if packed else file.body, headers=headers, content_type=file.content_type, charset="utf-8"
    )


@api_route(routes, "GET", "/", Policy.PUBLIC)
async def show_home(request: web.Request) -> web.Response:
    return render(request, "home.html", phone=request.app[SERVICES].answerer.dialogue.places.person_phone)


@api_route(routes, "GET", "/fiches", Policy.PUBLIC)
@api_route(routes, "GET", "/fiches/", Policy.PUBLIC)
async def list_fiches(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    edition = await services.knowledge.current()
    query, theme = clean(request.query.get("q", ""))[:MAX_SEARCH], request.query.get("theme", "")
    if theme and theme not in THEMES:
        raise ApiError(404, "unknown_page")
    by_theme = {name: _of_theme(edition, name) for name in ([theme] if theme else THEMES)}
    return render(
        request, "fiches.html", safety=await page_chat.hear(services, query), query=query,
        theme=theme, by_theme=by_theme, found=_search(edition, query),
        official=edition.official.search(query, MAX_OFFICIAL), phone=services.answerer.dialogue.places.person_phone,
    )  # fmt: skip


def _of_theme(edition: Edition, theme: str) -> list[Fiche]:
    fiches = (fiche for fiche in edition.fiches.values() if fiche.theme == theme)
    return sorted(fiches, key=lambda fiche: fold(fiche.title))


def _search(edition: Edition, query: str) -> list[Fiche]:
    return [edition.get(hit.slug) for hit in edition.index.search(query, MAX_RESULTS)] if query else []


@api_route(routes, "GET", "/fiches/{slug}", Policy.PUBLIC)
async def show_fiche(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    edition = await services.knowledge.current()
    try:
        fiche = edition.get(request.match_info["slug"])
    except FicheNotFoundError:
        raise ApiError(404, "unknown_fiche") from None
    today = datetime.now(UTC).date()
    related = [edition.fiches[slug] for slug in fiche.related if slug in edition.fiches]
    return render(
        request, "fiche.html", fiche=fiche, related=related, stale=fiche.is_stale(today),
        numbers=[numero.number for numero in fiche.numeros], ways=_ways_offline(fiche),
    )  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way to proceed without internet: a kind of place, a number, or words."""

    voie: str
    value: str
    is_kind: bool


def _ways_offline(fiche: Fiche) -> list[Way]:
    voies = ("par_telephone", "sur_place", "par_courrier")
    return [Way(voie, fiche.voies[voie], fiche.voies[voie] in LIEU_KINDS) for voie in voies if fiche.voies[voie]]


@api_route(routes, "GET", "/numeros-utiles", Policy.PUBLIC)
async def list_numbers(request: web.Request) -> web.Response:
    texts = page_texts(request)["numbers"]
    shown = [number for number in request.app[SERVICES].territory.numbers if number.name not in texts["hidden"]]
    sure = {number.number: number for number in shown if number.verified}
    doubtful = [number for number in shown if not number.verified]
    urgent = _pick(sure, texts["urgent_numbers"])
    groups = {title: _pick(sure, wanted) for title, wanted in texts["groups"].items()}
    groups[texts["others"]] = list(sure.values())
    return render(
        request, "numeros.html", urgent=urgent, groups={title: rows for title, rows in groups.items() if rows},
        doubtful=doubtful,
    )  # fmt: skip


def _pick(numbers: dict[str, UsefulNumber], wanted: Iterable[str]) -> list[UsefulNumber]:
    """Take out of `numbers` those that are wanted, in that order."""
    return [numbers.pop(number) for number in wanted if number in numbers]


@api_route(routes, "GET", "/glossaire", Policy.PUBLIC)
async def show_glossary(request: web.Request) -> web.Response:
    return render(request, "glossaire.html", entries=request.app[GLOSSARY])


@api_route(routes, "GET", "/accessibilite", Policy.PUBLIC)
async def show_accessibility(request: web.Request) -> web.Response:
    texts = page_texts(request)
    return render(request, "texte.html", title="Accessibilité", texts=[texts["pages"]["accessibilite"]])


@api_route(routes, "GET", "/donnees-personnelles", Policy.PUBLIC)
async def show_privacy(request: web.Request) -> web.Response:
    rules = retention(request.app[SERVICES].settings).values()
    who = _by_operator(request, "donnees")
    return render(request, "donnees.html", rules=rules, who=who)


@api_route(routes, "GET", "/mentions-legales", Policy.PUBLIC)
async def show_legal_notice(request: web.Request) -> web.Response:
    texts = [_by_operator(request, "mentions"), page_texts(request)["pages"]["mentions"]]
    return render(request, "texte.html", title="Mentions légales", texts=texts)


def _by_operator(request: web.Request, name: str) -> Any:
    """The text of whoever runs the service, or of a trial nobody answers for."""
    pages, operator = page_texts(request)["pages"], request.app[SERVICES].settings.operator_name
    return pages[f"{name}_operateur"].format(name=operator) if operator else pages[f"{name}_essai"]


routes += page_chat.routes
routes += page_poster.routes  # before /lieux/{id}
routes += page_places.routes
