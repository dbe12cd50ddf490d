"""A wiki's pages and the State's, imported beside a running service: found at once, each in its own place."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from knowledge_base.repository import load_fiches
from tests.conftest import HURRIED
from tests.service import ROOT, Service, bare_environment
from tests.talk import Talk

PAYLOADS = ROOT / "tests" / "payloads"
STATE = PAYLOADS / "service-public"
ADDRESS = "https://www.service-public.fr/particuliers/vosdroits/F90001"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("imported") / "var", HURRIED | {"PROCHE_RASA": "off"}).start()
    try:
        yield service.wait_ready()
    finally:
        service.stop()


@pytest.fixture
def alone(running: Service) -> Iterator[Service]:
    """The service, without what a test imported afterwards."""
    yield running
    with sqlite3.connect(running.var_dir / "proche.db") as connection:
        connection.execute("DELETE FROM official_page")
        connection.execute("DELETE FROM fiche WHERE origin <> 'depot'")


def proche(service: Service, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(service.var_dir), "PROCHE_RASA": "off", **service.ports}
    command = [str(ROOT / "proche"), "knowledge", "import", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def revision(service: Service) -> int:
    with sqlite3.connect(service.var_dir / "proche.db") as connection:
        return int(connection.execute("SELECT revision FROM knowledge").fetchone()[0])


async def get(session: aiohttp.ClientSession, url: str, **query: str) -> Any:
    async with session.get(url, params=query) as response:
        assert response.status == 200
        return await (response.json() if response.content_type == "application/json" else response.text())


async def test_an_official_page_is_found_at_once_apart_from_our_fiches(
    alone: Service, session: aiohttp.ClientSession
) -> None:
    api = f"{alone.url}/api/v1"
    before = await get(session, f"{api}/search", q="adopter un enfant")
    assert await get(session, f"{api}/official", q="adopter un enfant") == {"results": []}
    assert proche(alone, STATE).returncode == 0
    found = await get(session, f"{api}/official", q="adopter un enfant", limit="1")
    assert found == {
        "results": [
            {
                "id": "F90001",
                "title": "Adoption d'un enfant : agrément & démarches",
                "theme": "Famille - Scolarité > Adoption",
                "summary": "Pour adopter, il faut d'abord un agrément. Il est demandé au département.",
                "url": ADDRESS,
                "updated_on": "2026-09-14",
                "audience": "Particuliers",
            }
        ]
    }
    assert await get(session, f"{api}/search", q="adopter un enfant") == before


async def test_the_page_of_results_shows_them_under_ours_as_the_states(
    alone: Service, session: aiohttp.ClientSession
) -> None:
    assert "Pages officielles" not in await get(session, f"{alone.url}/fiches/", q="adopter un enfant")
    proche(alone, STATE)
    page = await get(session, f"{alone.url}/fiches/", q="adopter un enfant")
    ours, _, theirs = page.partition('id="officielles"')
    assert ADDRESS not in ours
    assert "écrites par l'État, pas par Proche" in theirs.replace("&#39;", "'")
    assert f'<a href="{ADDRESS}" rel="noreferrer external">' in theirs and "14\u00a0septembre\u00a02026" in theirs
    assert "Pages officielles" not in await get(session, f"{alone.url}/fiches/")


async def test_the_chat_offers_an_official_page_only_when_no_fiche_of_ours_speaks_of_it(
    alone: Service, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    page, title = (STATE / "F90001.xml").read_text(), "Adoption d'un enfant : agrément &amp; démarches"
    drone = page.replace(title, "Déclarer un drone")
    prime = page.replace("F90001", "F90002").replace(title, "Prime d'activité")
    (tmp_path / "F90001.xml").write_text(drone)
    (tmp_path / "F90002.xml").write_text(prime)
    talk = await Talk(session, alone.url).open()
    (before,) = await talk.say("déclarer un drone")
    assert proche(alone, tmp_path).returncode == 0
    (message,) = await talk.say("déclarer un drone")
    assert before["official"] == [] and [page["url"] for page in message["official"]] == [ADDRESS]
    assert "Déclarer un drone" in message["text"] and message["fiches"] == []
    assert "Parler à une personne" in [choice["title"] for choice in message["choices"]]
    ours = await talk.say("prime d'activité")
    assert [one["official"] for one in ours] == [[]] and ours[0]["fiches"][0]["slug"] == "prime-activite"


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=a"])
def test_a_wrong_limit_is_refused(running: Service, query: str) -> None:
    assert running.status(f"/api/v1/official?q=adoption&{query}") == 422


async def test_a_title_is_text_whatever_it_holds(
    alone: Service, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    trap = "&lt;img src=x onerror=alert(1)&gt;"
    (tmp_path / "F90001.xml").write_text((STATE / "F90001.xml").read_text().replace("agrément &amp;", trap))
    assert proche(alone, tmp_path).returncode == 0
    page = await get(session, f"{alone.url}/fiches/", q="adopter un enfant")
    assert trap in page and "<img" not in page


def test_a_trial_tells_the_difference_and_changes_nothing(alone: Service, tmp_path: Path) -> None:
    before = revision(alone)
    tried = proche(alone, STATE, "--dry-run")
    assert (tried.returncode, tried.stdout) == (0, "ajoutée : F90001\najoutée : F90002\n")
    assert "1 fichier(s) laissé(s) de côté : dossier ou thème" in tried.stderr
    assert tried.stderr.endswith("Rien n'a été changé (essai).\n") and revision(alone) == before
    assert proche(alone, STATE).stdout == tried.stdout and revision(alone) > before
    folder = Path(shutil.copytree(STATE, tmp_path / "pages"))
    (folder / "F90002.xml").unlink()
    file = folder / "F90001.xml"
    file.write_text(file.read_text().replace("Adoption d'un enfant :", "Adopter :"))
    changed = proche(alone, folder, "--remove-absent", "--dry-run").stdout
    assert changed == (
        "changée : F90001 : title : "
        "« Adoption d'un enfant : agrément & démarches » → « Adopter : agrément & démarches »\n"
        "retirée : F90002\n"
    )
    assert json.loads(proche(alone, STATE, "--json").stdout)["unchanged"] == ["F90001", "F90002"]


def test_one_faulty_file_and_nothing_changes(alone: Service, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(STATE, tmp_path / "pages"))
    (folder / "F90009.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><Publication ID="F90009"/>')
    before = revision(alone)
    refused = proche(alone, folder)
    assert refused.returncode == 3
    assert f"{folder / 'F90009.xml'}:1: le fichier a un type de document" in refused.stderr
    assert json.loads(proche(alone, folder, "--json").stdout)["faults"][0]["line"] == 1
    assert revision(alone) == before


async def test_pages_of_a_wiki_are_fiches_at_once_and_stay_after_a_start(
    alone: Service, session: aiohttp.ClientSession
) -> None:
    done = proche(alone, PAYLOADS / "wiki" / "pages.csv")
    assert done.returncode == 0 and done.stdout.startswith("ajoutée : bibliotheque-du-departement\n")
    assert "à relire : bibliotheque-du-departement : « cout » : texte par défaut\n" in done.stdout
    assert proche(alone, PAYLOADS / "wiki" / "carte-jeune.html").stdout.startswith("ajoutée : carte-jeune\n")
    found = await get(session, f"{alone.url}/api/v1/search", q="inscription médiathèque")
    assert found["results"][0]["slug"] == "bibliotheque-du-departement"
    assert proche(alone, PAYLOADS / "wiki" / "pages.csv").stdout == ""
    assert proche(alone).stdout == ""  # the files of the repository, as at each start
    fiche = await get(session, f"{alone.url}/api/v1/fiches/carte-jeune")
    assert (fiche["statut"], fiche["checked_on"]) == ("amorce", None)


def test_a_page_that_lacks_something_is_refused_then_written_to_be_completed(alone: Service, tmp_path: Path) -> None:
    page = tmp_path / "carte.html"
    page.write_text((PAYLOADS / "wiki" / "carte-jeune.html").read_text().replace("Une photo.", ""))
    refused = proche(alone, page)
    assert refused.returncode == 3
    assert f"{page}:1: carte-jeune : la section « Papiers à préparer » manque ou est vide" in refused.stderr
    before = revision(alone)
    drafted = proche(alone, page, "--drafts", tmp_path / "fiches")
    assert drafted.returncode == 0 and revision(alone) == before
    assert "à compléter : carte-jeune : la section « Papiers à préparer » manque" in drafted.stdout
    assert proche(alone, page, "--drafts", tmp_path / "fiches").returncode == 3  # never over what was completed
    file = tmp_path / "fiches" / "carte-jeune.md"
    file.write_text(file.read_text().replace("## Papiers à préparer\n", "## Papiers à préparer\nUne photo.\n"))
    assert [one.fiche.slug for one in load_fiches(tmp_path / "fiches")] == ["carte-jeune"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("vosdroits.zip", "archive : l'extraire", id="an archive"),
        pytest.param("absent.xml", "n'existe pas", id="nothing"),
    ],
)
def test_what_is_not_known_by_its_name_is_refused(alone: Service, tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "vosdroits.zip").write_bytes(b"PK\x03\x04")
    refused = proche(alone, tmp_path / name)
    assert refused.returncode == 3 and reason in refused.stderr
