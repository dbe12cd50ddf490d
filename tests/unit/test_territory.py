"""The territory: whole and sourced, or refused with file, line and reason."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistance.errors import ContentError
from knowledge_base.territory import Territory, load_territory

FOLDER = Path(__file__).parents[2] / "data" / "territoire"


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(FOLDER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "territoire"))


def edit(folder: Path, name: str, line: int, column: str, value: str) -> None:
    """Change one cell; `line` counts from 1, the heading being the first."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[line - 1][rows[0].index(column)] = value
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def faults(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ContentError) as raised:
        load_territory(folder)
    return [(Path(fault.path).name, fault.line, fault.reason) for fault in raised.value.faults]


def test_all_that_is_known_of_the_ground_loads(territory: Territory):
    assert len(territory.communes) == 887
    assert len(territory.places) == 1306
    assert len(territory.numbers) == 49
    assert len(territory.networks) == 20 and len(territory.regional_networks) == 2


def test_every_commune_has_a_competent_mds_and_a_transport_network(territory: Territory):
    assert set(territory.sectors) == set(territory.communes)
    assert {commune.epci_code for commune in territory.communes.values()} == set(territory.networks)
    assert len(territory.sectors["62193"]) == 2  # Calais is shared


def test_old_or_undated_facts_are_to_confirm(territory: Territory):
    for place in territory.places:
        if place.source_date is None or place.source_date.year < 2023:
            assert place.to_confirm, place.id


def test_a_bus_is_itinerant_and_the_town_hall_of_bus_is_not(territory: Territory):
    itinerant = {place.name for place in territory.places if place.itinerant}
    assert any(name.startswith("Bus France services") for name in itinerant)
    assert "Mairie de Bus" not in itinerant
    assert all("bus" in name.lower() for name in itinerant)


def test_no_place_stands_twice(territory: Territory):
    clic = [place for place in territory.places if place.kind == "clic"]
    assert len(clic) == 8


@pytest.mark.parametrize(
    ("name", "column", "value", "reason"),
    [
        pytest.param("lieux.csv", "type", "kiosque", "type de lieu inconnu « kiosque »", id="unknown kind"),
        pytest.param("lieux.csv", "code_insee", "62999", "la commune « 62999 » n'est pas connue", id="unknown commune"),
        pytest.param("lieux.csv", "latitude", "48.85", "loin du Pas-de-Calais", id="coordinates elsewhere"),
        pytest.param("lieux.csv", "longitude", "2,77", "degrés décimaux attendus", id="comma in coordinates"),
        pytest.param("lieux.csv", "longitude", "", "degrés décimaux attendus", id="half a point"),
        pytest.param("lieux.csv", "horaires", "lun-ven 9h-12h", "opening_hours", id="French hours"),
        pytest.param("lieux.csv", "telephone", "03 21 21", "numéro de téléphone", id="short phone"),
        pytest.param("lieux.csv", "site_web", "javascript:alert(1)", "adresse web", id="website that is none"),
        pytest.param("lieux.csv", "source", "", "« source » est vide", id="no source"),
        pytest.param("lieux.csv", "source_date", "2026-02-31", "n'existe pas", id="impossible day"),
        pytest.param("lieux.csv", "source_date", "hier", "date AAAA", id="date in words"),
        pytest.param("lieux.csv", "a_verifier", "", "oui ou non attendu", id="neither yes nor no"),
        pytest.param("lieux.csv", "id", "dila-mairie-62003-01", "écrit deux fois", id="duplicate id"),
        pytest.param("mds_secteurs.csv", "mds_id", "mds-0", "n'est pas une MDS", id="unknown MDS"),
        pytest.param("alias.csv", "code_insee", "59350", "n'est pas connue", id="alias of another département"),
        pytest.param("numeros.csv", "numero", "appelez", "numéro de téléphone", id="number that is none"),
        pytest.param("communes.csv", "population", "beaucoup", "nombre entier", id="population in words"),
    ],
)
def test_a_faulty_cell_is_refused_with_its_file_and_reason(copy: Path, name: str, column: str, value: str, reason: str):
    edit(copy, name, 2, column, value)
    found = faults(copy)
    assert any(path == name and line >= 2 and reason in why for path, line, why in found), found


def test_every_fault_is_told_at_once(copy: Path):
    edit(copy, "lieux.csv", 2, "type", "kiosque")
    edit(copy, "lieux.csv", 3, "telephone", "12345")
    edit(copy, "numeros.csv", 4, "horaires", "9h")
    assert [(name, line) for name, line, _ in faults(copy)] == [("lieux.csv", 2), ("lieux.csv", 3), ("numeros.csv", 4)]


def rewrite(change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return apply


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(rewrite(lambda text: text.replace(",", ";")), "colonnes absentes", id="semicolons"),
        pytest.param(rewrite(lambda text: text.replace(",horaires,", ",heures,", 1)), "horaires", id="missing column"),
        pytest.param(rewrite(lambda text: ""), "vide", id="empty file"),
        pytest.param(rewrite(lambda text: text + "a,b,c\n"), "cases", id="too few cells"),
        pytest.param(rewrite(lambda text: text + '"'), "mal formée", id="unclosed quote"),
        pytest.param(Path.unlink, "manque", id="missing file"),
        pytest.param(
            lambda path: path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1", "replace")),
            "UTF-8",
            id="another encoding",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused_not_raised(copy: Path, change: Callable[[Path], None], reason: str):
    change(copy / "lieux.csv")
    assert any(name == "lieux.csv" and reason in why for name, _, why in faults(copy))
