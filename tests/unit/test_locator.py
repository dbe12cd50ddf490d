"""The nearest doors, the competent ones, and what is certain of them."""

import random
from dataclasses import replace
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import pytest

from assistance.lieu import Commune, Lieu, Place
from assistance.opening_hours import PARIS
from knowledge_base.locator import FAR_KM, Locator
from knowledge_base.nearest import EARTH_RADIUS_KM
from knowledge_base.territory import Territory, load_territory
from knowledge_base.travel import estimate_travel_min

FOLDER = Path(__file__).parents[2] / "data" / "territoire"
TUESDAY_10 = datetime(2026, 11, 24, 10, tzinfo=PARIS)
CHRISTMAS = datetime(2026, 12, 25, 10, tzinfo=PARIS)


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(FOLDER)


@pytest.fixture(scope="module")
def locator(territory: Territory) -> Locator:
    return Locator(territory)


def commune(territory: Territory, name: str) -> Commune:
    return next(one for one in territory.communes.values() if one.nom == name)


def haversine_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    phi1, phi2 = radians(lat1), radians(lat2)
    half = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def scattered(territory: Territory, count: int, seed: int) -> Territory:
    """A territory of many places at random, some at the very same point."""
    chance = random.Random(seed)
    models = [place for place in territory.places if place.lat is not None and not place.itinerant]
    places: list[Place] = []
    for number in range(count):
        lat, lon = round(50 + chance.random(), 2), round(1.6 + 1.5 * chance.random(), 2)
        places.append(replace(chance.choice(models), id=f"lieu-{number}", lat=lat, lon=lon, stops=()))
    return replace(territory, places=tuple(places), sectors={})


def test_the_nearest_places_are_those_of_brute_force(territory: Territory):
    many = scattered(territory, 2000, seed=1)
    locator, chance = Locator(many), random.Random(2)
    kinds = sorted({place.kind for place in many.places})
    for _ in range(200):
        lat, lon = 49.9 + 1.2 * chance.random(), 1.5 + 1.8 * chance.random()
        asked, limit = chance.sample(kinds, chance.randint(1, 4)), chance.randint(1, 8)
        found = locator.nearest((lat, lon), asked, TUESDAY_10, limit)
        distances = sorted(
            haversine_km(lat, lon, place.lat or 0, place.lon or 0) for place in many.places if place.kind in asked
        )[:limit]
        assert [lieu.distance_km for lieu in found] == pytest.approx(distances, abs=0.051)
        assert all(lieu.kind in asked for lieu in found)
        assert len({lieu.id for lieu in found}) == len(found)


def test_a_point_far_from_everything_still_finds_the_nearest(locator: Locator):
    (lieu,) = locator.nearest((48.8566, 2.3522), ["caf"], TUESDAY_10, limit=1)
    assert lieu.commune == "Arras"


def test_travel_time_counts_a_detour_slower_near_home_and_two_minutes_to_park():
    assert estimate_travel_min(0) == 2
    assert estimate_travel_min(10) == 22  # 13 km of road at 40 km/h: 19 min 30 s, and 2
    assert estimate_travel_min(30) == 46  # then 26 km at 65 km/h: 24 min


def test_the_competent_mds_is_in_the_list_even_when_others_are_nearer(territory: Territory, locator: Locator):
    lens = commune(territory, "Lens")
    (only,) = locator.nearest(lens, ["mds"], TUESDAY_10, limit=1)
    assert only.competent
    both = locator.nearest(lens, ["mds"], TUESDAY_10, limit=2)
    assert [lieu.competent for lieu in both] == [False, True]
    for origin in territory.communes.values():
        found = locator.nearest(origin, ["mds", "france_services"], TUESDAY_10, limit=3)
        assert {lieu.id for lieu in found if lieu.competent} == set(territory.sectors[origin.code_insee])
        assert [lieu.distance_km for lieu in found] == sorted(lieu.distance_km or 0 for lieu in found)


def test_certain_hours_give_the_state_of_the_moment(territory: Territory, locator: Locator):
    fruges = commune(territory, "Fruges")
    (lieu,) = locator.nearest(fruges, ["france_services"], TUESDAY_10, limit=1)
    assert lieu.open_now is True and lieu.closes_at == TUESDAY_10.replace(hour=12, minute=30)
    assert lieu.unconditional and not lieu.to_confirm
    (lieu,) = locator.nearest(fruges, ["france_services"], CHRISTMAS, limit=1)
    assert lieu.open_now is False and lieu.next_opening is not None and lieu.next_opening > CHRISTMAS


def test_old_hours_are_never_open_nor_closed_and_give_the_phone_to_ask(territory: Territory, locator: Locator):
    (lieu,) = locator.nearest(commune(territory, "Bruay-la-Buissière"), ["mds"], TUESDAY_10, limit=1)
    assert (lieu.open_now, lieu.closes_at, lieu.next_opening) == (None, None, None)
    assert lieu.to_confirm
    assert "relevés en 2016, à confirmer au 03 91 80 05 10" in lieu.hours_text


def test_a_place_without_a_phone_says_to_ask_the_town_hall(territory: Territory, locator: Locator):
    (lieu,) = locator.nearest(commune(territory, "Lens"), ["ccas"], TUESDAY_10, limit=1)
    assert lieu.phone == ""
    assert lieu.hours_text == "horaires non connus : demandez à la mairie, 03 21 69 86 86"


def test_a_bus_is_neither_open_nor_closed_at_its_depot(locator: Locator):
    buses = [lieu for lieu in locator.list(kinds=["france_services"], at=TUESDAY_10) if lieu.itinerant]
    assert buses
    assert all(lieu.open_now is None and "change de lieu" in lieu.hours_text for lieu in buses)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Lens", "Sans voiture : Tadao, gratuit pour tous ; transport à la demande possible ; "
                 "renseignements au 0 810 00 11 78 (numéro à tarif majoré)."),
        ("Fruges", "Sans voiture : cars régionaux, gratuit dans certains cas ; renseignements au 03 74 27 00 50."),
        ("Berck", "Sans voiture : bus de la CA2BM ; renseignements sur ca2bm.monbus.mobi."),
    ],
)  # fmt: skip
def test_how_to_come_without_a_car_is_one_sentence(territory: Territory, locator: Locator, name: str, sentence: str):
    (lieu,) = locator.nearest(commune(territory, name), ["mairie"], TUESDAY_10, limit=1)
    assert lieu.without_car == sentence


def test_appointments_are_said_when_the_source_tells(territory: Territory, locator: Locator):
    (required,) = locator.nearest(commune(territory, "Aire-sur-la-Lys"), ["mairie_titres"], TUESDAY_10, limit=1)
    (possible,) = locator.nearest(commune(territory, "Fruges"), ["france_services"], TUESDAY_10, limit=1)
    assert (required.appointment, possible.appointment) == ("required", "possible")


# for_need


def kinds(lieux: list[Lieu]) -> list[str]:
    return [lieu.kind for lieu in lieux]


def test_a_need_keeps_the_order_of_the_kinds_the_nearest_of_each_first(territory: Territory, locator: Locator):
    found = locator.for_need(commune(territory, "Isbergues"), ["ccas", "mds", "caf"], TUESDAY_10)
    assert kinds(found)[:3] == ["ccas", "mds", "caf"]


def test_where_no_ccas_is_known_the_town_hall_stands_in_and_says_so(territory: Territory, locator: Locator):
    found = locator.for_need(commune(territory, "Arras"), ["ccas", "mds"], TUESDAY_10)
    assert (found[0].name, found[0].unconditional) == ("Mairie d'Arras", True)
    assert "Demandez le CCAS" in found[0].note
    assert kinds(found)[1] == "mds"


def test_the_ccas_of_another_commune_is_never_given(territory: Territory, locator: Locator):
    for origin in territory.communes.values():
        for lieu in locator.for_need(origin, ["ccas", "mairie"], TUESDAY_10):
            assert lieu.kind not in ("ccas", "mairie") or lieu.code_insee == origin.code_insee


def test_where_no_door_can_be_relied_on_the_town_hall_says_where_to_go(territory: Territory, locator: Locator):
    found = locator.for_need(commune(territory, "Lens"), ["maison_ados"], TUESDAY_10)
    assert [lieu.name for lieu in found] == ["Mairie de Lens", "Maison des ados de Saint-Omer"]
    assert "vous dira où aller" in found[0].note


def test_an_ordinary_town_hall_is_never_given_for_an_identity_card(territory: Territory, locator: Locator):
    for origin in territory.communes.values():
        found = locator.for_need(origin, ["mairie_titres"], TUESDAY_10)
        assert all(lieu.kind == "mairie_titres" for lieu in found)


def test_a_place_with_neither_phone_nor_certain_hours_never_comes_first(territory: Territory, locator: Locator):
    wanted = (["ccas", "mds"], ["mds"], ["cias", "ccas"], ["point_acces_droit"], ["france_services"], ["maison_ados"])
    for origin in territory.communes.values():
        for needed in wanted:
            first, *_ = locator.for_need(origin, needed, TUESDAY_10)
            assert first.phone or first.open_now is not None, (origin.nom, needed, first.name)
            assert not first.itinerant


def test_doors_for_a_need_are_near_or_competent(territory: Territory, locator: Locator):
    for origin in territory.communes.values():
        for lieu in locator.for_need(origin, ["caf", "mds", "tribunal"], TUESDAY_10):
            assert lieu.competent or lieu.kind == "mairie" or (lieu.distance_km or 0) <= FAR_KM


def test_a_point_on_the_map_is_an_origin_too(locator: Locator):
    found = locator.for_need((50.4303, 2.8338), ["ccas", "caf"], TUESDAY_10, limit=3)
    assert found and found[0].phone


@pytest.mark.parametrize("limit", [0, -1])
def test_no_limit_no_place(territory: Territory, locator: Locator, limit: int):
    lens = commune(territory, "Lens")
    assert locator.nearest(lens, ["mds"], TUESDAY_10, limit) == []
    assert locator.for_need(lens, ["mds"], TUESDAY_10, limit) == []


def test_an_unknown_kind_finds_nothing_or_the_town_hall(territory: Territory, locator: Locator):
    lens = commune(territory, "Lens")
    assert locator.nearest(lens, ["kiosque"], TUESDAY_10) == []
    assert kinds(locator.for_need(lens, ["kiosque"], TUESDAY_10)) == ["mairie"]


# by_id, list


def test_a_place_is_found_by_its_id_with_or_without_origin(territory: Territory, locator: Locator):
    alone = locator.by_id("mds-1046", TUESDAY_10)
    assert alone is not None and alone.distance_km is None and not alone.competent
    seen = locator.by_id("mds-1046", TUESDAY_10, commune(territory, "Lens"))
    assert seen is not None and seen.distance_km == pytest.approx(2.1) and seen.competent
    assert locator.by_id("nulle-part") is None


def test_the_places_of_a_commune_can_be_listed_by_kind(locator: Locator):
    assert {lieu.code_insee for lieu in locator.list("62498")} == {"62498"}
    assert {lieu.kind for lieu in locator.list("62498", ["mds", "ccas"])} == {"mds", "ccas"}
    assert len(locator.list()) == 1306
