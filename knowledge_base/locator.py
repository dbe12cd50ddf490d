"""The doors for a need from somewhere at a moment: the nearest, the ones in charge, the ones that work now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.lieu import Commune, Lieu, Place
from knowledge_base.competence import OWN_COMMUNE_KINDS, Competences
from knowledge_base.nearest import Belt, Found, Spot, distance_km
from knowledge_base.place_view import PlaceView, Sight, point_of, spots_of
from knowledge_base.territory import Territory
from knowledge_base.travel import FAR_MIN, Origin, TravelTimes

Lieux = list[Lieu]
Sights = list[Sight]

# One or few doors for the whole département: the nearest is the right one however far it is.
DEPARTMENTAL_KINDS = frozenset({
    "mdph", "prefecture", "conseil_departemental", "banque_de_france", "cidff", "maison_ados", "msa", "carsat",
})  # fmt: skip
_NO_STAND_IN = frozenset({"mairie_titres"})  # an ordinary town hall would send people to the wrong counter
FAR_KM = 40.0  # beyond, a place is no answer: the town hall of the commune stands in
_SHORT_WAIT = timedelta(hours=1)
_SOON = timedelta(hours=72)  # an opening after a week-end is soon, one in five days is not
_NEAR_KM = 22.5  # what a car reaches in half an hour (FAR_MIN): there every door is compared
_EVERYWHERE_KINDS = ("mds", "france_services")  # receive people of every commune, unlike a CCAS

# What a town hall that stands in is asked for: keys of texts/lieux.yml.
ASK_FOR_CCAS, ASK_WHERE = "ask_for_ccas", "ask_where"

# How much of a door can be relied on, best first.
WORKS_NOW, SOON, PHONE_ONLY, TO_CONFIRM, NOTHING = range(5)


def reliance(lieu: Lieu | Sight, at: datetime) -> int:
    """Return what the door is worth at `at`: it works now, is certain soon, a phone, to confirm, nothing.

    A door that opens within the hour works now: nobody is sent half an hour away during a lunch break.
    """
    if lieu.open_now and lieu.open_on_arrival:
        return WORKS_NOW
    if lieu.next_opening is not None and lieu.next_opening - at <= _SOON:
        return WORKS_NOW if lieu.next_opening - at <= _SHORT_WAIT else SOON
    if lieu.phone:
        return TO_CONFIRM if lieu.to_confirm else PHONE_ONLY
    return PHONE_ONLY if lieu.open_now is not None else NOTHING


@dataclass(frozen=True)
class _Order:
    """How doors of several kinds compare for one need: `kinds` by preference."""

    kinds: tuple[str, ...]
    at: datetime

    @property
    def is_social(self) -> bool:
        """Whether whoever receives everyone is the right door; else the specialised body is, where it is near."""
        return self.kinds[0] in UNCONDITIONAL_KINDS or self.kinds[0] == "mairie"

    def key(self, sight: Sight) -> tuple[object, ...]:
        """Last what has nothing to rely on, then half an hour away; then the right sort of door, what works, near."""
        return (*self._reach(sight), sight.unconditional and not self.is_social, *self.worth(sight))

    def worth(self, sight: Sight) -> tuple[object, ...]:
        """What works, then who receives all (for a social need), who is in charge, then how far."""
        place = sight.spot.place
        kind = self.kinds.index(place.kind) if place.kind in self.kinds else len(self.kinds)
        preferred = 0 if self.is_social else kind  # for a specialised need the right body counts before the distance
        near = (preferred, sight.travel_min or 0, kind, sight.distance_km, sight.spot.id)
        return (reliance(sight, self.at), self.is_social and not sight.unconditional, not sight.competent, *near)

    def best(self, sight: Sight) -> tuple[object, ...]:
        """As `key`, whatever the sort of door."""
        return (*self._reach(sight), *self.worth(sight))

    def _reach(self, sight: Sight) -> tuple[bool, bool]:
        return reliance(sight, self.at) == NOTHING, (sight.travel_min or 0) > FAR_MIN[-1]


class Locator:
    """Finds places; built once per edition of the places, then read only (but for the travel times, set once known)."""

    def __init__(self, territory: Territory, places: Sequence[Place] | None = None) -> None:
        self.territory = territory
        self.places = tuple(territory.places if places is None else places)
        self._competences = Competences(territory)
        self._view = PlaceView(territory, self.places, self._competences)
        self.spots = {spot.id: spot for place in self.places for spot in spots_of(place, territory.communes)}
        by_kind: dict[str, list[Spot]] = defaultdict(list)
        self._of_commune: dict[tuple[str, str], list[Spot]] = defaultdict(list)
        for spot in self.spots.values():
            by_kind[spot.place.kind].append(spot)
            if spot.stop is None:
                self._of_commune[spot.place.code_insee, spot.place.kind].append(spot)
        self._belts = {kind: Belt(spots) for kind, spots in by_kind.items()}

    def use_travel_times(self, times: TravelTimes) -> None:
        """Let what a route planner said replace the estimate, where it said something."""
        self._view.travel = times

    def around(self, commune: Commune, limit: int) -> Sequence[Spot]:
        """The nearest spots of every kind that serves more than its own commune: what travel times are worth for."""
        belts = [belt for kind, belt in self._belts.items() if kind not in OWN_COMMUNE_KINDS]
        found = (pair for belt in belts for pair in belt.nearest(commune.lat, commune.lon, limit))
        return [spot for _, spot in sorted(found, key=_by_distance)[:limit]]

    def nearest(self, origin: Origin, kinds: Sequence[str], at: datetime, limit: int = 5) -> Lieux:
        """Return at most `limit` doors of these kinds, nearest first.

        From a commune, the nearest door in charge of it is in the list, for each kind that shares the territory out
        (MDS, CIAS, CPAM, sous-préfecture), even when others are nearer. `at` is aware; `origin` a commune or
        (latitude, longitude) in degrees.
        """
        if limit < 1:
            return []
        lat, lon = point_of(origin)
        belts = [self._belts[kind] for kind in dict.fromkeys(kinds) if kind in self._belts]
        found = sorted((pair for belt in belts for pair in belt.nearest(lat, lon, limit)), key=_by_distance)
        kept = self._with_those_in_charge(found[:limit], origin, kinds, limit)
        return [self._view.lieu(self._view.sight(spot, at, origin, km), at, origin) for km, spot in kept]

    def for_need(self, origin: Origin, kinds: Sequence[str], at: datetime, limit: int = 5) -> Lieux:
        """Return where to go for a need whose `kinds` of place are given by preference.

        For a social need, first the door that works best at `at`; for another, the specialised body when it is near.
        Then the best of the kind preferred, the one that works best, the best of each other kind, the rest. A CCAS or
        a town hall serves its own commune, a CIAS its own EPCI: no other is given to a known commune. Where no CCAS
        is known the town hall stands in, and its `note` says what to ask for; so it does, first, when no door has a
        phone or certain hours, but never for what an ordinary town hall cannot do.
        """
        if limit < 1 or not kinds:
            return []
        order = _Order(tuple(dict.fromkeys(kinds)), at)
        columns = [column for kind in order.kinds if (column := self._doors(origin, kind, order))]
        found = _laid_out(columns, order)
        if not any(reliance(sight, at) < NOTHING for sight in found) and _NO_STAND_IN.isdisjoint(kinds):
            found = _unique([*self._last_resort(origin, at), *found])
        return [self._view.lieu(sight, at, origin) for sight in _with_a_certain_door(found, limit)]

    def by_id(self, reference: str, at: datetime | None = None, origin: Origin | None = None) -> Lieu | None:
        """Return the place or stop that `Lieu.reference` named, seen at `at` from `origin`; either may be missing."""
        spot_id, _, ask = reference.partition("?")
        spot = self.spots.get(spot_id)
        if spot is None or ask not in ("", ASK_FOR_CCAS, ASK_WHERE):
            return None
        sight = self._view.sight(spot, at, origin)
        return self._view.lieu(replace(sight, ask=ask, unconditional=sight.unconditional or bool(ask)), at, origin)

    def list(
        self, code_insee: str | None = None, kinds: Iterable[str] | None = None, at: datetime | None = None
    ) -> "Lieux":
        """Return the places of a commune and of these kinds (all when None), sorted by commune, kind and name."""
        wanted = None if kinds is None else set(kinds)
        places = (spot for spot in self.spots.values() if spot.stop is None)
        found = [
            spot
            for spot in places
            if code_insee in (None, spot.place.code_insee) and (wanted is None or spot.place.kind in wanted)
        ]
        found.sort(key=lambda spot: (spot.place.commune, spot.place.kind, spot.place.name))
        return [self._view.lieu(self._view.sight(spot, at), at) for spot in found]

    def town_hall(self, origin: Origin, at: datetime) -> Lieux:
        """The town halls of a commune (the nearest to a point): they receive everyone where nothing else does."""
        return [self._view.lieu(sight, at, origin) for sight in self._halls(origin, at)]

    def _halls(self, origin: Origin, at: datetime, ask: str = "") -> Sights:
        if isinstance(origin, tuple):
            belt = self._belts.get("mairie")
            spots = [spot for _, spot in belt.nearest(*origin, 1)] if belt else []
        else:
            spots = self._of_commune[origin.code_insee, "mairie"]
        halls = sorted((self._view.sight(spot, at, origin) for spot in spots), key=_Order(("mairie",), at).key)
        return [replace(hall, unconditional=True, ask=ask) for hall in halls]

    def _with_those_in_charge(
        self, found: "Sequence[Found]", origin: Origin, kinds: Sequence[str], limit: int
    ) -> "Sequence[Found]":
        """Make room for the doors in charge, at the expense of the furthest others."""
        if isinstance(origin, tuple):
            return found
        missing = [pair for kind in dict.fromkeys(kinds) for pair in self._in_charge(origin, kind)]
        ids = {spot.id for _, spot in missing}
        others = [pair for pair in found if pair[1].id not in ids]
        return sorted(missing[:limit] + others[: max(0, limit - len(missing))], key=_by_distance)

    def _in_charge(self, commune: Commune, kind: str) -> "Sequence[Found]":
        """The doors in charge, of a kind that shares the territory out: every MDS of the sector, else the nearest."""
        if not self._competences.divides(kind) or kind not in self._belts:
            return []
        spots = [spot for spot in self._belts[kind].spots if self._competences.in_charge(spot.place, commune)]
        pairs = sorted(
            ((distance_km(*point_of(commune), *(spot.point or (0, 0))), spot) for spot in spots), key=_by_distance
        )
        return pairs if kind == "mds" else pairs[:1]

    def _doors(self, origin: Origin, kind: str, order: _Order) -> Sights:
        """The doors of one kind that can serve the origin, best first."""
        at = order.at
        if isinstance(origin, Commune) and kind in OWN_COMMUNE_KINDS:
            own = [self._view.sight(spot, at, origin) for spot in self._of_commune[origin.code_insee, kind]]
            if kind == "ccas" and not own:
                return self._halls(origin, at, ask=ASK_FOR_CCAS)
            return sorted(own, key=order.key)
        doors = [self._view.sight(spot, at, origin, km) for km, spot in self._candidates(origin, kind)]
        if isinstance(origin, Commune) and kind == "cias":
            doors = [sight for sight in doors if sight.competent]
        return sorted(doors, key=order.key)

    def _candidates(self, origin: Origin, kind: str) -> "Sequence[Found]":
        """Every door within half an hour and those in charge; else the nearest one that is not out of reach."""
        belt = self._belts.get(kind)
        if belt is None:
            return []
        lat, lon = point_of(origin)
        found = {spot.id: (km, spot) for km, spot in belt.within(lat, lon, _NEAR_KM)}
        if isinstance(origin, Commune):
            found |= {spot.id: (km, spot) for km, spot in self._in_charge(origin, kind)}
        reach = float("inf") if kind in DEPARTMENTAL_KINDS else FAR_KM
        return [*found.values()] or [pair for pair in belt.nearest(lat, lon, 1) if pair[0] <= reach]

    def _last_resort(self, origin: Origin, at: datetime) -> Sights:
        """The town hall; where it cannot be called either, the nearest reception of everyone that can."""
        halls = self._halls(origin, at, ask=ASK_WHERE)[:1]
        if any(reliance(hall, at) < NOTHING for hall in halls):
            return halls
        order = _Order(_EVERYWHERE_KINDS, at)
        near = [sight for kind in order.kinds for sight in self._doors(origin, kind, order)]
        return sorted((sight for sight in near if reliance(sight, at) < NOTHING), key=order.key)[:1] + halls


def _by_distance(pair: Found) -> tuple[float, str]:
    return pair[0], pair[1].id


def _laid_out(columns: Sequence[Sights], order: _Order) -> Sights:
    """As `Locator.for_need` says: `columns` hold the doors of each kind, by preference of the kind."""
    if not columns:
        return []
    heads = sorted((column[0] for column in columns), key=order.key)
    rest = sorted((sight for column in columns for sight in column[1:]), key=order.key)
    return _unique([heads[0], columns[0][0], min(heads, key=order.best), *heads, *rest])


def _unique(sights: Iterable[Sight]) -> Sights:
    """Each place once, where it first stands."""
    found: dict[str, Sight] = {}
    for sight in sights:
        found.setdefault(sight.spot.id, sight)
    return [*found.values()]


def _with_a_certain_door(found: Sights, limit: int) -> Sights:
    """The first `limit`; when none of them has certain hours, the best that has takes the last seat."""
    kept = found[:limit]
    if limit < 2 or any(sight.open_now is not None for sight in kept):
        return kept
    certain = next((sight for sight in found[limit:] if sight.open_now is not None), None)
    return kept if certain is None else [*kept[:-1], certain]
