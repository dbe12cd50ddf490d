"""Edits count at once, faulty content changes nothing (points 3 and 4 of the contract)."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import HURRIED
from tests.service import ROOT, Service, bare_environment
from tests.talk import Talk

FICHES = ROOT / "knowledge_base" / "fiches"


def proche(service: Service, *words: str) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(service.var_dir), "PROCHE_RASA": "off", **service.ports}
    return subprocess.run([str(ROOT / "proche"), *words], env=environment, capture_output=True, text=True, check=False)


def change_in_database(service: Service, slug: str, old: str, new: str) -> None:
    with sqlite3.connect(service.var_dir / "proche.db") as connection:
        query = "UPDATE fiche SET document = replace(document, ?, ?) WHERE slug = ?"
        assert connection.execute(query, (old, new, slug)).rowcount == 1


async def brief_of(service: Service, session: aiohttp.ClientSession, question: str) -> str:
    talk = await Talk(session, service.url).open()
    return "\n".join(message["text"] for message in await talk.say(question))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose fiches these tests change."""
    service = Service(tmp_path_factory.mktemp("edited") / "var", HURRIED | {"PROCHE_RASA": "off"}).start()
    try:
        yield service.wait_ready()
    finally:
        service.stop()


@pytest.fixture
def alone(running: Service) -> Iterator[Service]:
    """The service, its fiches as they were again afterwards."""
    database = running.var_dir / "proche.db"
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT slug, document, file_digest, updated_at FROM fiche").fetchall()
    yield running
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM fiche")
        connection.executemany("INSERT INTO fiche (slug, document, file_digest, updated_at) VALUES (?, ?, ?, ?)", rows)


async def test_an_edit_in_the_database_answers_the_next_message(alone: Service, session: aiohttp.ClientSession) -> None:
    change_in_database(alone, "css", "## En bref\n", "## En bref\nUne phrase toute neuve.\n")
    assert "Une phrase toute neuve." in await brief_of(alone, session, "je veux la css")


async def test_a_broken_edit_leaves_the_last_good_text(alone: Service, session: aiohttp.ClientSession) -> None:
    before = await brief_of(alone, session, "je veux la css")
    change_in_database(alone, "css", "## Comment faire", "## Comment casser")
    assert await brief_of(alone, session, "je veux la css") == before


async def test_a_broken_edit_silences_no_other_fiche(alone: Service, session: aiohttp.ClientSession) -> None:
    change_in_database(alone, "css", "---", "-- -")
    change_in_database(alone, "rsa", "## En bref\n", "## En bref\nUne phrase toute neuve.\n")
    assert "Une phrase toute neuve." in await brief_of(alone, session, "je veux le rsa")
    async with session.get(f"{alone.url}/api/v1/fiches/css") as response:
        assert response.status == 200
    assert alone.status("/health/ready") == 200


async def test_a_fiche_taken_out_of_the_database_is_found_no_more(
    alone: Service, session: aiohttp.ClientSession
) -> None:
    with sqlite3.connect(alone.var_dir / "proche.db") as connection:
        connection.execute("DELETE FROM fiche WHERE slug = 'css'")
    talk = await Talk(session, alone.url).open()
    assert all(card["slug"] != "css" for message in await talk.say("je veux la css") for card in message["fiches"])
    async with session.get(f"{alone.url}/api/v1/search", params={"q": "css"}) as response:
        assert "css" not in {result["slug"] for result in (await response.json())["results"]}
    for path in ("/api/v1/fiches/css", "/fiches/css"):
        assert alone.status(path) == 404


async def test_a_talk_about_a_fiche_that_goes_meanwhile_goes_on(alone: Service, session: aiohttp.ClientSession) -> None:
    talk = await Talk(session, alone.url).open()
    await talk.say("je veux la css")
    with sqlite3.connect(alone.var_dir / "proche.db") as connection:
        connection.execute("DELETE FROM fiche WHERE slug = 'css'")
    for text in ("quels papiers", "c'est où", "et à Lens ?", "autre chose"):
        assert (await talk.say(text))[0]["text"]
    async with session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert response.status == 200


async def test_an_import_answers_the_next_message_and_keeps_edits_of_the_database(
    alone: Service, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    folder = shutil.copytree(FICHES, tmp_path / "fiches")
    change_in_database(alone, "rsa", "## En bref\n", "## En bref\nÉcrit dans la base.\n")
    file = folder / "css.md"
    file.write_text(file.read_text().replace("## En bref\n", "## En bref\nÉcrit dans le fichier.\n"))
    result = proche(alone, "knowledge", "import", str(folder))
    assert (result.returncode, result.stdout) == (0, "changée : css\n")
    assert "Écrit dans le fichier." in await brief_of(alone, session, "je veux la css")
    assert "Écrit dans la base." in await brief_of(alone, session, "je veux le rsa")


def test_a_faulty_fiche_is_named_by_file_and_line_and_nothing_changes(alone: Service, tmp_path: Path) -> None:
    folder = shutil.copytree(FICHES, tmp_path / "fiches")
    (folder / "css.md").write_text((folder / "css.md").read_text().replace("theme: sante", "theme: cuisine"))
    line = next(n for n, text in enumerate((folder / "css.md").read_text().split("\n"), 1) if "cuisine" in text)
    (folder / "rsa.md").write_text((folder / "rsa.md").read_text().replace("## En bref\n", "## En bref\nNeuf.\n"))
    result = proche(alone, "knowledge", "import", str(folder))
    assert result.returncode == 3
    assert f"css.md:{line}: thème inconnu « cuisine »" in result.stderr
    with sqlite3.connect(alone.var_dir / "proche.db") as connection:
        assert connection.execute("SELECT count(*) FROM fiche WHERE document LIKE '%Neuf.%'").fetchone() == (0,)


def test_an_export_is_the_files_byte_for_byte(alone: Service, tmp_path: Path) -> None:
    assert proche(alone, "knowledge", "export", str(tmp_path / "out")).returncode == 0
    exported = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.md")}
    assert exported == {path.name: path.read_bytes() for path in FICHES.glob("*.md")}


def test_a_faulty_place_is_named_by_file_and_line(alone: Service, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "data" / "territoire", tmp_path / "territoire")
    lines = (folder / "lieux.csv").read_text().split("\n")
    lines[4] = lines[4].replace("50.", "cinquante.")
    (folder / "lieux.csv").write_text("\n".join(lines))
    result = proche(alone, "places", "check", str(folder))
    assert result.returncode == 3
    assert "lieux.csv:5:" in result.stdout
