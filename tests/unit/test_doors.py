"""Which door comes first: the one that works when one gets there, then what is certain, then a phone, then the rest."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from assistance.lieu import Closure, Commune, Place, Stop
from assistance.opening_hours import PARIS
from bench import doors as doors_bench
from bench.places_bench import rank_by_brute_force
from knowledge_base.locator import Locator
from knowledge_base.territory import Territory, load_territory
from knowledge_base.travel import TravelTimes

FOLDER = Path(__file__).parents[2] / "data" / "territoire"
TUESDAY_10 = datetime(2026, 11, 24, 10, tzinfo=PARIS)
WORKDAYS = "Mo-Fr 09:00-12:00,14:00-17:00"


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(FOLDER)


@pytest.fixture(scope="module")
def lens(territory: Territory) -> Commune:
    return territory.communes["62498"]


def place(lens: Commune, name: str, km: float, kind: str = "france_services", hours: str = WORKDAYS) -> Place:
    """A confirmed place `km` north of Lens, with a phone."""
    return Place(
        id=name, name=name, kind=kind, address="1 rue Haute", code_postal="62300", commune="Lens", code_insee="62498",
        lat=lens.lat + km / 111.2, lon=lens.lon, phone="03 21 00 00 00", website="", hours=hours, accessibility="",
        source="test", source_date=date(2026, 11, 1), to_confirm=False, remark="",
    )  # fmt: skip


def order(territory: Territory, places: Sequence[Place], kinds: Sequence[str], at: datetime = TUESDAY_10) -> list[str]:
    locator = Locator(territory, places)
    return [lieu.id for lieu in locator.for_need(territory.communes["62498"], kinds, at, limit=10)]


def test_what_works_now_comes_before_certain_soon_before_a_phone_before_to_confirm(territory: Territory, lens: Commune):
    places = [
        replace(place(lens, "a-confirmer", 1), to_confirm=True),
        place(lens, "telephone", 2, hours=""),
        place(lens, "bientot", 3, hours="Tu 14:00-17:00"),
        place(lens, "ouvert", 9),
    ]
    assert order(territory, places, ["france_services"]) == ["ouvert", "bientot", "telephone", "a-confirmer"]


def test_a_door_that_closes_before_one_can_be_there_does_not_work_now(territory: Territory, lens: Commune):
    five_to_noon = TUESDAY_10.replace(hour=11, minute=55)
    locator = Locator(territory, [place(lens, "loin", 9), place(lens, "ici", 0)])
    found = locator.for_need(lens, ["france_services"], five_to_noon)
    assert [(lieu.id, lieu.open_now, lieu.open_on_arrival) for lieu in found] == [
        ("ici", True, True), ("loin", True, False),
    ]  # fmt: skip
    assert found[1].next_opening == five_to_noon.replace(hour=14, minute=0)


def test_an_opening_in_five_days_is_not_soon(territory: Territory, lens: Commune):
    monday_only = place(lens, "lundi", 1, hours="Mo 09:00-12:00")
    assert order(territory, [monday_only, place(lens, "demain", 5, hours="We 09:00-12:00")], ["france_services"]) == [
        "demain", "lundi",
    ]  # fmt: skip


def test_beyond_half_an_hour_even_an_open_door_comes_after_a_phone_nearby(territory: Territory, lens: Commune):
    far = place(lens, "loin", 30)
    assert order(territory, [far, replace(place(lens, "ici", 1), to_confirm=True)], ["france_services"]) == ["ici"]
    (only,) = Locator(territory, [far]).for_need(lens, ["france_services"], TUESDAY_10)
    assert (only.id, only.far) == ("loin", 30)


@pytest.mark.parametrize(("km", "far"), [(1, None), (5, 10), (12, 20), (25, 30)])
def test_the_thresholds_of_the_accessibility_scheme_tell_what_is_far(
    territory: Territory, lens: Commune, km: float, far: int | None
):
    (lieu,) = Locator(territory, [place(lens, "lieu", km)]).nearest(lens, ["france_services"], TUESDAY_10)
    assert lieu.far == far


def test_for_a_social_need_whoever_receives_everyone_comes_first(territory: Territory, lens: Commune):
    places = [place(lens, "caf", 1, kind="caf"), place(lens, "mds", 4, kind="mds")]
    assert order(territory, places, ["mds", "caf"]) == ["mds", "caf"]
    assert order(territory, places, ["caf", "mds"]) == ["caf", "mds"]


def test_the_specialised_body_comes_first_when_near_and_whoever_works_now_second(territory: Territory, lens: Commune):
    doubtful_caf = replace(place(lens, "caf", 1, kind="caf"), to_confirm=True)
    others = [place(lens, "ccas", 1, kind="ccas"), place(lens, "fs", 2), place(lens, "fs-2", 3)]
    kinds = ["caf", "ccas", "france_services"]
    assert order(territory, [doubtful_caf, *others], kinds) == ["caf", "ccas", "fs", "fs-2"]
    far_caf = replace(doubtful_caf, lat=lens.lat + 30 / 111.2, code_insee="62160")
    assert order(territory, [far_caf, *others], kinds) == ["ccas", "caf", "fs", "fs-2"]


def test_for_a_social_need_the_kind_preferred_is_second_when_another_serves_better(territory: Territory, lens: Commune):
    places = [
        replace(place(lens, "mds", 1, kind="mds"), to_confirm=True),
        place(lens, "fs", 2),
        place(lens, "fs-2", 3),
    ]
    assert order(territory, places, ["mds", "france_services"]) == ["fs", "mds", "fs-2"]


def test_nobody_is_sent_far_during_a_lunch_break(territory: Territory, lens: Commune):
    lunch = TUESDAY_10.replace(hour=13, minute=10)
    places = [place(lens, "ici", 1), place(lens, "loin", 12, hours="Mo-Fr 09:00-18:00")]
    assert order(territory, places, ["france_services"], lunch) == ["ici", "loin"]
    assert order(territory, places, ["france_services"], lunch.replace(hour=12)) == ["loin", "ici"]


def test_the_door_in_charge_and_the_nearest_are_both_given(territory: Territory):
    locator = Locator(territory)
    lieux = locator.for_need(territory.communes["62498"], ["mds"], TUESDAY_10, limit=3)
    assert {lieu.competent for lieu in lieux[:2]} == {True, False}
    for code, name in (("62498", "Sous-préfecture de Lens"), ("62587", "Sous-préfecture de Lens")):
        found = locator.nearest(territory.communes[code], ["sous_prefecture"], TUESDAY_10, limit=2)
        assert name in [lieu.name for lieu in found if lieu.competent]


def test_the_caisse_of_the_commune_is_given_even_when_another_is_nearer(territory: Territory):
    locator = Locator(territory)
    for origin in territory.communes.values():
        assert any(lieu.competent for lieu in locator.nearest(origin, ["cpam"], TUESDAY_10, limit=1)), origin.nom


def test_a_bus_is_only_where_it_stops(territory: Territory, lens: Commune):
    stop = Stop("Lens", "62498", "place Jean-Jaurès", lens.lat, lens.lon, "Tu 09:00-12:00")
    bus = replace(place(lens, "bus", 5), itinerant=True, stops=(stop,))
    locator = Locator(territory, [bus])
    (lieu,) = locator.for_need(lens, ["france_services"], TUESDAY_10)
    assert (lieu.id, lieu.address, lieu.open_now, lieu.distance_km) == ("bus~1", "place Jean-Jaurès", True, 0.0)
    assert locator.by_id("bus~1") is not None
    wednesday = TUESDAY_10 + timedelta(days=1)
    (lieu,) = locator.for_need(lens, ["france_services"], wednesday)
    assert lieu.open_now is False and lieu.next_opening == TUESDAY_10.replace(hour=9) + timedelta(days=7)
    assert Locator(territory, [replace(bus, stops=())]).nearest(lens, ["france_services"], TUESDAY_10) == []


def test_a_stop_known_in_words_only_is_to_confirm(territory: Territory):
    (lieu,) = Locator(territory).nearest(territory.communes["62138"], ["france_services"], TUESDAY_10, limit=1)
    assert lieu.id == "fs-2798~1" and lieu.commune == "Blangy-sur-Ternoise"
    assert lieu.open_now is None and lieu.to_confirm
    assert "le mardi après-midi des semaines impaires" in lieu.hours_text and lieu.phone in lieu.hours_text


def test_a_dated_closure_shuts_the_door_and_is_said(territory: Territory, lens: Commune):
    closed = replace(place(lens, "fs", 1), closures=(Closure(date(2026, 11, 23), date(2026, 11, 27), "travaux"),))
    (lieu,) = Locator(territory, [closed]).nearest(lens, ["france_services"], TUESDAY_10)
    assert lieu.open_now is False
    assert lieu.next_opening == datetime(2026, 11, 30, 9, tzinfo=PARIS)
    assert "fermé du 23/11/2026 au 27/11/2026 (travaux)" in lieu.hours_text
    assert lieu.closures == [{"from": "2026-11-23", "to": "2026-11-27", "reason": "travaux"}]
    (after,) = Locator(territory, [closed]).nearest(lens, ["france_services"], TUESDAY_10 + timedelta(days=7))
    assert after.open_now and after.closures == [] and "travaux" not in after.hours_text


def test_permanences_services_and_languages_are_said(territory: Territory, lens: Commune):
    locator = Locator(territory)
    (ccas,) = locator.nearest(territory.communes["62510"], ["ccas"], TUESDAY_10, limit=1)
    assert ccas.permanences == [{"operateur": "CAF", "hours_text": "jours à confirmer par téléphone"}]
    (counter,) = locator.nearest(lens, ["france_services"], TUESDAY_10, limit=1)
    assert "Caf" in counter.services
    own = replace(place(lens, "fs", 1), services=("aide aux devoirs",), languages=("arabe",))
    (lieu,) = Locator(territory, [own]).nearest(lens, ["france_services"], TUESDAY_10)
    assert (lieu.services, lieu.languages) == (["aide aux devoirs"], ["arabe"])


def test_times_of_a_route_planner_replace_the_estimate(territory: Territory, lens: Commune):
    locator = Locator(territory, [place(lens, "proche", 2), place(lens, "rapide", 4)])
    locator.use_travel_times(TravelTimes({"62498": {"proche": 25, "rapide": 6}}))
    found = locator.for_need(lens, ["france_services"], TUESDAY_10)
    assert [(lieu.id, lieu.travel_min) for lieu in found] == [("rapide", 6), ("proche", 25)]


def test_the_ranking_of_two_thousand_doors_is_that_of_brute_force(territory: Territory):
    chance = random.Random(5)
    models = [one for one in territory.places if one.lat is not None and not one.itinerant]
    kinds = ["france_services", "caf", "pij", "tribunal", "mission_locale", "gendarmerie"]
    hours = ["", WORKDAYS, "Tu 14:00-17:00", "Sa 09:00-12:00", "Mo 09:00-12:00"]
    places = [
        replace(
            chance.choice(models), id=f"lieu-{number}", kind=chance.choice(kinds), lat=round(50 + chance.random(), 3),
            lon=round(1.6 + 1.5 * chance.random(), 3), hours=chance.choice(hours), phone=chance.choice(["", "3230"]),
            to_confirm=chance.random() < 0.5,
        )
        for number in range(2000)
    ]  # fmt: skip
    locator = Locator(territory, places)
    communes = list(territory.communes.values())
    for _ in range(25):
        origin, at = chance.choice(communes), TUESDAY_10 + timedelta(hours=chance.randint(0, 200))
        wanted = chance.sample(kinds, 3)
        found = [lieu.id for lieu in locator.for_need(origin, wanted, at, limit=5)]
        assert found == rank_by_brute_force(locator, origin, wanted, at, limit=5)


def test_everyone_everywhere_at_any_time_gets_something_that_works_then_and_no_wrong_door(territory: Territory):
    cases = list(doors_bench.run(territory, Locator(territory)))
    assert len(cases) == 50 * 8 * 5
    assert [case for case in cases if not case.works or case.wrong] == []
