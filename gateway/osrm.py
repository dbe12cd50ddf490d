"""Travel times by car from a route planner that speaks OSRM's protocol (`PROCHE_OSRM_URL`); the estimate without it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import aiohttp

from assistance.lieu import Commune
from gateway.knowledge import Knowledge
from gateway.logs import log
from knowledge_base.locator import Locator
from knowledge_base.nearest import Spot
from knowledge_base.travel import TravelTimes

MAX_SPOTS = 99  # with the origin, the 100 points that an OSRM server takes unless told otherwise
TIMEOUT_S = 10.0
MAX_BYTES = 1_000_000
LOOK_AGAIN_S = 5.0
RETRY_S = 60.0


class OsrmError(Exception):
    """The route planner did not answer what was asked."""


@dataclass(frozen=True)
class OsrmClient:
    """Asks a server how long it takes from one commune to many spots."""

    session: aiohttp.ClientSession
    url: str

    async def fetch_minutes(self, origin: Commune, spots: Sequence[Spot]) -> dict[str, int]:
        """Return the minutes by car, rounded up, by spot id; spots that no road reaches are left out.

        Raises OsrmError. The call is the table service of OSRM's HTTP API, whose durations are in seconds.
        """
        located = [(spot.id, spot.point) for spot in spots if spot.point]
        path = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in [(origin.lat, origin.lon), *(p for _, p in located)])
        answer = await self._get(f"{self.url.rstrip('/')}/table/v1/driving/{path}?sources=0&annotations=duration")
        durations = _durations(answer, len(located))
        return {key: ceil(s / 60) for (key, _), s in zip(located, durations, strict=True) if s is not None}

    async def _get(self, url: str) -> Any:
        timeout = aiohttp.ClientTimeout(TIMEOUT_S)
        try:
            async with self.session.get(url, timeout=timeout, allow_redirects=False) as response:
                body = await response.content.read(MAX_BYTES)
                if response.status != 200:
                    raise OsrmError(f"status {response.status}")
                return json.loads(body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise OsrmError(type(error).__name__) from None


def _durations(answer: Any, count: int) -> list[float | None]:
    """Seconds to each destination; the first of the row, from the origin to itself, is dropped. Raises OsrmError."""
    rows = answer.get("durations") if isinstance(answer, dict) and answer.get("code") == "Ok" else None
    row = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(row, list) or len(row) != count + 1:
        raise OsrmError("shape")
    return [float(value) if isinstance(value, (int, float)) else None for value in row[1:]]


async def fetch_travel_times(client: OsrmClient, communes: Mapping[str, Commune], locator: Locator) -> TravelTimes:
    """Return the times from every commune to the doors around it. Raises OsrmError."""
    known = {}
    for code, commune in communes.items():
        known[code] = await client.fetch_minutes(commune, locator.around(commune, MAX_SPOTS))
    return TravelTimes(known)


async def keep_travel_times(client: OsrmClient, communes: Mapping[str, Commune], knowledge: Knowledge) -> None:
    """Give each new edition of the places its travel times, for ever; the estimate serves until then."""
    done: Locator | None = None
    while True:
        edition = knowledge.loaded
        wait_s = LOOK_AGAIN_S
        if edition is not None and edition.locator is not done:
            try:
                edition.locator.use_travel_times(await fetch_travel_times(client, communes, edition.locator))
                done = edition.locator
                log.info("travel times known", count=len(communes))
            except OsrmError as error:
                log.warning("no travel times", reason=str(error))
                wait_s = RETRY_S
        await asyncio.sleep(wait_s)
