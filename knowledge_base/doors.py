"""What works for a need near a commune at a moment: doors, and the telephone lines that answer when none is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistance import opening_hours
from assistance.fiche import Numero
from assistance.lieu import Commune, Lieu
from knowledge_base.locator import FAR_KM, WORKS_NOW, Locator, reliance
from knowledge_base.territory import UsefulNumber
from knowledge_base.travel import FAR_MIN

# What France services help with at their counter, so that their certain hours are worth giving beside uncertain ones.
HELPED_KINDS = frozenset({
    "caf", "cpam", "msa", "carsat", "pole_emploi_france_travail", "ccas", "cias", "mds", "mairie", "point_acces_droit",
    "france_services", "mediation_numerique",
})  # fmt: skip
# Lines that hear a complaint about a right refused: never "who answers" for the right itself.
_RECOURSE = frozenset({"09 69 39 00 00"})
_MAX_LINES = 2


@dataclass(frozen=True)
class Line:
    """A telephone line and when it answers: now, or first at `next_answer` (None: hours not known)."""

    number: str
    label: str
    answers_now: bool
    next_answer: datetime | None


@dataclass(frozen=True)
class Doors:
    """Where to go or call: `lieux` by preference, `helper` beside them, `lines` when no door works now."""

    lieux: tuple[Lieu, ...]
    helper: Lieu | None = None
    lines: tuple[Line, ...] = ()

    def works(self) -> bool:
        """Whether something certain can be told: a door open or its next opening, a line that answers or will."""
        return any(lieu.open_now or lieu.next_opening for lieu in self.all_lieux) or any(
            line.answers_now or line.next_answer for line in self.lines
        )

    def works_at_once(self) -> bool:
        """Whether a door is open or a line answers at the very moment."""
        return any(lieu.open_now for lieu in self.all_lieux) or any(line.answers_now for line in self.lines)

    @property
    def all_lieux(self) -> tuple[Lieu, ...]:
        return (*self.lieux, self.helper) if self.helper else self.lieux


def find_doors(
    locator: Locator,
    lines: Mapping[str, UsefulNumber],
    commune: Commune,
    kinds: Sequence[str],
    numbers: Sequence[Numero],
    at: datetime,
    limit: int,
) -> Doors:
    """Return the doors of these kinds near the commune at the aware moment `at`.

    `numbers` are the need's own, in order; `lines` all that are known, by number. Doors over half an hour away are
    left out unless one comes first, is in charge, or is the only certain one.
    """
    found = locator.for_need(commune, kinds, at, limit)
    certain = [lieu for lieu in found if lieu.open_now is not None]
    kept = [
        lieu
        for lieu in found
        if lieu is found[0] or lieu.competent or lieu in certain[:1] or (lieu.travel_min or 0) <= FAR_MIN[-1]
    ]
    helper = None if certain else _find_helper(locator, commune, kinds, at)
    works_now = any(reliance(lieu, at) == WORKS_NOW for lieu in [*kept, *([helper] if helper else [])])
    return Doors(tuple(kept), helper, () if works_now else find_lines(numbers, lines, at))


def find_lines(numbers: Sequence[Numero], lines: Mapping[str, UsefulNumber], at: datetime) -> tuple[Line, ...]:
    """Return the lines that answer at `at`, at most two, in the order given; else the one that answers first."""
    known = [
        _line(number, lines[number.number].hours, at)
        for number in numbers
        if number.number in lines and number.number not in _RECOURSE and lines[number.number].verified
    ]
    if now := [line for line in known if line.answers_now]:
        return tuple(now[:_MAX_LINES])
    later = [line for line in known if line.next_answer]
    return tuple(sorted(later, key=lambda line: line.next_answer or at)[:1])


def _line(number: Numero, hours: str, at: datetime) -> Line:
    state = opening_hours.state(hours, at) if hours else opening_hours.OpeningState(open_now=None)
    return Line(number.number, number.label, state.open_now is True, state.next_opening)


def _find_helper(locator: Locator, commune: Commune, kinds: Sequence[str], at: datetime) -> Lieu | None:
    """The best France services with certain hours, for a need they help with."""
    if not set(kinds) <= HELPED_KINDS:
        return None
    found = locator.for_need(commune, ["france_services"], at, 3)
    return next((lieu for lieu in found if lieu.open_now is not None and (lieu.distance_km or 0) <= FAR_KM), None)
