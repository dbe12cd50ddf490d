"""Places: the doors for a need near a commune, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistance.context import Context
from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.french import fold
from assistance.lieu import Commune, Lieu
from assistance.lieu_words import find_kinds
from assistance.opening_hours import PARIS
from assistance.wording import Wording
from gateway.knowledge import Edition
from knowledge_base.communes import CommuneFinder, CommuneMatch
from knowledge_base.locator import Locator

FAR_KM = 20.0  # as the crow flies, some half an hour by car
# What France services help with at their counter, so that their certain hours are worth giving beside uncertain ones.
HELPED_KINDS = frozenset({
    "caf", "cpam", "msa", "carsat", "pole_emploi_france_travail", "ccas", "cias", "mds", "mairie", "point_acces_droit",
    "france_services", "mediation_numerique",
})  # fmt: skip
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_SOMEONE = re.compile(
    r"\b(?:ou (?:est|se trouve|habite|se cache|vit)|adresse de|retrouver|localiser)\b.*"
    r"\b(?:mon ex|ma femme|mon mari|ma fille|mon fils|foyer|hebergement|refuge|ma copine|mon copain|ma compagne)\b"
)


@dataclass(frozen=True)
class Doors:
    """Places to show and the sentences that say them."""

    text: str
    lieux: tuple[str, ...]
    origin: str | None


@dataclass(frozen=True)
class PlaceFinder:
    """Finds communes in sentences and doors near them."""

    wording: Wording
    communes: CommuneFinder
    locator: Locator
    person_phone: str

    def match(self, text: str) -> CommuneMatch:
        return self.communes.find(text)

    def named_kinds(self, text: str) -> tuple[str, ...]:
        return find_kinds(text)

    def asks_where_someone_is(self, text: str) -> bool:
        """A request to locate a person or a shelter: refused kindly."""
        return _SOMEONE.search(fold(text)) is not None

    def near(self, edition: Edition | None, context: Context, now: datetime, limit: int) -> Doors:
        """The doors for the kinds asked by name, else for the subject, else unconditional reception."""
        commune = self.communes.by_code(context.commune) if context.commune else None
        if commune is None:
            return Doors("", (), None)
        kinds, title = self._kinds(edition, context)
        found = self.locator.for_need(commune, kinds, now, limit)
        if "mairie_titres" in kinds:
            found = [lieu for lieu in found if lieu.kind == "mairie_titres"]
        if not found:
            text = self.wording.say("places_none", of_commune=of_commune(commune.nom), phone=self.person_phone)
            return Doors(self._with_titres(text, kinds), (), commune.code_insee)
        found = [lieu for lieu in found if lieu is found[0] or lieu.competent or (lieu.distance_km or 0) <= FAR_KM]
        why = self.wording.say("places_for", title=title) if title else ""
        lines = [self.wording.say("places", of_commune=of_commune(commune.nom), why=why)]
        lines += [f"• {self.describe(lieu, now)}" for lieu in found]
        if helper := self._certain_helper(commune, kinds, found, now):
            lines += [self.wording.say("place_helper"), f"• {self.describe(helper, now)}"]
            found = [*found, helper]
        text = self._with_titres("\n".join(lines), kinds)
        return Doors(text, tuple(lieu.id for lieu in found), commune.code_insee)

    def _certain_helper(
        self, commune: Commune, kinds: Sequence[str], found: Sequence[Lieu], now: datetime
    ) -> Lieu | None:
        """The nearest France services, when no door found has certain hours and they help with this kind of need."""
        if any(lieu.open_now is not None for lieu in found) or not set(kinds) <= HELPED_KINDS:
            return None
        nearest = self.locator.nearest(commune, ["france_services"], now, 3)
        certain = (lieu for lieu in nearest if lieu.open_now is not None and (lieu.distance_km or 0) <= FAR_KM)
        return next(certain, None)

    def _with_titres(self, text: str, kinds: Sequence[str]) -> str:
        return f"{text}\n{self.wording.say('titres_unknown')}" if "mairie_titres" in kinds else text

    def _kinds(self, edition: Edition | None, context: Context) -> tuple[Sequence[str], str]:
        if context.kinds:
            return context.kinds, ""
        fiche = edition.fiches.get(context.topic) if edition and context.topic else None
        if fiche is not None and fiche.lieux_kinds:
            return fiche.lieux_kinds, fiche.title
        return UNCONDITIONAL_KINDS, ""

    def describe(self, lieu: Lieu, now: datetime) -> str:
        """One place in one or two sentences: name, address, phone, whether it is open."""
        say = self.wording.say
        phone = say("place_phone", phone=lieu.phone) if lieu.phone else ""
        distance = f" ({_km(lieu.distance_km)})" if lieu.distance_km is not None and lieu.distance_km >= 1 else ""
        address = ", ".join(part for part in (lieu.address, lieu.commune) if part) + distance
        hours = " ".join(part for part in (self._hours(lieu, now), lieu.note) if part)
        return say("place", name=lieu.name, address=address, phone=phone, hours=hours)

    def _hours(self, lieu: Lieu, now: datetime) -> str:
        say = self.wording.say
        if lieu.open_now and lieu.closes_at:
            return say("place_open", hour=_hour(lieu.closes_at))
        if lieu.open_now is False and lieu.next_opening:
            return say("place_opens", moment=_moment(lieu.next_opening, now))
        return say("place_confirm" if lieu.phone else "place_confirm_no_phone")


def of_commune(name: str) -> str:
    """Return `name` after "de", elided or contracted: "d'Arras", "du Touquet", "des Attaques"."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d'{name}" if fold(name)[:1] in set("aeiouyh") else f"de {name}"


def _hour(moment: datetime) -> str:
    local = moment.astimezone(PARIS)
    return f"à {local.hour} h" + (f" {local.minute:02d}" if local.minute else "")


def _moment(moment: datetime, now: datetime) -> str:
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    days = (local.date() - today).days
    day = {0: "aujourd'hui", 1: "demain"}.get(days, f"{_DAYS[local.weekday()]} {local.day:02d}/{local.month:02d}")
    return f"{day} {_hour(local)}"


def _km(distance_km: float) -> str:
    return f"{distance_km:.0f} km" if distance_km >= 10 else f"{distance_km:.1f} km".replace(".", ",")
