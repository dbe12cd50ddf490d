"""What the pages of places say at a moment, with the real templates: arrival, distance, sector, lines, doubt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import pytest
from aiohttp import web

from assistance.fiche import Numero
from assistance.lieu import Closure, Commune, Lieu, Permanence, Place, Stop
from assistance.opening_hours import PARIS
from gateway.channels.web import pages
from gateway.channels.web.page_poster import find_poster_doors, is_certain
from knowledge_base.doors import Doors, find_doors
from knowledge_base.locator import Locator
from knowledge_base.territory import Territory, load_territory

Render = Callable[..., str]
FOLDER = Path(__file__).parents[2] / "data" / "territoire"
TUESDAY_10 = datetime(2026, 11, 24, 10, tzinfo=PARIS)
TUESDAY_11_50 = datetime(2026, 11, 24, 11, 50, tzinfo=PARIS)
TUESDAY_13_50 = datetime(2026, 11, 24, 13, 50, tzinfo=PARIS)
CHRISTMAS_NIGHT = datetime(2026, 12, 25, 22, tzinfo=UTC)
PLAIN = str.maketrans({"\N{NO-BREAK SPACE}": " ", "’": "'"})


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(FOLDER)


@pytest.fixture(scope="module")
def real(territory: Territory) -> Locator:
    return Locator(territory)


@pytest.fixture(scope="module")
def lens(territory: Territory) -> Commune:
    return territory.communes["62498"]


@pytest.fixture
def at_counter(lens: Commune) -> Place:
    """A confirmed France services ten kilometres north of Lens: about twenty minutes by car."""
    return Place(
        id="fs", name="France services du Nord", kind="france_services", address="1 rue Haute", code_postal="62300",
        commune="Lens", code_insee="62498", lat=lens.lat + 10 / 111.2, lon=lens.lon, phone="03 21 00 00 00",
        website="", hours="Mo-Fr 09:00-12:00,14:00-17:00", accessibility="de plain-pied", source="test",
        source_date=date(2026, 11, 1), to_confirm=False, remark="",
    )  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Render:
    """Renders a page of the site, without the moment and the frame being the request's."""
    app = web.Application()
    pages.set_up(app)
    environment = aiohttp_jinja2.get_env(app)

    def render(template: str, now: datetime = TUESDAY_10, **context: Any) -> str:
        frame = {"operator": "", "path": "/lieux", "now": now, "origin": None, "safety": [], "problem": ""}
        return unescape(environment.get_template(template).render(frame | context)).translate(PLAIN)

    return render


def results(page: Render, lens: Commune, doors: Doors, now: datetime = TUESDAY_10, **context: Any) -> str:
    wanted = {"said": "Lens", "kind": "", "fiche": None}
    rest = {"titres": False, "hall_phone": "", "phone": "03 21 21 62 16"}
    return page("lieux.html", now, wanted=wanted, communes=[lens], found=doors, **rest | context)


def seen(territory: Territory, place: Place, lens: Commune | None, at: datetime, spot: str = "fs") -> Lieu:
    lieu = Locator(territory, [place]).by_id(spot, at, lens)
    assert lieu is not None
    return lieu


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param(TUESDAY_10, "Ouvert maintenant et à votre arrivée, ferme à 12 h", id="open when one gets there"),
        pytest.param(
            TUESDAY_11_50,
            "Ouvert maintenant, mais ferme à 12 h, avant que vous n'arriviez. Rouvre aujourd'hui à 14 h.",
            id="closes before one can be there",
        ),
        pytest.param(
            TUESDAY_13_50, "Fermé maintenant, ouvre aujourd'hui à 14 h : vous pouvez partir", id="opens on the way"
        ),
        pytest.param(CHRISTMAS_NIGHT, "Fermé maintenant, ouvre lundi 28 décembre à 9 h", id="opens after the holiday"),
    ],
)
def test_both_pages_say_whether_the_door_is_open_when_one_gets_there(
    at: datetime, words: str, page: Render, territory: Territory, lens: Commune, at_counter: Place
) -> None:
    lieu = seen(territory, at_counter, lens, at)
    assert words in page("lieu.html", at, lieu=lieu, origin=lens)
    assert words in results(page, lens, Doors((lieu,)), at)


def test_far_away_the_phone_comes_first_and_large(
    page: Render, territory: Territory, lens: Commune, at_counter: Place
) -> None:
    lieu = seen(territory, at_counter, lens, TUESDAY_10)
    card = results(page, lens, Doors((lieu,))).partition('class="card place"')[2]
    assert f"Loin : environ {lieu.travel_min} minutes en voiture. Appelez d'abord." in card
    assert card.index('class="first-call"') < card.index("1 rue Haute")


def test_doubtful_hours_are_never_said_as_open_or_closed(
    page: Render, territory: Territory, lens: Commune, at_counter: Place
) -> None:
    doubtful = replace(at_counter, to_confirm=True)
    for at in (TUESDAY_10, TUESDAY_11_50, CHRISTMAS_NIGHT):
        lieu = seen(territory, doubtful, lens, at)
        for text in (page("lieu.html", at, lieu=lieu, origin=lens), results(page, lens, Doors((lieu,)), at)):
            assert "Horaires à confirmer" in text and "Ouvert" not in text and "Fermé" not in text


def test_the_door_in_charge_and_the_nearer_one_that_is_not_are_both_said(
    page: Render, real: Locator, lens: Commune
) -> None:
    doors = tuple(real.for_need(lens, ["mds"], TUESDAY_10, 3))
    assert [lieu.competent for lieu in doors] == [True, False, False]
    text = results(page, lens, Doors(doors))
    assert text.count("C'est le lieu de votre secteur") == 1
    nearer = [lieu for lieu in doors[1:] if (lieu.distance_km or 0) < (doors[0].distance_km or 0)]
    assert text.count("Plus proche, mais ce n'est pas le lieu de votre secteur") == len(nearer) > 0
    assert "secteur" not in results(page, lens, Doors(doors[:1]))


def test_what_is_known_of_a_place_is_on_its_page(
    page: Render, territory: Territory, lens: Commune, at_counter: Place
) -> None:
    rich = replace(
        at_counter, appointment="required", appointment_url="https://rdv.example/lens", languages=("arabe", "polonais"),
        services=("écrivain public",), permanences=(Permanence("CAF", "Tu 09:00-12:00"),),
        closures=(Closure(date(2026, 12, 24), date(2027, 1, 2), "congés"),),
    )  # fmt: skip
    lieu = seen(territory, rich, lens, TUESDAY_10)
    for text in (page("lieu.html", lieu=lieu, origin=lens), results(page, lens, Doors((lieu,)))):
        for words in (
            "Sur rendez-vous uniquement", "Arabe, polonais.", "Écrivain public.", "CAF : le mardi de 9h à 12h",
            "du 24 décembre 2026 au 2 janvier 2027 (congés)", "De plain-pied.", "Tadao",
        ):  # fmt: skip
            assert words in text
    assert 'href="https://rdv.example/lens"' in page("lieu.html", lieu=lieu)


def test_a_bus_has_no_counter_but_stops_to_confirm(
    page: Render, territory: Territory, lens: Commune, at_counter: Place
) -> None:
    stop = Stop("Avion", "62065", "place de la Mairie", 50.41, 2.83, "", "le mardi, une semaine sur deux")
    bus = replace(at_counter, itinerant=True, hours="", stops=(stop,))
    depot = page("lieu.html", lieu=seen(territory, bus, lens, TUESDAY_10))
    assert "Il n'y a pas de guichet fixe." in depot and "1 rue Haute" not in depot and "openstreetmap" not in depot
    at_stop = page("lieu.html", lieu=seen(territory, bus, lens, TUESDAY_10, "fs~1"))
    for text in (depot, at_stop):
        assert "Avion, place de la Mairie : le mardi, une semaine sur deux" in text
    assert "Passage à confirmer avant d'y aller" in at_stop


def test_when_no_door_works_the_lines_that_answer_come_before_the_doors(
    page: Render, territory: Territory, real: Locator, lens: Commune
) -> None:
    lines = {number.number: number for number in territory.numbers}
    numbers = [Numero("3919", "Violences Femmes Info"), Numero("0 806 706 806", "Info logement indigne")]
    doors = find_doors(real, lines, lens, ["mds"], numbers, CHRISTMAS_NIGHT, 8)
    text = results(page, lens, doors, CHRISTMAS_NIGHT)
    assert text.index("Répond maintenant au téléphone") < text.index('class="card place"')
    assert 'href="tel:3919"' in text and "tel:0806706806" not in text


def test_when_no_line_answers_either_the_first_that_will_is_said(
    page: Render, territory: Territory, real: Locator, lens: Commune
) -> None:
    lines = {number.number: number for number in territory.numbers}
    numbers = [Numero("3646", "Assurance maladie")]
    doors = find_doors(real, lines, lens, ["cpam"], numbers, CHRISTMAS_NIGHT, 8)
    assert doors.lines[0].next_answer is not None and doors.helper is not None
    text = results(page, lens, doors, CHRISTMAS_NIGHT)
    assert "Au téléphone, répond lundi 28 décembre à 8 h 30" in text
    assert text.index("Pour être aidé sur place") < text.index(doors.helper.name)


def test_one_s_own_town_hall_tells_which_one_makes_identity_cards(page: Render, lens: Commune) -> None:
    text = results(page, lens, Doors(()), titres=True, hall_phone="03 21 69 86 86")
    assert "Votre mairie dira laquelle" in text and 'href="tel:0321698686"' in text


# The poster


@pytest.mark.parametrize("at", [TUESDAY_10, CHRISTMAS_NIGHT], ids=["a working day", "Christmas night"])
def test_the_poster_of_every_commune_has_three_doors_that_receive_everyone_one_with_certain_hours(
    at: datetime, territory: Territory, real: Locator
) -> None:
    for commune in territory.communes.values():
        doors = find_poster_doors(real, commune, at)
        assert (commune.nom, len(doors), any(map(is_certain, doors))) == (commune.nom, 3, True)
        assert all(lieu.unconditional and (lieu.phone or is_certain(lieu)) for lieu in doors), commune.nom


def test_the_doors_of_a_poster_do_not_depend_on_the_hour_it_is_printed(territory: Territory, real: Locator) -> None:
    for code in ("62498", "62041", "62002", "62160"):
        commune = territory.communes[code]
        printed = {
            tuple(lieu.id for lieu in find_poster_doors(real, commune, TUESDAY_10 + timedelta(hours=hour)))
            for hour in range(0, 96, 5)
        }
        assert len(printed) == 1


def test_a_poster_sends_to_the_mds_in_charge_even_when_another_is_nearer(real: Locator, lens: Commune) -> None:
    (mds,) = [lieu for lieu in find_poster_doors(real, lens, TUESDAY_10) if lieu.kind == "mds"]
    assert mds.competent
