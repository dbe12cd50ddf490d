"""What costs microseconds, without any process: search, nearest place, commune in a sentence, danger check."""

import dataclasses
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any

import yaml

from assistance import safety
from assistance.lieu import Place
from bench import search_bench
from bench.proche import ROOT
from bench.talks import summarise
from knowledge_base.communes import CommuneFinder
from knowledge_base.locator import EARTH_RADIUS_KM, Locator
from knowledge_base.territory import Territory, load_territory

PLACES = 10_000
ORIGINS = 300
LIMIT = 5
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def measure_all() -> dict[str, Any]:
    territory = load_territory(ROOT / "data" / "territoire")
    return {
        "search": search_bench.run(),
        "nearest": measure_nearest(make_large(territory, random.Random(62))),
        "commune_us": measure_calls(CommuneFinder(territory).find, load_texts("communes", "subjects")),
        "danger_us": measure_calls(safety.check, load_texts("danger", "ordinary")),
    }


def make_large(territory: Territory, chance: random.Random) -> Territory:
    """Return the territory with 10,000 places like its own, strewn a few kilometres around their communes."""
    made = [_stray(chance.choice(territory.places), number, territory, chance) for number in range(PLACES)]
    return dataclasses.replace(territory, places=tuple(made), sectors={})


def _stray(place: Place, number: int, territory: Territory, chance: random.Random) -> Place:
    home = territory.communes[chance.choice(list(territory.communes))]
    lat, lon = home.lat + chance.uniform(-0.05, 0.05), home.lon + chance.uniform(-0.08, 0.08)
    return dataclasses.replace(place, id=f"place-{number:05}", code_insee=home.code_insee, lat=lat, lon=lon)


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


def load_texts(*names: str) -> list[str]:
    """The sentences of the tuned parts of these evaluation sets."""
    folder = ROOT / "data" / "evaluation"
    rows = [row for name in names for row in yaml.safe_load((folder / f"{name}.tune.yml").read_text(encoding="utf-8"))]
    return [row["text"] for row in rows]


def measure_calls(call: Callable[[str], object], texts: Sequence[str]) -> dict[str, float]:
    """Return `p50`, `p95` and `max` in µs of `call`, each text given once, the first twenty dropped."""
    times = []
    for text in texts:
        start = time.perf_counter()
        call(text)
        times.append((time.perf_counter() - start) * 1_000_000)
    return summarise(times[20:])
