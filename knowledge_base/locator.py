"""The nearest places of reception, the competent ones, and what is certain of them at a moment."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappush, heappushpop
from math import asin, ceil, cos, inf, radians, sin, sqrt

from assistance import opening_hours
from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.lieu import Commune, Lieu, Place
from assistance.opening_hours import OpeningState
from knowledge_base.territory import Territory, TransportNetwork

Origin = Commune | tuple[float, float]
Lieux = list[Lieu]

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
# One or few doors for the whole département: the nearest is the right one however far it is.
DEPARTMENTAL_KINDS = frozenset({
    "mdph", "prefecture", "conseil_departemental", "banque_de_france", "cidff", "maison_ados",
})  # fmt: skip
FAR_KM = 40.0  # beyond, a place is no answer: the town hall of the commune stands in

# A road is about 1.3 times the straight line and 45 km/h is usual from door to door in this département;
# two minutes more to park. An estimate: no traffic, no sea, no river.
_DETOUR = 1.3
_KM_PER_MIN = 45 / 60
_PARKING_MIN = 2

_EVERYWHERE_KINDS = ("mds", "france_services")  # receive people of every commune, unlike a CCAS

_NO_STATE = OpeningState(open_now=None)
_PREMIUM_RATE = re.compile(r"08[129]")
_APPOINTMENT_ONLY = re.compile(
    r"uniquement sur rendez-vous(?! de| pour)|sur rendez-vous uniquement|convenir d'un rendez-vous|^sur rendez-vous",
    re.IGNORECASE,
)

_ASK_FOR_CCAS = "Demandez le CCAS (centre communal d'action sociale) à la mairie ; nous n'avons pas son adresse."
_FREE_IN_FRENCH = {"oui": ", gratuit pour tous", "partiel": ", gratuit dans certains cas", "non": ", payant"}


@dataclass(frozen=True)
class _Spot:
    """A place and the point from which its distance is taken: its commune's when its own is unknown."""

    place: Place
    lat: float  # radians
    vector: tuple[float, float, float]


class _Belt:
    """The places of one kind, south to north: nothing beyond the best distance in latitude alone is looked at."""

    def __init__(self, spots: Iterable[_Spot]) -> None:
        self.spots = sorted(spots, key=lambda spot: spot.lat)
        self.lats = [spot.lat for spot in self.spots]
        ids = sorted(spot.place.id for spot in self.spots)
        ranks = {place_id: rank for rank, place_id in enumerate(ids)}
        self.ranks = [ranks[spot.place.id] for spot in self.spots]

    def nearest(self, lat: float, lon: float, limit: int) -> list[tuple[float, Place]]:
        """Return at most `limit` pairs (km, place), nearest first; `lat` and `lon` in degrees."""
        phi = radians(lat)
        x, y, z = _unit_vector(lat, lon)
        best: list[tuple[float, int, int]] = []  # a heap whose top is the furthest kept: (-chord², -rank, index)
        worst = inf
        for index in self._outwards(phi):
            spot = self.spots[index]
            gap = 2 * sin(abs(spot.lat - phi) / 2)
            if gap * gap > worst:
                break  # the next ones lie further still
            u, v, w = spot.vector
            square = (x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2
            if len(best) < limit:
                heappush(best, (-square, -self.ranks[index], index))
            elif square <= worst:
                heappushpop(best, (-square, -self.ranks[index], index))
            if len(best) == limit:
                worst = -best[0][0]
        return [(_chord_to_km(-square), self.spots[index].place) for square, _, index in sorted(best, reverse=True)]

    def _outwards(self, phi: float) -> Iterator[int]:
        """Yield every index, by growing difference of latitude from `phi`."""
        north = bisect_left(self.lats, phi)
        south, count = north - 1, len(self.lats)
        while north < count or south >= 0:
            if south < 0 or (north < count and self.lats[north] - phi <= phi - self.lats[south]):
                yield north
                north += 1
            else:
                yield south
                south -= 1


def _unit_vector(lat: float, lon: float) -> tuple[float, float, float]:
    phi, theta = radians(lat), radians(lon)
    return cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi)


def _chord_to_km(square: float) -> float:
    """Great-circle distance for the squared chord between two points of the unit sphere."""
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(square) / 2))


def estimate_travel_min(distance_km: float) -> int:
    """Minutes by car for a distance as the crow flies, rounded up: km × 1.3 at 45 km/h, and 2 to park."""
    return ceil(distance_km * _DETOUR / _KM_PER_MIN + _PARKING_MIN)


class Locator:
    """Finds places; built once per territory, then read only."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self._places = {place.id: place for place in territory.places}
        self._belts = _belts(territory)
        self._of_commune: dict[tuple[str, str], list[Place]] = defaultdict(list)
        for place in territory.places:
            self._of_commune[place.code_insee, place.kind].append(place)
        self._without_car = {code: _say_network(network) for code, network in territory.networks.items()}

    def nearest(self, origin: Origin, kinds: Sequence[str], at: datetime, limit: int = 5) -> Lieux:
        """Return at most `limit` places of these kinds, nearest first.

        With a commune as origin and "mds" among the kinds, the competent MDS are in the list even when others are
        nearer. `at` is aware; `origin` a commune or (latitude, longitude) in degrees.
        """
        if limit < 1:
            return []
        lat, lon = _point(origin)
        found = sorted(
            ((km, place) for kind in set(kinds) for km, place in self._near(kind, lat, lon, limit)),
            key=lambda pair: (pair[0], pair[1].id),
        )
        kept = found[:limit]
        if "mds" in kinds:
            kept = self._with_competent_mds(kept, origin, limit)
        return [self._lieu(place, at, origin, km) for km, place in kept]

    def for_need(self, origin: Origin, kinds: Sequence[str], at: datetime, limit: int = 5) -> Lieux:
        """Return where to go for a fiche: `kinds` in order of preference, the nearest of each first.

        A CCAS or a town hall serves its own commune, a CIAS its own EPCI: no other is given to a known commune. Where
        no CCAS is known the town hall stands in, and its `note` says what to ask for. Nothing within 40 km: the town
        hall again. A place with neither phone nor certain hours never comes first when another has one, and a place
        whose hours are certain is among them when one of these kinds has some.
        """
        if limit < 1:
            return []
        columns = [self._doors(origin, kind, at, limit) for kind in dict.fromkeys(kinds)]
        found = _with_a_certain_door(_first_of_each(columns, limit), columns)
        if not any(_is_usable(lieu) for lieu in found):
            found = _unique([*self._last_resort(origin, at), *found])[:limit]
        return _usable_first(found)

    def by_id(self, place_id: str, at: datetime | None = None, origin: Origin | None = None) -> Lieu | None:
        """Return the place of this id, seen at `at` (no opening state without) from `origin` (no distance without)."""
        place = self._places.get(place_id)
        return None if place is None else self._lieu(place, at, origin, self._distance(place, origin))

    def _near(self, kind: str, lat: float, lon: float, limit: int) -> list[tuple[float, Place]]:
        belt = self._belts.get(kind)
        return belt.nearest(lat, lon, limit) if belt else []

    def _with_competent_mds(
        self, found: list[tuple[float, Place]], origin: Origin, limit: int
    ) -> list[tuple[float, Place]]:
        """Make room for the competent MDS, at the expense of the furthest others."""
        if isinstance(origin, tuple):
            return found
        ids = self.territory.sectors.get(origin.code_insee, ())
        mds = [(self._distance(place, origin) or 0.0, place) for place in (self._places[key] for key in ids)][:limit]
        others = [pair for pair in found if pair[1].id not in ids][: limit - len(mds)]
        return sorted(mds + others, key=lambda pair: (pair[0], pair[1].id))

    def _doors(self, origin: Origin, kind: str, at: datetime, limit: int) -> Lieux:
        """The places of one kind that can serve the origin, the ones to try first first."""
        if isinstance(origin, Commune) and kind in ("ccas", "mairie"):
            own = [self._lieu(place, at, origin) for place in self._of_commune[origin.code_insee, kind]]
            if kind == "ccas" and not own:
                return self._town_hall(origin, at, note=_ASK_FOR_CCAS)
            return _usable_first(own)
        found = self.nearest(origin, [kind], at, limit)
        near = [lieu for lieu in found if lieu.competent or (lieu.distance_km or 0.0) <= FAR_KM]
        if kind in DEPARTMENTAL_KINDS:
            near = near or found[:1]
        if isinstance(origin, Commune) and kind == "cias":
            near = [lieu for lieu in near if lieu.competent]
        return _usable_first(sorted(near, key=lambda lieu: not lieu.competent))

    def _town_hall(self, origin: Origin, at: datetime, note: str = "") -> Lieux:
        """The town hall of a commune (the nearest to a point): it receives everyone where nothing else does."""
        if isinstance(origin, tuple):
            halls = self.nearest(origin, ["mairie"], at, 1)
        else:
            halls = [self._lieu(place, at, origin) for place in self._of_commune[origin.code_insee, "mairie"]]
        return [replace(hall, unconditional=True, note=note) for hall in _usable_first(halls)]

    def _last_resort(self, origin: Origin, at: datetime) -> Lieux:
        """The town hall; where it cannot be called either, the nearest reception of everyone that can."""
        halls = self._town_hall(origin, at)[:1]
        if any(map(_is_usable, halls)):
            return halls
        near = self.nearest(origin, _EVERYWHERE_KINDS, at)
        return [*filter(_is_usable, near)][:1] + halls

    def _distance(self, place: Place, origin: Origin | None) -> float | None:
        if origin is None:
            return None
        lat, lon = _place_point(place, self.territory.communes)
        pairs = zip(_unit_vector(*_point(origin)), _unit_vector(lat, lon), strict=True)
        return _chord_to_km(sum((a - b) ** 2 for a, b in pairs))

    def _lieu(self, place: Place, at: datetime | None, origin: Origin | None = None, km: float | None = None) -> Lieu:
        distance = self._distance(place, origin) if km is None else km
        certain = _has_certain_hours(place)
        state = opening_hours.state(place.hours, at) if certain and at is not None else _NO_STATE
        return Lieu(
            id=place.id,
            name=place.name,
            kind=place.kind,
            address=place.address,
            code_insee=place.code_insee,
            commune=place.commune,
            phone=place.phone,
            website=place.website,
            lat=place.lat,
            lon=place.lon,
            distance_km=None if distance is None else round(distance, 1),
            travel_min=None if distance is None else estimate_travel_min(distance),
            unconditional=place.kind in UNCONDITIONAL_KINDS,
            competent=self._is_competent(place, origin),
            open_now=state.open_now,
            closes_at=state.closes_at,
            next_opening=state.next_opening,
            hours_text=self._say_hours(place),
            to_confirm=place.to_confirm,
            source=place.source,
            source_date=place.source_date,
            appointment=_appointment(place.remark),
            itinerant=place.itinerant,
            without_car=self._say_without_car(place, origin),
            accessibility=place.accessibility,
        )

    def _is_competent(self, place: Place, origin: Origin | None) -> bool:
        """Whether this very place serves the commune: MDS by sector, CIAS by EPCI, CCAS and town hall by commune."""
        if not isinstance(origin, Commune):
            return False
        if place.kind == "mds":
            return place.id in self.territory.sectors.get(origin.code_insee, ())
        if place.kind == "cias":
            home = self.territory.communes.get(place.code_insee)
            return home is not None and home.epci_code == origin.epci_code
        return place.kind in ("ccas", "mairie") and place.code_insee == origin.code_insee

    def _say_hours(self, place: Place) -> str:
        if place.itinerant:
            return f"ce bus change de lieu : pour connaître ses passages, {self._say_ask(place)}"
        words = opening_hours.in_words(place.hours) if place.hours else ""
        if not words:
            return f"horaires non connus : {self._say_ask(place)}"
        if not place.to_confirm:
            return words
        when = f"en {place.source_date.year}" if place.source_date else "à une date inconnue"
        if place.phone:
            return f"{words} (horaires relevés {when}, à confirmer au {place.phone})"
        return f"{words} (horaires relevés {when}, à confirmer : {self._say_ask(place)})"

    def _say_ask(self, place: Place) -> str:
        if place.phone:
            return f"appelez le {place.phone}"
        halls = self._of_commune[place.code_insee, "mairie"] if place.kind != "mairie" else []
        phone = next((hall.phone for hall in halls if hall.phone), "")
        return f"demandez à la mairie, {phone}" if phone else "renseignez-vous sur place"

    def _say_without_car(self, place: Place, origin: Origin | None) -> str:
        commune = origin if isinstance(origin, Commune) else self.territory.communes.get(place.code_insee)
        return self._without_car.get(commune.epci_code, "") if commune else ""

    # Last, for its name hides the builtin from here on.
    def list(
        self, code_insee: str | None = None, kinds: Sequence[str] | None = None, at: datetime | None = None
    ) -> Lieux:
        """Return the places of a commune and of these kinds (all when None), sorted by commune, kind and name."""
        found = [
            place
            for place in self.territory.places
            if code_insee in (None, place.code_insee) and (kinds is None or place.kind in kinds)
        ]
        found.sort(key=lambda place: (place.commune, place.kind, place.name))
        return [self._lieu(place, at) for place in found]


def _belts(territory: Territory) -> dict[str, _Belt]:
    spots: dict[str, list[_Spot]] = defaultdict(list)
    for place in territory.places:
        if place.lat is not None or place.code_insee in territory.communes:
            lat, lon = _place_point(place, territory.communes)
            spots[place.kind].append(_Spot(place, radians(lat), _unit_vector(lat, lon)))
    return {kind: _Belt(of_kind) for kind, of_kind in spots.items()}


def _place_point(place: Place, communes: Mapping[str, Commune]) -> tuple[float, float]:
    if place.lat is not None and place.lon is not None:
        return place.lat, place.lon
    return _point(communes[place.code_insee])


def _point(origin: Origin) -> tuple[float, float]:
    return origin if isinstance(origin, tuple) else (origin.lat, origin.lon)


def _has_certain_hours(place: Place) -> bool:
    return bool(place.hours) and not place.to_confirm and not place.itinerant


def _is_usable(lieu: Lieu) -> bool:
    """Whether something certain can be done: call, or come at known hours; a bus is not where its depot is."""
    return not lieu.itinerant and (bool(lieu.phone) or lieu.open_now is not None)


def _usable_first(lieux: Lieux) -> Lieux:
    """The first usable place comes first, the others keep their order."""
    best = next((lieu for lieu in lieux if _is_usable(lieu)), None)
    return lieux if best is None else [best, *(lieu for lieu in lieux if lieu is not best)]


def _first_of_each(columns: list[Lieux], limit: int) -> Lieux:
    """The first of every column, then the second of every column, and so on, without repeats."""
    depth = max(map(len, columns), default=0)
    rows = (column[rank] for rank in range(depth) for column in columns if rank < len(column))
    return _unique(rows)[:limit]


def _unique(lieux: Iterable[Lieu]) -> Lieux:
    """Each place once, where it first stands."""
    found: dict[str, Lieu] = {}
    for lieu in lieux:
        found.setdefault(lieu.id, lieu)
    return [*found.values()]


def _with_a_certain_door(found: Lieux, columns: list[Lieux]) -> Lieux:
    """Put the nearest place whose hours are certain in the last place, when none of `found` is."""
    certain = [lieu for column in columns for lieu in column if lieu.open_now is not None]
    if not certain or any(lieu in certain for lieu in found):
        return found
    return [*found[:-1], min(certain, key=lambda lieu: lieu.distance_km or 0.0)]


def _appointment(remark: str) -> str | None:
    if "rendez-vous" not in remark.lower():
        return None
    return "required" if _APPOINTMENT_ONLY.search(remark) else "possible"


def _say_network(network: TransportNetwork) -> str:
    """One French sentence: the network, free or not, on demand or not, and whom to ask."""
    name = network.name.partition(",")[0]
    free = _FREE_IN_FRENCH.get(network.free, "")
    on_demand = "" if network.on_demand in ("", "non", "inconnu") else " ; transport à la demande possible"
    return f"Sans voiture : {name}{free}{on_demand}{_say_contact(network)}."


def _say_contact(network: TransportNetwork) -> str:
    if network.phone:
        premium = " (numéro à tarif majoré)" if _PREMIUM_RATE.match(network.phone.replace(" ", "")) else ""
        return f" ; renseignements au {network.phone}{premium}"
    site = network.website.partition("://")[2].removeprefix("www.").rstrip("/")
    return f" ; renseignements sur {site}" if site else ""
