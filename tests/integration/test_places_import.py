"""Places imported into the database and exported from it: all or nothing, people's own work kept."""

import csv
import io
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistance.errors import ContentError
from gateway import migrate
from gateway.database import Database
from knowledge_base.exporters.data_inclusion import write_data_inclusion
from knowledge_base.exporters.entries import entries_of
from knowledge_base.exporters.geojson import write_geojson
from knowledge_base.exporters.table import neutralise, write_table
from knowledge_base.importers.arrival import Arrival, bring_in, checks_of
from knowledge_base.importers.reading import read_places
from knowledge_base.place_record import CELLS, Record
from knowledge_base.place_repository import DEPOT, correct_place, fetch_places, import_places
from knowledge_base.territory import Territory, load_territory
from tests.service import ROOT, bare_environment

PAYLOADS = ROOT / "tests" / "payloads"
TODAY = date(2026, 11, 24)
OWN = {"services": "Aide aux démarches", "langues": "arabe|anglais"}
PERMANENCE = {"operateur": "CAF", "horaires": "Tu 09:00-12:00", "quand": ""}
CLOSURE = {"du": "2026-12-24", "au": "2027-01-02", "motif": "fêtes"}


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(ROOT / "data" / "territoire")


@asynccontextmanager
async def new_database(path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        await migrate.upgrade(database)
        yield database
    finally:
        await database.close()


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path / "proche.db") as database:
        yield database


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path / "second.db") as database:
        yield database


@pytest.fixture
async def database(empty: Database, territory: Territory) -> Database:
    async with empty.write() as connection:
        await import_places(connection, territory.records.values(), DEPOT)
    return empty


async def bring(database: Database, territory: Territory, path: Path, remove_absent: bool = False) -> Arrival:
    reading, faults = read_places(path, territory, TODAY)
    async with database.write() as connection:
        return await bring_in(connection, reading, faults, territory, remove_absent)


async def records(database: Database) -> dict[str, Record]:
    async with database.read() as connection:
        return {one.id: one.current for one in (await fetch_places(connection)).values()}


async def test_an_import_meets_the_places_already_known_and_says_each_change(
    database: Database, territory: Territory
) -> None:
    arrival = await bring(database, territory, PAYLOADS / "dila.json")
    assert arrival.report.added == ["dila-8a5d1c77-0d0f-4b35-8f5e-6f2b8d3c9e10"]
    assert list(arrival.report.changed) == ["dila-mairie-62001-01", "r2-dila-gendarmerie-62014-01"]
    changed = arrival.report.changed["dila-mairie-62001-01"]
    assert changed["horaires"] == ("Mo-Fr 08:00-12:00,14:00-17:30", "Mo-Fr 08:00-12:00,14:00-17:00")
    assert changed["source_date"] == ("2016-08-08", "2026-09-14")
    assert "nom" not in changed  # "Mairie - Ablain-Saint-Nazaire" says the same as ours
    assert "telephone" not in changed


async def test_the_same_file_again_changes_nothing(database: Database, territory: Territory) -> None:
    for name in ("dila.json", "liste-fs-20260901.csv", "data-inclusion.json", "mediation-numerique.csv"):
        await bring(database, territory, PAYLOADS / name)
        before = await records(database)
        again = (await bring(database, territory, PAYLOADS / name)).report
        assert (again.added, again.changed, again.removed, again.corrected) == ([], {}, [], {}), name
        assert await records(database) == before


async def test_our_own_columns_and_the_corrections_of_people_survive(database: Database, territory: Territory) -> None:
    mairie = "dila-mairie-62001-01"
    async with database.write() as connection:
        await import_places(connection, [{"id": mairie, **OWN, "permanences": [PERMANENCE]}], DEPOT)
        await correct_place(connection, mairie, {"horaires": "Mo 10:00-12:00", "fermetures": [CLOSURE]})
    report = (await bring(database, territory, PAYLOADS / "dila.json")).report
    assert list(report.corrected[mairie]) == ["horaires"]
    kept = (await records(database))[mairie]
    assert kept["horaires"] == "Mo 10:00-12:00"
    assert kept["permanences"] == [PERMANENCE] and kept["fermetures"] == [CLOSURE]
    assert {name: kept[name] for name in OWN} == OWN
    assert kept["source_date"] == "2026-09-14"


async def test_a_place_of_another_source_is_known_again_not_doubled(database: Database, territory: Territory) -> None:
    arrival = await bring(database, territory, PAYLOADS / "data-inclusion.json")
    assert arrival.report.added == ["di-dora-ccas-de-harnes"]
    assert [(one.written_id, one.reason) for one in arrival.ignored] == [
        ("dora--fs-aire", "déjà connu sous l'id « fs-2230 »"),
        ("dora--atelier", "réseau porteur « ressourceries » : pas un lieu de Proche"),
    ]


async def test_services_alone_are_added_to_the_structure_known_before(
    database: Database, territory: Territory, tmp_path: Path
) -> None:
    document = json.loads((PAYLOADS / "data-inclusion.json").read_text())
    for name, rows in {"structures": document["structures"], "services": document["services"]}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    first = await bring(database, territory, tmp_path / "services.json")
    assert [one.reason for one in first.ignored] == ["service d'une structure qui n'est pas dans la base"]
    await bring(database, territory, tmp_path / "structures.json")
    await bring(database, territory, tmp_path / "services.json")
    ccas = (await records(database))["di-dora-ccas-de-harnes"]
    assert (ccas["nom"], ccas["services"]) == ("CCAS de Harnes", "Domiciliation|Aide alimentaire")


@pytest.mark.parametrize(
    ("change", "known"),
    [
        pytest.param({}, False, id="nothing alike"),
        pytest.param({"telephone": "+33321459013"}, True, id="same phone"),
        pytest.param({"latitude": 50.29345, "longitude": 2.78155}, True, id="same door"),
        pytest.param({"nom": "Mairie - ARRAS"}, True, id="same name"),
        pytest.param({"telephone": "3230"}, False, id="the same short number is a whole network's"),
    ],
)
async def test_a_door_is_known_by_its_phone_its_place_or_its_name(
    empty: Database, territory: Territory, tmp_path: Path, change: dict[str, object], known: bool
) -> None:
    ours = territory.records["dila-mairie-62041-01"] | {
        "telephone": "03 21 45 90 13", "latitude": "50.29340", "longitude": "2.78150", "precision_coord": "adresse",
    }  # fmt: skip
    structure = {
        "source": "dora", "id": "dora--1", "nom": "Mairie annexe des Quatre-As", "date_maj": "2026-06-12",
        "commune": "Arras", "code_postal": "62000", "code_insee": "62041", "latitude": 50.28, "longitude": 2.75,
        "telephone": "+33199001111", "reseaux_porteurs": ["communes"], "siret": None,
    }  # fmt: skip
    async with empty.write() as connection:
        await import_places(connection, [ours], DEPOT)
    path = tmp_path / "structures.json"
    path.write_text(json.dumps([structure | change]))
    assert bool((await bring(empty, territory, path)).ignored) is known


async def test_a_file_older_than_what_is_known_undoes_nothing(
    database: Database, territory: Territory, tmp_path: Path
) -> None:
    await bring(database, territory, PAYLOADS / "liste-fs-20260901.csv")
    before = await records(database)
    old = shutil.copy(PAYLOADS / "liste-fs-20260901.csv", tmp_path / "liste-fs-20250101.csv")
    arrival = await bring(database, territory, Path(old), remove_absent=True)
    assert {one.reason for one in arrival.ignored} == {
        "plus ancien (2025-01-01) que ce que Proche sait déjà (2026-09-01)"
    }
    assert await records(database) == before


async def test_places_gone_from_their_source_are_removed_only_when_asked(
    database: Database, territory: Territory, tmp_path: Path
) -> None:
    await bring(database, territory, PAYLOADS / "liste-fs-20260901.csv")
    lines = (PAYLOADS / "liste-fs-20260901.csv").read_text().splitlines()
    shorter = tmp_path / "liste-fs-20261001.csv"
    shorter.write_text("\n".join(lines[:2]))
    assert (await bring(database, territory, shorter)).report.removed == []
    assert (await bring(database, territory, shorter, remove_absent=True)).report.removed == ["fs-9001"]
    assert "fs-944" in await records(database)  # the repository's, which this source never told us of


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(("62341", "62999"), "la commune « 62999 » n'est pas connue", id="unknown INSEE code"),
        pytest.param(("50.1467", "48.8534"), "loin du Pas-de-Calais", id="coordinates elsewhere"),
        pytest.param(("50.1467", "50.7265"), "km de Foncquevillers", id="coordinates of another commune"),
        pytest.param(("50.1467", ""), "degrés décimaux attendus", id="half a point"),
        pytest.param(("01 99 00 44 55", "poste 12"), "numéro de téléphone", id="phone that is none"),
        pytest.param(("62111", "6211"), "code postal", id="postcode of four digits"),
        pytest.param(("Bus France services du Ternois", " "), "« nom » est vide", id="no name"),
    ],
)
async def test_one_faulty_place_and_nothing_changes(
    database: Database, territory: Territory, tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    before = await records(database)
    path = tmp_path / "liste-fs-20260901.csv"
    path.write_text((PAYLOADS / "liste-fs-20260901.csv").read_text().replace(*change))
    with pytest.raises(ContentError) as refused:
        await bring(database, territory, path)
    assert {fault.line for fault in refused.value.faults} == {3}
    assert any(reason in fault.reason for fault in refused.value.faults)
    assert await records(database) == before


async def test_a_formula_is_text_like_any_other(database: Database, territory: Territory, tmp_path: Path) -> None:
    formula = '=cmd|" /C calc"!A0'
    service = json.loads((PAYLOADS / "dila.json").read_text())["service"][2] | {"nom": formula}
    path = tmp_path / "dila.json"
    path.write_text(json.dumps({"service": [service]}))
    await bring(database, territory, path)
    async with database.read() as connection:
        entries, _ = entries_of((await fetch_places(connection)).values(), checks_of(territory))
    assert formula in {entry.place.name for entry in entries}
    for_people = {
        row["nom"] for row in csv.DictReader(io.StringIO(write_table(entries).lstrip("\ufeff")), delimiter=";")
    }
    assert f"'{formula}" in for_people and formula not in for_people
    for_machines = {row["nom"] for row in csv.DictReader(io.StringIO(write_table(entries, for_machines=True)))}
    assert formula in for_machines


@settings(max_examples=2_000)
@given(st.tuples(st.sampled_from(["", " ", *"=+-@\t\r\n\0'＝＋－＠"]), st.text()).map("".join))
def test_no_cell_for_people_is_ever_computed_and_the_text_can_be_had_again(text: str) -> None:
    cell = neutralise(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert (cell[1:] if cell.startswith("'") else cell) == text


def held(record: Record) -> Record:
    """What a round trip keeps: all but spaces and "to confirm", which the day of the import decides."""
    said = {name: value for name, value in record.items() if value and name != "a_verifier"}
    return {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in said.items()}


async def test_exported_then_imported_into_an_empty_database_the_places_are_the_same(
    database: Database, second: Database, territory: Territory, tmp_path: Path
) -> None:
    enriched = {"id": "dila-mairie-62001-01", **OWN, "permanences": [PERMANENCE], "fermetures": [CLOSURE]}
    async with database.write() as connection:
        await import_places(connection, [enriched], DEPOT)
        entries, broken = entries_of((await fetch_places(connection)).values(), checks_of(territory))
    document, left_out = write_data_inclusion(entries)
    assert broken == [] and len(left_out) == 9 and set(left_out.values()) == {"« date_maj » n'est pas une date"}
    path = tmp_path / "proche.json"
    path.write_text(document)
    arrival = await bring(second, territory, path)
    assert len(arrival.report.added) == len(entries) - 9 and arrival.ignored == ()
    before, after = await records(database), await records(second)
    for place_id, record in after.items():
        assert held(record) == held(before[place_id])


async def test_an_export_for_data_inclusion_has_world_phones_and_closures_last(
    database: Database, territory: Territory
) -> None:
    async with database.write() as connection:
        await import_places(connection, [{"id": "dila-mairie-62001-01", **OWN, "fermetures": [CLOSURE]}], DEPOT)
        entries, _ = entries_of((await fetch_places(connection)).values(), checks_of(territory))
    document = json.loads(write_data_inclusion(entries)[0])
    structure = next(one for one in document["structures"] if one["id"] == "proche--dila-mairie-62001-01")
    assert structure["telephone"] == "+33321452830"
    assert structure["horaires_accueil"] == "Mo-Fr 08:00-12:00,14:00-17:30; 2026 Dec 24-2027 Jan 02 off"
    assert structure["reseaux_porteurs"] == ["communes"]
    assert [one["nom"] for one in document["services"]] == ["Aide aux démarches"]


async def test_a_map_has_longitude_before_latitude_and_five_decimals(database: Database, territory: Territory) -> None:
    async with database.read() as connection:
        entries, _ = entries_of((await fetch_places(connection)).values(), checks_of(territory))
    collection = json.loads(write_geojson(entries))
    assert collection["type"] == "FeatureCollection"
    assert len({feature["id"] for feature in collection["features"]}) == len(entries)
    for feature in collection["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"} and feature["type"] == "Feature"
        if feature["geometry"] is not None:
            lon, lat = feature["geometry"]["coordinates"]
            assert 1.3 < lon < 3.4 and 49.8 < lat < 51.2
            assert round(lon, 5) == lon and round(lat, 5) == lat
    mairie = next(one for one in collection["features"] if one["id"] == "dila-mairie-62001-01")
    assert mairie["geometry"] == {"type": "Point", "coordinates": [2.70699, 50.3935]}
    assert mairie["properties"]["nom"] == "Mairie d'Ablain-Saint-Nazaire"


def proche(var_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(var_dir), "PROCHE_RASA": "off"}
    return subprocess.run([str(ROOT / "proche"), *words], env=environment, capture_output=True, text=True, check=False)


def test_the_command_tells_the_difference_then_applies_it(tmp_path: Path) -> None:
    words = ("places", "import", str(PAYLOADS / "liste-fs-20260901.csv"))
    tried = proche(tmp_path, *words, "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "ajouté : fs-9001\n" in tried.stdout
    assert "changé : fs-2230 : source_date : « 2024-08-01 » → « 2026-09-01 »\n" in tried.stdout
    assert tried.stderr.endswith("Rien n'a été changé (essai).\n")
    done = proche(tmp_path, *words)
    assert done.stdout == tried.stdout and done.stderr.endswith("Fait.\n")
    again = json.loads(proche(tmp_path, *words, "--json").stdout)
    assert (again["report"]["added"], again["report"]["changed"], again["elsewhere"]) == ([], {}, 1)


def test_a_refused_file_exits_with_3_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "liste-fs.csv"
    path.write_text((PAYLOADS / "liste-fs-20260901.csv").read_text().replace("Fermé", "au choix"))
    told = proche(tmp_path / "var", "places", "import", str(path))
    assert told.returncode == 3
    assert f"{path}:3: horaires non compris : « au choix »" in told.stderr
    as_json = proche(tmp_path / "var", "places", "import", str(path), "--json")
    assert as_json.returncode == 3
    assert json.loads(as_json.stdout)["faults"][0]["line"] == 3
    assert not (tmp_path / "var" / "proche.db").exists()


async def test_exports_are_the_same_byte_for_byte_on_two_runs(database: Database, territory: Territory) -> None:
    async def write() -> tuple[str, ...]:
        async with database.read() as connection:
            entries, _ = entries_of((await fetch_places(connection)).values(), checks_of(territory))
        return write_data_inclusion(entries)[0], write_geojson(entries), write_table(entries)

    assert await write() == await write()


def test_the_command_exports_to_a_file_or_to_its_output(tmp_path: Path) -> None:
    result = proche(tmp_path, "places", "export", str(tmp_path / "lieux.csv"), "--format", "csv")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "1306 lieux écrits.\n")
    table = (tmp_path / "lieux.csv").read_text(encoding="utf-8-sig")
    assert next(csv.reader(io.StringIO(table), delimiter=";")) == list(CELLS)
    assert "50,39350" in table
    on_screen = proche(tmp_path, "places", "export", "-", "--format", "csv", "--machine")
    assert on_screen.stdout.splitlines()[0] == ",".join(CELLS)
    assert len(list(csv.DictReader(io.StringIO(on_screen.stdout)))) == 1306
