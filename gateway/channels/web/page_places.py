"""The pages of places: near a commune said in words, and each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

from assistance.fiche import LIEU_KINDS, UNCONDITIONAL_KINDS, Fiche, Numero
from assistance.intake import clean
from assistance.lieu import Commune, Lieu
from assistance.lieu_words import find_kinds
from gateway.channels.web.page_chat import hear
from gateway.channels.web.page_frame import page_texts, render
from gateway.channels.web.page_words import say_hour, say_moment
from gateway.channels.web.policy import Policy, api_route
from gateway.errors import ApiError
from gateway.services import SERVICES, Services
from knowledge_base.doors import Doors, find_doors
from knowledge_base.locator import Locator
from knowledge_base.travel import FAR_MIN

MAX_SAID = 200  # characters of the commune field that are read
MAX_CHOICES = 30
MAX_PLACES = 8

routes: list[web.RouteDef] = []


@dataclass(frozen=True)
class Wanted:
    """What the form of places says: a commune in words or by its code, a kind of place or the fiche it is for."""

    said: str
    code: str
    kind: str
    fiche: Fiche | None

    def kinds(self) -> Sequence[str]:
        if self.kind:
            return (self.kind,)
        if self.fiche is not None and self.fiche.lieux_kinds:
            return self.fiche.lieux_kinds
        return find_kinds(self.said) or UNCONDITIONAL_KINDS

    def numbers(self) -> Sequence[Numero]:
        """The lines of the need; none when a kind of place is asked by name."""
        return () if self.kind or self.fiche is None else self.fiche.numeros


@api_route(routes, "GET", "/lieux", Policy.PUBLIC)
async def list_places(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    wanted = await _read(services, request)
    communes, problem = find_communes(request, wanted.said, wanted.code)
    now = datetime.now(UTC)
    locator = (await services.knowledge.current()).locator
    found = _find_doors(services, locator, communes[0], wanted, now) if len(communes) == 1 else Doors(())
    asks_titres = len(communes) == 1 and "mairie_titres" in wanted.kinds()
    return render(
        request, "lieux.html", safety=await hear(services, wanted.said), wanted=wanted,
        communes=communes, problem=problem, found=found, now=now, titres=asks_titres,
        hall_phone=_town_hall_phone(locator, communes[0], now) if asks_titres else "",
        phone=services.answerer.dialogue.places.person_phone,
    )  # fmt: skip


async def _read(services: Services, request: web.Request) -> Wanted:
    """What is asked; a kind or a fiche that does not exist is left out."""
    query = request.query
    edition = await services.knowledge.current()
    kind = query.get("kind", "")
    return Wanted(
        said=clean(query.get("commune", ""))[:MAX_SAID],
        code=query.get("code", ""),
        kind=kind if kind in LIEU_KINDS else "",
        fiche=edition.fiches.get(query.get("fiche", "")),
    )


def find_communes(request: web.Request, said: str, code: str) -> tuple[Sequence[Commune], str]:
    """The communes meant by a name, a postcode or an INSEE code, and what to tell when there is none.

    Raises ApiError on an unknown `code`.
    """
    texts = page_texts(request)["lieux"]
    finder = request.app[SERVICES].views.communes
    chosen = finder.by_code(code) if code else None
    if chosen is not None:
        return [chosen], ""
    if code:
        raise ApiError(404, "unknown_commune")
    if not said:
        return [], texts["missing"] if "commune" in request.query else ""
    match = finder.find(said)
    if match.status == "outside":
        return [], texts["outside"].format(name=match.outside)
    if match.status == "none":
        by_code = finder.by_code(said)
        return ([by_code], "") if by_code else ([], texts["unknown"])
    return match.communes[:MAX_CHOICES], ""


def _find_doors(services: Services, locator: Locator, commune: Commune, wanted: Wanted, now: datetime) -> Doors:
    """The same doors as the conversation gives for this need, and more of them."""
    lines = services.answerer.dialogue.places.lines
    return find_doors(locator, lines, commune, wanted.kinds(), wanted.numbers(), now, MAX_PLACES)


def _town_hall_phone(locator: Locator, commune: Commune, now: datetime) -> str:
    return next((hall.phone for hall in locator.town_hall(commune, now) if hall.phone), "")


def opening(lieu: Lieu, now: datetime, texts: Any) -> tuple[str, str]:
    """Whether a place is open, as a state for the style and in words.

    States: `open`, `late` (it closes before one can be there), `closed`, `unsure`.
    """
    if lieu.open_now is None:
        return "unsure", texts["stop_uncertain" if is_stop(lieu) else "uncertain"]
    if lieu.open_now and lieu.open_on_arrival is False:
        return "late", _say_too_late(lieu, now, texts)
    if lieu.open_now:
        return "open", _say_open(lieu, texts)
    return "closed", _say_closed(lieu, now, texts)


def _say_open(lieu: Lieu, texts: Any) -> str:
    if lieu.closes_at is None:
        return str(texts["open_always"])
    return str(texts["open_arrival" if lieu.far else "open"].format(moment=say_hour(lieu.closes_at)))


def _say_too_late(lieu: Lieu, now: datetime, texts: Any) -> str:
    again = texts["reopens"].format(moment=say_moment(lieu.next_opening, now)) if lieu.next_opening else ""
    return f"{texts['too_late'].format(moment=say_hour(lieu.closes_at or now))} {again}".strip()


def _say_closed(lieu: Lieu, now: datetime, texts: Any) -> str:
    if lieu.next_opening is None:
        return str(texts["closed_long"])
    text = texts["closed_arrival" if lieu.open_on_arrival else "closed"]
    return str(text.format(moment=say_moment(lieu.next_opening, now)))


def is_stop(lieu: Lieu) -> bool:
    """Whether this is a stop of an itinerant place."""
    return "~" in lieu.id


def is_far(lieu: Lieu) -> bool:
    """Whether one had better call before setting out."""
    return lieu.far is not None and lieu.far >= FAR_MIN[1]


def sector(lieu: Lieu, beside: Sequence[Lieu]) -> Literal["", "competent", "nearer"]:
    """Whether a place is the one in charge, or a nearer one that is not: told only where both are given."""
    others = [other for other in beside if other.kind == lieu.kind and other.competent != lieu.competent]
    if not others or lieu.competent:
        return "competent" if others else ""
    return "nearer" if all((lieu.distance_km or 0) < (other.distance_km or 0) for other in others) else ""


@api_route(routes, "GET", "/lieux/{id}", Policy.PUBLIC)
async def show_place(request: web.Request) -> web.Response:
    """One place, seen from the commune `code` when it is said: distance, arrival, sector."""
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    now = datetime.now(UTC)
    locator = (await services.knowledge.current()).locator
    origin = services.views.communes.by_code(request.query.get("code", ""))
    lieu = locator.by_id(request.match_info["id"], now, origin)
    if lieu is None:
        raise ApiError(404, "unknown_lieu")
    return render(request, "lieu.html", lieu=lieu, origin=origin, now=now)
