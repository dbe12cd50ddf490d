"""The pages of places: near a commune said in words, and each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from assistance.fiche import LIEU_KINDS, UNCONDITIONAL_KINDS, Fiche
from assistance.intake import clean
from assistance.lieu import Commune, Lieu
from assistance.lieu_words import find_kinds
from gateway.channels.web.page_chat import hear
from gateway.channels.web.page_frame import page_texts, render
from gateway.channels.web.page_words import say_hour, say_moment
from gateway.channels.web.policy import Policy, api_route
from gateway.errors import ApiError
from gateway.services import SERVICES, Services

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


@api_route(routes, "GET", "/lieux", Policy.PUBLIC)
async def list_places(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    wanted = await _read(services, request)
    communes, problem = _find_communes(services, request, wanted)
    now = datetime.now(UTC)
    found = _nearest(services, communes[0], wanted, now) if len(communes) == 1 else []
    return render(
        request, "lieux.html", safety=await hear(services, wanted.said), wanted=wanted,
        communes=communes, problem=problem, found=found, now=now,
        titres="mairie_titres" in wanted.kinds(), phone=services.answerer.dialogue.places.person_phone,
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


def _find_communes(services: Services, request: web.Request, wanted: Wanted) -> tuple[Sequence[Commune], str]:
    """The communes meant, and what to tell when there is none. Raises ApiError on an unknown code."""
    texts = page_texts(request)["lieux"]
    finder = services.views.communes
    chosen = finder.by_code(wanted.code) if wanted.code else None
    if chosen is not None:
        return [chosen], ""
    if wanted.code:
        raise ApiError(404, "unknown_commune")
    if not wanted.said:
        return [], texts["missing"] if "commune" in request.query else ""
    match = finder.find(wanted.said)
    if match.status == "outside":
        return [], texts["outside"].format(name=match.outside)
    if match.status == "none":
        return [], texts["unknown"]
    return match.communes[:MAX_CHOICES], ""


def _nearest(services: Services, commune: Commune, wanted: Wanted, now: datetime) -> list[Lieu]:
    kinds = wanted.kinds()
    found = services.views.locator.for_need(commune, kinds, now, MAX_PLACES)
    if "mairie_titres" in kinds:  # an ordinary town hall standing in would send people to the wrong counter
        found = [lieu for lieu in found if lieu.kind == "mairie_titres"]
    return found


def opening(lieu: Lieu, now: datetime, texts: Any) -> tuple[str, str]:
    """Whether a place is open, as a state for the style (`open`, `closed`, `unsure`) and in words."""
    if lieu.open_now is None:
        return "unsure", texts["uncertain"]
    if lieu.open_now:
        closes = texts["open"].format(moment=say_hour(lieu.closes_at)) if lieu.closes_at else texts["open_always"]
        return "open", closes
    opens = texts["closed"].format(moment=say_moment(lieu.next_opening, now)) if lieu.next_opening else ""
    return "closed", opens or texts["closed_long"]


@api_route(routes, "GET", "/lieux/{id}", Policy.PUBLIC)
async def show_place(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    now = datetime.now(UTC)
    lieu = services.views.locator.by_id(request.match_info["id"], now)
    if lieu is None:
        raise ApiError(404, "unknown_lieu")
    return render(request, "lieu.html", lieu=lieu, now=now)
