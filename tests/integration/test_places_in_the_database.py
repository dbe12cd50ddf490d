"""Places live in the database: files fill it, a correction wins, the next answer tells, a broken one is left out."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway import migrate
from gateway.database import Database
from knowledge_base.place_repository import DEPOT, correct_place, fetch_places, import_places
from tests.service import GATEWAY_ALONE, Service

FS_LENS = "fs-368"
RECORD = {
    "id": "fs-1", "nom": "France services d'essai", "type": "france_services", "adresse": "1 rue Haute",
    "code_postal": "62300", "commune": "Lens", "code_insee": "62498", "telephone": "03 21 00 00 00",
    "horaires": "Mo-Fr 09:00-12:00", "itinerant": "non", "a_verifier": "non", "source": "essai",
    "source_date": "2026-11-01",
}  # fmt: skip


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


async def bring(database: Database, record: dict[str, Any], origin: str, remove_absent: bool = False) -> Any:
    async with database.write() as connection:
        return await import_places(connection, [record], origin, remove_absent)


async def current(database: Database, place_id: str) -> dict[str, Any]:
    async with database.read() as connection:
        return (await fetch_places(connection))[place_id].current


async def test_a_correction_and_what_only_we_know_survive_the_next_import(database: Database) -> None:
    await bring(database, {**RECORD, "langues": "arabe"}, "france-services")
    async with database.write() as connection:
        await correct_place(connection, "fs-1", {"telephone": "03 21 11 11 11"})
    report = await bring(database, {**RECORD, "telephone": "03 21 22 22 22", "nom": "Nom neuf"}, "france-services")
    assert report.changed == {"fs-1": {"nom": ("France services d'essai", "Nom neuf")}}
    assert report.corrected == {"fs-1": {"telephone": ("03 21 00 00 00", "03 21 22 22 22")}}
    kept = await current(database, "fs-1")
    assert (kept["telephone"], kept["langues"], kept["nom"]) == ("03 21 11 11 11", "arabe", "Nom neuf")
    async with database.write() as connection:
        await correct_place(connection, "fs-1", {"telephone": None})
    assert (await current(database, "fs-1"))["telephone"] == "03 21 22 22 22"


async def test_the_files_of_the_repository_do_not_undo_an_import(database: Database) -> None:
    await bring(database, RECORD, DEPOT)
    await bring(database, {**RECORD, "nom": "Importé"}, "france-services")
    report = await bring(database, RECORD, DEPOT, remove_absent=True)
    assert (report.changed, report.removed) == ({}, [])
    assert (await current(database, "fs-1"))["nom"] == "Importé"


async def test_a_place_gone_from_the_files_is_removed_and_an_import_changes_nothing_twice(database: Database) -> None:
    await bring(database, RECORD, DEPOT)
    report = await bring(database, {**RECORD, "id": "fs-2"}, DEPOT, remove_absent=True)
    assert (report.added, report.removed) == (["fs-2"], ["fs-1"])
    again = await bring(database, {**RECORD, "id": "fs-2"}, DEPOT)
    assert (again.added, again.changed, again.unchanged) == ([], {}, ["fs-2"])


async def test_correcting_a_place_that_is_not_there_is_an_error(database: Database) -> None:
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await correct_place(connection, "nulle-part", {"nom": "x"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("places") / "var", {"PROCHE_RASA": "off"}, what=GATEWAY_ALONE).start()
    try:
        yield service.wait_ready()
    finally:
        service.stop()


def correct(service: Service, **cells: str) -> None:
    with closing(sqlite3.connect(service.var_dir / "proche.db")) as connection, connection:
        query = "UPDATE lieu SET corrections = ? WHERE id = ?"
        assert connection.execute(query, (json.dumps(cells), FS_LENS)).rowcount == 1


async def lieux_of_lens(service: Service, session: aiohttp.ClientSession) -> dict[str, Any]:
    query = {"code_insee": "62498", "kind": "france_services", "at": "2026-11-24T10:00"}
    async with session.get(f"{service.url}/api/v1/lieux", params=query) as response:
        return {lieu["id"]: lieu for lieu in (await response.json())["lieux"]}


async def test_a_correction_answers_the_next_question(running: Service, session: aiohttp.ClientSession) -> None:
    assert (await lieux_of_lens(running, session))[FS_LENS]["open_now"] is True
    correct(running, telephone="03 21 99 99 99", horaires="Mo 14:00-17:00")
    seen = (await lieux_of_lens(running, session))[FS_LENS]
    assert (seen["phone"], seen["open_now"], seen["hours_text"]) == ("03 21 99 99 99", False, "le lundi de 14h à 17h")
    assert seen["next_opening"] == "2026-11-30T14:00:00+01:00"


async def test_a_broken_place_is_left_out_and_comes_back_once_mended(
    running: Service, session: aiohttp.ClientSession
) -> None:
    correct(running, horaires="n'importe quoi")
    assert FS_LENS not in await lieux_of_lens(running, session)
    correct(running)
    assert FS_LENS in await lieux_of_lens(running, session)
