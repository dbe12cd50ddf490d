"""The doors among 10,000 places: how long it takes to find them, and whether brute force finds the same."""

import dataclasses
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from assistance.fiche import UNCONDITIONAL_KINDS
from assistance.lieu import Commune, Lieu, Place
from bench.talks import summarise
from knowledge_base.competence import OWN_COMMUNE_KINDS
from knowledge_base.locator import DEPARTMENTAL_KINDS, FAR_KM, NOTHING, Locator, reliance
from knowledge_base.nearest import EARTH_RADIUS_KM
from knowledge_base.territory import Territory

PLACES = 10_000
ORIGINS = 300
LIMIT = 5
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_SHARED_OUT = ("mds", "cias", "cpam", "sous_prefecture")  # kinds of which one place is in charge of a commune
_DOUBTFUL = 0.5  # share of the places whose hours are to confirm: today it is 19 in 20


def make_large(territory: Territory, chance: random.Random) -> Territory:
    """Return the territory with 10,000 places like its own, strewn a few kilometres around their communes."""
    made = [_stray(chance.choice(territory.places), number, territory, chance) for number in range(PLACES)]
    return dataclasses.replace(territory, places=tuple(made), sectors={})


def _stray(place: Place, number: int, territory: Territory, chance: random.Random) -> Place:
    home = territory.communes[chance.choice(list(territory.communes))]
    lat, lon = home.lat + chance.uniform(-0.05, 0.05), home.lon + chance.uniform(-0.08, 0.08)
    return dataclasses.replace(
        place, id=f"place-{number:05}", code_insee=home.code_insee, lat=lat, lon=lon, itinerant=False, stops=(),
        to_confirm=chance.random() < _DOUBTFUL,
    )  # fmt: skip


def measure_nearest(territory: Territory) -> dict[str, float]:
    """Return `p50`, `p95` and `max` in ms for the nearest of one to four kinds; `wrong`: unlike brute force's."""
    chance = random.Random(2026)
    locator, kinds = Locator(territory), sorted({place.kind for place in territory.places})
    homes = list(territory.communes.values())
    times, wrong = [], 0
    for _ in range(ORIGINS):
        home, asked = chance.choice(homes), chance.sample(kinds, k=chance.randint(1, 4))
        start = time.perf_counter()
        found = locator.nearest((home.lat, home.lon), asked, AT, LIMIT)
        times.append((time.perf_counter() - start) * 1_000)
        wrong += [lieu.id for lieu in found] != find_by_brute_force(territory.places, home.lat, home.lon, asked)
    return {**summarise(times[20:]), "wrong": wrong}


def find_by_brute_force(places: Sequence[Place], lat: float, lon: float, kinds: Sequence[str]) -> list[str]:
    """Return the ids of the five nearest places, every distance computed."""
    far = [
        (measure_km(lat, lon, place.lat, place.lon), place.id)
        for place in places
        if place.kind in kinds and place.lat is not None and place.lon is not None
    ]
    return [place_id for _, place_id in sorted(far)[:LIMIT]]


def measure_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance by the haversine formula."""
    phi, psi = radians(lat), radians(other_lat)
    half = sin((psi - phi) / 2) ** 2 + cos(phi) * cos(psi) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def measure_for_need(territory: Territory) -> dict[str, float]:
    """Return `p50`, `p95` and `max` in ms of the ranked doors for a need; `wrong`: unlike brute force's, of thirty."""
    chance = random.Random(62)
    locator, homes = Locator(territory), list(territory.communes.values())
    kinds = sorted({place.kind for place in territory.places} - OWN_COMMUNE_KINDS - {"cias"})
    times, wrong = [], 0
    for number in range(ORIGINS):
        home, asked = chance.choice(homes), chance.sample(kinds, k=chance.randint(1, 4))
        at = AT + timedelta(hours=chance.randrange(24 * 14))
        start = time.perf_counter()
        found = locator.for_need(home, asked, at, LIMIT)
        times.append((time.perf_counter() - start) * 1_000)
        if number % 10 == 0 and not any(lieu.note for lieu in found):  # a town hall stands in where nothing else will
            wrong += [lieu.id for lieu in found] != rank_by_brute_force(locator, home, asked, at, LIMIT)
    return {**summarise(times[20:]), "wrong": wrong}


def rank_by_brute_force(locator: Locator, origin: Commune, kinds: Sequence[str], at: datetime, limit: int) -> list[str]:
    """Return the ids of the doors that the docstring of `Locator.for_need` promises, every spot looked at.

    For kinds that serve more than their own commune, and needs for which some door has a phone or certain hours.
    """

    def km(lieu: Lieu) -> float:
        point = locator.spots[lieu.id].point
        return measure_km(origin.lat, origin.lon, *point) if point else float("inf")

    social = kinds[0] in (*UNCONDITIONAL_KINDS, "mairie")

    def best(lieu: Lieu) -> tuple[object, ...]:
        travel, worth = lieu.travel_min or 0, reliance(lieu, at)
        kind = kinds.index(lieu.kind)
        near = (0 if social else kind, travel, kind, km(lieu), lieu.id)
        return (worth == NOTHING, travel > 30, worth, social and not lieu.unconditional, not lieu.competent, *near)

    def key(lieu: Lieu) -> tuple[object, ...]:
        return (*best(lieu)[:2], lieu.unconditional and not social, *best(lieu)[2:])

    columns = []
    for kind in kinds:
        every = (locator.by_id(spot.id, at, origin) for spot in locator.spots.values() if spot.place.kind == kind)
        seen = sorted((one for one in every if one and one.lat), key=lambda one: (km(one), one.id))
        charged = [lieu.id for lieu in seen if lieu.competent and kind in _SHARED_OUT][: None if kind == "mds" else 1]
        near = [lieu for lieu in seen if km(lieu) <= 22.5 or lieu.id in charged]
        reach = float("inf") if kind in DEPARTMENTAL_KINDS else FAR_KM
        columns.append(sorted(near or [one for one in seen[:1] if km(one) <= reach], key=key))
    columns = [column for column in columns if column]
    heads = sorted((column[0] for column in columns), key=key)
    rest = sorted((lieu for column in columns for lieu in column[1:]), key=key)
    ranked = _once([*heads[:1], *(column[0] for column in columns[:1]), *sorted(heads, key=best)[:1], *heads, *rest])
    kept, certain = ranked[:limit], [lieu for lieu in ranked if lieu.open_now is not None]
    if certain and not any(lieu in certain for lieu in kept) and limit > 1:
        kept = [*kept[:-1], certain[0]]
    return [lieu.id for lieu in kept]


def _once(lieux: Sequence[Lieu]) -> list[Lieu]:
    found: dict[str, Lieu] = {}
    for lieu in lieux:
        found.setdefault(lieu.id, lieu)
    return [*found.values()]
