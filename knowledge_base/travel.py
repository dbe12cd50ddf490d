"""How long it takes to drive to a place: an estimate, or what a route planner has said (docs/decisions/0004)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from assistance.lieu import Commune

Origin = Commune | tuple[float, float]

# A road is about 1.3 times the straight line. Door to door, the first kilometres are villages and streets; beyond,
# main roads; beyond still, the motorway. Each leg: its end as the crow flies (km), its speed (km/h).
_DETOUR = 1.3
_LEGS = ((10.0, 40.0), (30.0, 65.0), (float("inf"), 90.0))
_PARKING_MIN = 2

FAR_MIN = (10, 20, 30)  # thresholds of the département's accessibility scheme


def estimate_travel_min(distance_km: float) -> int:
    """Minutes by car for a distance as the crow flies, rounded up. No traffic, no river, no sea: ± a third."""
    minutes, start = float(_PARKING_MIN), 0.0
    for end, speed in _LEGS:
        minutes += max(0.0, min(distance_km, end) - start) * _DETOUR / speed * 60
        start = end
    return ceil(minutes)


def threshold_passed(travel_min: int) -> int | None:
    """The highest threshold of the accessibility scheme that `travel_min` passes: 10, 20, 30 or None."""
    return max((bound for bound in FAR_MIN if travel_min > bound), default=None)


@dataclass(frozen=True)
class TravelTimes:
    """Minutes by car known by commune (INSEE code) and spot id; the estimate for all others."""

    known: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def minutes(self, origin: Origin, spot_id: str, distance_km: float) -> int:
        if isinstance(origin, Commune):
            known = self.known.get(origin.code_insee, {}).get(spot_id)
            if known is not None:
                return known
        return estimate_travel_min(distance_km)
