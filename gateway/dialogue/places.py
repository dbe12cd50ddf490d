"""Places: the doors for a need near a commune, in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistance.context import Context
from assistance.fiche import UNCONDITIONAL_KINDS, Fiche
from assistance.french import fold
from assistance.lieu import Commune, Lieu
from assistance.lieu_words import find_kinds
from assistance.wording import Wording
from gateway.dialogue.place_words import PlaceWords, of_commune
from gateway.knowledge import Edition
from knowledge_base.communes import CommuneFinder, CommuneMatch
from knowledge_base.doors import Doors, find_doors
from knowledge_base.territory import UsefulNumber

_SOMEONE = re.compile(
    r"\b(?:ou (?:est|se trouve|habite|se cache|vit)|adresse de|retrouver|localiser)\b.*"
    r"\b(?:mon ex|ma femme|mon mari|ma fille|mon fils|foyer|hebergement|refuge|ma copine|mon copain|ma compagne)\b"
)


@dataclass(frozen=True)
class DoorsAnswer:
    """Places to show and the sentences that say them."""

    text: str
    lieux: tuple[str, ...]
    origin: str | None


NO_DOORS = DoorsAnswer("", (), None)


@dataclass(frozen=True)
class PlaceFinder:
    """Finds communes in sentences and doors near them."""

    wording: Wording
    communes: CommuneFinder
    lines: Mapping[str, UsefulNumber]  # by number
    person_phone: str

    @property
    def words(self) -> PlaceWords:
        return PlaceWords(self.wording)

    def match(self, text: str) -> CommuneMatch:
        return self.communes.find(text)

    def named_kinds(self, text: str) -> tuple[str, ...]:
        return find_kinds(text)

    def asks_where_someone_is(self, text: str) -> bool:
        """A request to locate a person or a shelter: refused kindly."""
        return _SOMEONE.search(fold(text)) is not None

    def near(self, edition: Edition, context: Context, now: datetime, limit: int) -> DoorsAnswer:
        """The doors for the kinds asked by name, else for the subject, else unconditional reception."""
        commune = self.communes.by_code(context.commune) if context.commune else None
        if commune is None:
            return NO_DOORS
        fiche = None if context.kinds else edition.fiches.get(context.topic or "")
        kinds = context.kinds or (fiche.lieux_kinds if fiche else ()) or UNCONDITIONAL_KINDS
        numbers = fiche.numeros if fiche else ()
        doors = find_doors(edition.locator, self.lines, commune, kinds, numbers, now, limit)
        text = self._say(doors, commune, kinds, fiche, now) + self._say_titres(edition, commune, kinds, now)
        return DoorsAnswer(text, tuple(lieu.reference for lieu in doors.all_lieux), commune.code_insee)

    def _say(self, doors: Doors, commune: Commune, kinds: Sequence[str], fiche: Fiche | None, now: datetime) -> str:
        say, words = self.wording.say, self.words
        lines = words.lines(doors.lines, now)
        if not doors.lieux:
            none = say("places_none", of_commune=of_commune(commune.nom), phone=self.person_phone)
            return "\n".join(part for part in (none, lines) if part)
        why = say("places_for", title=fiche.title) if fiche and fiche.lieux_kinds else ""
        said = [say("places", of_commune=of_commune(commune.nom), why=why)]
        said += [f"• {words.describe(lieu, now, _is_told_apart(lieu, doors.lieux))}" for lieu in doors.lieux]
        if doors.helper:
            said += [say("place_helper"), f"• {words.describe(doors.helper, now)}"]
        return "\n".join([*said, lines] if lines else said)

    def _say_titres(self, edition: Edition, commune: Commune, kinds: Sequence[str], now: datetime) -> str:
        """Which town halls make identity papers is not fully known: one's own will tell; its phone is given."""
        if "mairie_titres" not in kinds:
            return ""
        halls = edition.locator.town_hall(commune, now)
        phone = next((hall.phone for hall in halls if hall.phone), "")
        asked = self.wording.say("titres_phone", phone=phone) if phone else ""
        return f"\n{self.wording.say('titres_unknown', asked=asked)}"


def _is_told_apart(lieu: Lieu, doors: Sequence[Lieu]) -> bool:
    """Whether it must be said that a door is in charge: another of its kind is given too."""
    return lieu.competent and any(other.kind == lieu.kind and not other.competent for other in doors)
