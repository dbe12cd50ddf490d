"""The poster of a commune: one A4 sheet to print, for a wall and for those who have no internet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import segno
from aiohttp import web

from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.intake import clean
from assistance.lieu import Commune, Lieu
from gateway.channels.web.page_chat import hear
from gateway.channels.web.page_frame import page_texts, render
from gateway.channels.web.page_places import MAX_SAID, find_communes
from gateway.channels.web.policy import Policy, api_route
from gateway.errors import ApiError
from gateway.services import SERVICES, Services
from knowledge_base.locator import NOTHING, Locator, reliance
from knowledge_base.territory import UsefulNumber

MAX_DOORS = 3
_EVERY_DOOR = 1000

routes: list[web.RouteDef] = []


@dataclass(frozen=True)
class Poster:
    """The sheet of a commune; `qr` is an inline SVG of `url`, `dates` the first and last of the doors' own."""

    commune: Commune
    urgent: Sequence[tuple[UsefulNumber, str]]
    others: Sequence[tuple[UsefulNumber, str]]
    doors: Sequence[Lieu]
    url: str
    qr: str
    made_on: date
    dates: tuple[date, date] | None


@api_route(routes, "GET", "/lieux/affiche", Policy.PUBLIC)
async def show_poster(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    said = clean(request.query.get("commune", ""))[:MAX_SAID]
    safety = await hear(services, said)
    try:
        communes, problem = find_communes(request, said, request.query.get("code", ""))
    except ApiError:
        communes, problem = [], page_texts(request)["lieux"]["unknown"]
    if len(communes) == 1 and not safety:
        poster = await _make(request, services, communes[0], datetime.now(UTC))
        return render(request, "affiche.html", poster=poster)
    return render(
        request, "affiche_commune.html", 404 if problem and (said or "code" in request.query) else 200,
        said=said, communes=communes, problem=problem, safety=safety,
    )  # fmt: skip


async def _make(request: web.Request, services: Services, commune: Commune, now: datetime) -> Poster:
    texts = page_texts(request)["affiche"]
    lines = services.answerer.dialogue.places.lines
    doors = find_poster_doors((await services.knowledge.current()).locator, commune, now)
    dates = sorted(lieu.source_date for lieu in doors if lieu.source_date)
    url = services.settings.public_url.rstrip("/") + "/chat"
    return Poster(
        commune, _pick(lines, texts["urgent_numbers"]), _pick(lines, texts["other_numbers"]), doors, url, draw_qr(url),
        now.date(), (dates[0], dates[-1]) if dates else None,
    )  # fmt: skip


def _pick(lines: Mapping[str, UsefulNumber], wanted: Mapping[str, str]) -> list[tuple[UsefulNumber, str]]:
    """The numbers wanted that somebody has verified, each with what to call it for."""
    return [(lines[number], why) for number, why in wanted.items() if number in lines and lines[number].verified]


def draw_qr(url: str) -> str:
    """The QR code of `url` as an inline SVG, with the quiet zone the standard asks for (ISO/IEC 18004: 4 modules)."""
    code = segno.make(url, error="m", micro=False)
    return code.svg_inline(border=4, light="#fff", svgclass="qr", lineclass=None, omitsize=True)


def find_poster_doors(locator: Locator, commune: Commune, at: datetime) -> list[Lieu]:
    """Return the three nearest doors that receive everyone; `at` does not choose them, the sheet hangs for months.

    Each has a phone or certain hours, and at least one has certain hours wherever one is within reach.
    """
    found = _known(locator.for_need(commune, UNCONDITIONAL_KINDS, at, _EVERY_DOOR), at)
    kept = found[:MAX_DOORS]
    if any(is_certain(lieu) for lieu in kept):
        return kept
    certain = next(filter(is_certain, found), None)
    return kept if certain is None else [*kept[: MAX_DOORS - 1], certain]


def _known(found: Iterable[Lieu], at: datetime) -> list[Lieu]:
    """The doors that can be relied on, nearest first: of an MDS the one in charge, of a bus the nearest stop."""
    doors = sorted((lieu for lieu in found if reliance(lieu, at) < NOTHING), key=_by_distance)
    in_charge = any(lieu.kind == "mds" and lieu.competent for lieu in doors)
    places: dict[str, Lieu] = {}
    for lieu in doors:
        if lieu.kind != "mds" or lieu.competent or not in_charge:
            places.setdefault(lieu.id.partition("~")[0], lieu)
    return [*places.values()]


def _by_distance(lieu: Lieu) -> tuple[float, str]:
    return lieu.distance_km or 0.0, lieu.id


def is_certain(lieu: Lieu) -> bool:
    """Whether the hours of a place can be printed."""
    return lieu.open_now is not None
