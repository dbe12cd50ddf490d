"""The spots of one kind of place, found by distance without looking at all of them."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappush, heappushpop
from math import asin, cos, inf, radians, sin, sqrt

from assistance.lieu import Place, Stop

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


@dataclass(frozen=True)
class Spot:
    """Where one goes to: a place, or one of its stops. `id` names it (`place~2`: second stop)."""

    id: str
    place: Place
    point: tuple[float, float] | None  # degrees; None: nowhere we know
    hours: str  # the OSM hours that may be told as open or closed, closures last; "" when nothing is certain
    stop: Stop | None = None


Found = tuple[float, Spot]  # km as the crow flies


class Belt:
    """Spots, south to north: nothing beyond the best distance in latitude alone is looked at."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        located = sorted(((spot.point, spot) for spot in spots if spot.point), key=lambda pair: pair[0])
        self.spots = [spot for _, spot in located]
        self.lats = [radians(lat) for (lat, _), _ in located]
        self.vectors = [unit_vector(*point) for point, _ in located]
        ranks = {spot_id: rank for rank, spot_id in enumerate(sorted(spot.id for spot in self.spots))}
        self.ranks = [ranks[spot.id] for spot in self.spots]

    def nearest(self, lat: float, lon: float, limit: int) -> list[Found]:
        """Return at most `limit` spots, nearest first, ties by id; `lat` and `lon` in degrees."""
        origin = unit_vector(lat, lon)
        best: list[tuple[float, int, int]] = []  # a heap whose top is the furthest kept: (-chord², -rank, index)
        worst = inf
        for index, gap in self._outwards(radians(lat)):
            if gap > worst:
                break  # the next ones lie further still
            square = _square(origin, self.vectors[index])
            if len(best) < limit:
                heappush(best, (-square, -self.ranks[index], index))
            elif square <= worst:
                heappushpop(best, (-square, -self.ranks[index], index))
            if len(best) == limit:
                worst = -best[0][0]
        return [(chord_to_km(-square), self.spots[index]) for square, _, index in sorted(best, reverse=True)]

    def within(self, lat: float, lon: float, km: float) -> list[Found]:
        """Return every spot at `km` or less, in no order."""
        origin, limit = unit_vector(lat, lon), km_to_chord(km)
        found = []
        for index, gap in self._outwards(radians(lat)):
            if gap > limit:
                break
            square = _square(origin, self.vectors[index])
            if square <= limit:
                found.append((chord_to_km(square), self.spots[index]))
        return found

    def _outwards(self, phi: float) -> Iterator[tuple[int, float]]:
        """Yield (index, chord² of the difference in latitude alone) by growing difference from `phi` (radians)."""
        north = bisect_left(self.lats, phi)
        south, count = north - 1, len(self.lats)
        while north < count or south >= 0:
            if south < 0 or (north < count and self.lats[north] - phi <= phi - self.lats[south]):
                index, north = north, north + 1
            else:
                index, south = south, south - 1
            yield index, (2 * sin((self.lats[index] - phi) / 2)) ** 2


Vector = tuple[float, float, float]


def _square(one: Vector, other: Vector) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def unit_vector(lat: float, lon: float) -> Vector:
    """The point of the unit sphere at `lat`, `lon` (degrees)."""
    phi, theta = radians(lat), radians(lon)
    return cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi)


def chord_to_km(square: float) -> float:
    """Great-circle distance for the squared chord between two points of the unit sphere."""
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(square) / 2))


def km_to_chord(km: float) -> float:
    """The squared chord of a great-circle distance."""
    return float((2 * sin(km / EARTH_RADIUS_KM / 2)) ** 2)


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """As the crow flies, between two points in degrees."""
    return chord_to_km(_square(unit_vector(lat1, lon1), unit_vector(lat2, lon2)))
