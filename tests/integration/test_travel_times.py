"""Travel times from a route planner: a real server on loopback that speaks OSRM's protocol."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from gateway.osrm import OsrmClient, OsrmError, fetch_travel_times
from knowledge_base.locator import Locator
from knowledge_base.territory import Territory, load_territory
from knowledge_base.travel import estimate_travel_min
from tests.service import GATEWAY_ALONE, Service

FOLDER = Path(__file__).parents[2] / "data" / "territoire"


class Planner:
    """Every drive takes `seconds`, or fails as told; counts what it is asked."""

    def __init__(self) -> None:
        self.seconds: float | None = 1_234.0
        self.status, self.asked = 200, 0

    async def table(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert request.query["sources"] == "0"
        points = request.match_info["points"].split(";")
        lon, lat = map(float, points[0].split(","))
        assert 1 < lon < 4 < 49 < lat < 52, "OSRM takes longitude first"
        durations = [[0, *[self.seconds] * (len(points) - 1)]]
        return web.json_response({"code": "Ok", "durations": durations}, status=self.status)


@pytest.fixture
async def planner() -> AsyncIterator[tuple[Planner, str]]:
    planner = Planner()
    app = web.Application()
    app.router.add_get("/table/v1/driving/{points}", planner.table)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield planner, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(FOLDER)


async def test_minutes_are_rounded_up_and_what_no_road_reaches_is_left_out(
    planner: tuple[Planner, str], territory: Territory
):
    server, url = planner
    lens, spots = territory.communes["62498"], Locator(territory).around(territory.communes["62498"], 99)
    async with aiohttp.ClientSession() as session:
        found = await OsrmClient(session, url).fetch_minutes(lens, spots)
        assert len(found) == 99 and set(found.values()) == {21}
        server.seconds = None
        assert await OsrmClient(session, url).fetch_minutes(lens, spots) == {}


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_a_planner_that_fails_is_an_error_never_a_wrong_time(
    planner: tuple[Planner, str], territory: Territory, status: int
):
    server, url = planner
    server.status = status
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OsrmError):
            await fetch_travel_times(OsrmClient(session, url), territory.communes, Locator(territory))


async def test_the_service_gives_the_times_of_the_planner_once_it_knows_them(
    planner: tuple[Planner, str], tmp_path: Path
):
    settings = {"PROCHE_RASA": "off", "PROCHE_OSRM_URL": planner[1]}
    service = Service(tmp_path / "var", settings, what=GATEWAY_ALONE).start()
    try:
        await asyncio.to_thread(service.wait_ready)
        async with aiohttp.ClientSession() as session:
            for _ in range(300):
                lieux = await fetch_lieux(session, service)
                if lieux[0]["travel_min"] == 21:
                    break
                await asyncio.sleep(0.2)
        assert [lieu["travel_min"] for lieu in lieux] == [21, 21]
        assert estimate_travel_min(lieux[0]["distance_km"]) != 21
    finally:
        await asyncio.to_thread(service.stop)


async def fetch_lieux(session: aiohttp.ClientSession, service: Service) -> list[dict[str, float]]:
    query = {"code_insee": "62498", "kind": "france_services", "limit": "2"}
    async with session.get(f"{service.url}/api/v1/lieux", params=query) as response:
        lieux: list[dict[str, float]] = (await response.json())["lieux"]
        return lieux
