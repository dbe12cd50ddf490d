"""Pages of service-public.fr: read from the State's XML with care, found by their words, kept apart from our fiches."""

import gzip
import os
import resource
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from assistance.errors import ContentError, Fault
from gateway import migrate
from gateway.database import Database
from knowledge_base.importers import service_public
from knowledge_base.importers.service_public import read_official
from knowledge_base.official_page import OfficialPage
from knowledge_base.official_repository import OfficialReport, fetch_official, import_official
from knowledge_base.official_search import OfficialIndex
from knowledge_base.repository import fetch_revision
from knowledge_base.tables import official_page_table

PAYLOADS = Path(__file__).parents[1] / "payloads" / "service-public"
PAGE = (PAYLOADS / "F90001.xml").read_text()
ADOPTION = OfficialPage(
    id="F90001",
    title="Adoption d'un enfant : agrément & démarches",
    theme="Famille - Scolarité > Adoption",
    summary="Pour adopter, il faut d'abord un agrément. Il est demandé au département.",
    url="https://www.service-public.fr/particuliers/vosdroits/F90001",
    updated_on=date(2026, 9, 14),
    audience="Particuliers",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "F90001.xml"


def faults(path: Path, **options: int) -> list[Fault]:
    with pytest.raises(ContentError) as refused:
        read_official(path, **options)
    return list(refused.value.faults)


def fault(path: Path, **options: int) -> Fault:
    (one,) = faults(path, **options)
    assert one.path == str(path)
    return one


def test_a_page_is_its_title_its_path_its_introduction_its_day_and_its_address() -> None:
    assert read_official(PAYLOADS / "F90001.xml").pages == [ADOPTION]


def test_a_page_without_introduction_nor_path_is_told_by_its_description_and_its_subjects() -> None:
    (page,) = read_official(PAYLOADS / "F90002.xml").pages
    assert page.summary == "La durée du congé dépend du nombre d'enfants adoptés."
    assert page.theme == "Travail > Congés dans le secteur privé"


def test_of_a_folder_only_the_pages_for_residents_are_kept_and_the_rest_is_told() -> None:
    reading = read_official(PAYLOADS)
    assert [page.id for page in reading.pages] == ["F90001", "F90002"]
    assert reading.ignored == [
        ("F90003.xml", "pour un autre public que les particuliers"),
        ("N90000.xml", "dossier ou thème"),
        ("R90003.xml", "pas une publication"),
    ]


def test_the_text_of_the_page_itself_is_not_taken() -> None:
    assert "ne reprend pas" not in str(read_official(PAYLOADS))


def test_a_long_introduction_is_cut_between_words(path: Path) -> None:
    path.write_text(PAGE.replace("Pour adopter", "Pour adopter " + "longtemps " * 100))
    (page,) = read_official(path).pages
    assert len(page.summary) <= 400 and page.summary.endswith("longtemps …")


def test_the_address_is_ours_to_write_whatever_the_file_says(path: Path) -> None:
    path.write_text(PAGE.replace("https://www.service-public.fr/particuliers", "https://example.org"))
    assert read_official(path).pages == [ADOPTION]


BOMB = '<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
REFUSED = [
    pytest.param(
        PAGE.replace("<Publication", BOMB + "<Publication").replace("Pour adopter", "&b;"), "DOCTYPE", id="bomb"
    ),
    pytest.param(
        PAGE.replace("<Publication", EXTERNAL + "<Publication").replace("Pour adopter", "&file;"),
        "DOCTYPE",
        id="an external entity",
    ),
    pytest.param(
        PAGE.replace("<Publication", '<!DOCTYPE Publication SYSTEM "http://example.org/a.dtd"><Publication'),
        "DOCTYPE",
        id="a remote document type",
    ),
    pytest.param(PAGE.replace("Pour adopter", "&nbsp;"), "mal formé", id="an entity nobody declared"),
    pytest.param(PAGE.replace("</Publication>", ""), "mal formé", id="cut short"),
    pytest.param(PAGE + "<Publication/>", "mal formé", id="two documents"),
    pytest.param(PAGE.encode("utf-16"), "UTF-16", id="UTF-16"),
    pytest.param(PAGE.encode("latin-1"), "Latin-1", id="Latin-1 under the name of UTF-8"),
    pytest.param(
        PAGE.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("latin-1"),
        "Latin-1",
        id="Latin-1 that says so",
    ),
    pytest.param(PAGE.replace("UTF-8", "ISO-8859-1"), "se dit en « ISO-8859-1 »", id="UTF-8 under another name"),
    pytest.param(PAGE.replace("UTF-8", "utf-7"), "se dit en « utf-7 »", id="UTF-7"),
    pytest.param(gzip.compress(PAGE.encode()), "gzip", id="gzip"),
    pytest.param(b"PK\x03\x04", "archive ZIP", id="zip"),
    pytest.param(b"", "vide", id="empty"),
    pytest.param(b'{"title": "a"}', "ni du XML ni une page web", id="JSON"),
    pytest.param(PAGE.replace("Pour adopter", "Pour \x00adopter"), "caractère nul", id="NUL"),
    pytest.param("<Publication>" + "<a>" * 5_000, "niveaux", id="endless depth"),
    pytest.param("<Publication>" + "<a/>" * 300_000, "éléments", id="endless elements"),
    pytest.param(PAGE.replace(' ID="F90001"', "", 1), "n'a pas d'attribut ID", id="no id"),
    pytest.param(PAGE.replace("dc:title>", "dc:titre>"), "<dc:title> manque", id="no title"),
    pytest.param(PAGE.replace("Adoption d'un", "A" * 400), "plus de 300 caractères", id="a title without end"),
    pytest.param(PAGE.replace("modified 2026-09-14", "hier"), "<dc:date>", id="no day"),
    pytest.param(PAGE.replace("2026-09-14", "2026-02-31"), "<dc:date>", id="a day that is none"),
    pytest.param(
        PAGE.replace("<Audience>Particuliers</Audience>", "").replace('"Particuliers">', '"">'),
        "<Audience> manque",
        id="for nobody",
    ),
]


@pytest.mark.parametrize(("content", "reason"), REFUSED)
def test_what_is_no_page_is_refused_with_file_and_reason(path: Path, content: str | bytes, reason: str) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert reason in fault(path).reason


def test_malformed_xml_is_told_by_its_line(path: Path) -> None:
    path.write_text(PAGE.replace("</dc:creator>", "</dc:editor>"))
    assert fault(path).line == 5


def test_a_file_beyond_the_limit_is_refused_without_being_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_000_000)  # sparse: nothing on the disk
    assert fault(path).reason.startswith("1000 Mo : plus que les 20 Mo admis")


def test_memory_does_not_grow_with_the_file(path: Path) -> None:
    path.write_text(PAGE.replace("ne reprend pas", "ne reprend pas " * 600_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_official(path).pages == [ADOPTION]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB; the file has 9 MB


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(os.mkfifo, "un fichier spécial", id="FIFO"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "un fichier spécial", id="link to a device"),
        pytest.param(lambda path: path.symlink_to("nowhere"), "n'existe pas", id="broken link"),
        pytest.param(Path.mkdir, "aucun fichier XML", id="empty folder"),
    ],
)
def test_what_is_no_file_is_refused_without_waiting(path: Path, make: Callable[[Path], None], reason: str) -> None:
    make(path)
    assert reason in fault(path).reason


def test_every_fault_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PAYLOADS, tmp_path / "pages"))
    shutil.copy(folder / "F90001.xml", folder / "F90001-bis.xml")
    (folder / "F90002.xml").write_text("<Publication")
    assert [(Path(one.path).name, one.reason.split(" (")[0]) for one in faults(folder)] == [
        ("F90001.xml", "la page F90001 est déjà dans F90001-bis.xml"),
        ("F90002.xml", "le XML est mal formé"),
    ]


def test_files_that_hold_nothing_for_residents_are_a_fault_that_says_why(tmp_path: Path) -> None:
    shutil.copy(PAYLOADS / "N90000.xml", tmp_path)
    assert fault(tmp_path).reason == "aucune page pour les particuliers ; 1 : dossier ou thème"


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_public, "MAX_FILES", 2)
    assert fault(PAYLOADS).reason == "plus de 2 fichiers"


PAGES = [
    ADOPTION,
    replace(ADOPTION, id="F1", title="Passeport d'un majeur", theme="Papiers", summary="Un titre de voyage."),
    replace(ADOPTION, id="F2", title="Permis de chasser", theme="Loisirs", summary="Il faut un examen."),
    replace(ADOPTION, id="F3", title="Chien dangereux", theme="Loisirs > Animaux", summary="Un permis est demandé."),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("comment adopter un enfant", ["F90001"], id="other forms of the words"),
        pytest.param("pasport", ["F1"], id="misspelt"),
        pytest.param("permis", ["F2", "F3"], id="the title first, then the summary"),
        pytest.param("permis de chasser à Arras", ["F2"], id="a commune says where, not what"),
        pytest.param("animaux", ["F3"], id="the theme"),
        pytest.param("recette de gâteau au chocolat", [], id="nothing known"),
        pytest.param("enfant malade école cantine garderie", [], id="too little of what is asked"),
        pytest.param('" OR mots:*) --', [], id="the syntax of the index means nothing"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_page_is_found_by_most_of_what_is_asked(asked: str, found: list[str]) -> None:
    index = OfficialIndex(PAGES, frozenset({"Arras"}))
    assert [page.id for page in index.search(asked)] == found


@pytest.mark.parametrize(
    ("said", "named"),
    [
        pytest.param("comment adopter un enfant", "F90001", id="most of the title and nothing else"),
        pytest.param("agrément", None, id="too little of a title"),
        pytest.param("permis de chasser", "F2", id="the whole title"),
        pytest.param("permis de chasser pour mon fils handicapé", None, id="something else besides"),
        pytest.param("un permis est demandé", None, id="words of a summary"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_page_is_named_by_its_title_alone(said: str, named: str | None) -> None:
    page = OfficialIndex(PAGES).named(said)
    assert (page.id if page else None) == named


def test_no_page_no_answer() -> None:
    assert OfficialIndex(()).search("passeport") == []


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


async def bring(database: Database, pages: list[OfficialPage], remove_absent: bool = False) -> OfficialReport:
    async with database.write() as connection:
        return await import_official(connection, pages, remove_absent)


async def stored(database: Database) -> tuple[int, dict[str, OfficialPage]]:
    async with database.read() as connection:
        return await fetch_revision(connection), await fetch_official(connection)


async def test_pages_are_kept_as_read_and_the_same_again_change_nothing(database: Database) -> None:
    assert (await bring(database, PAGES)).added == [page.id for page in PAGES]
    before = await stored(database)
    assert before[1] == {page.id: page for page in PAGES}
    assert (await bring(database, PAGES)).unchanged == sorted(page.id for page in PAGES)
    assert await stored(database) == before


async def test_a_change_is_told_field_by_field_and_raises_the_revision(database: Database) -> None:
    await bring(database, PAGES)
    before, _ = await stored(database)
    report = await bring(database, [replace(ADOPTION, title="Adopter")])
    assert report.changed == {"F90001": {"title": (ADOPTION.title, "Adopter")}}
    assert (await stored(database))[0] == before + 1


async def test_an_older_page_undoes_nothing(database: Database) -> None:
    await bring(database, [ADOPTION])
    old = replace(ADOPTION, title="Adopter", updated_on=date(2020, 1, 1))
    assert (await bring(database, [old])).older == ["F90001"]
    assert (await stored(database))[1] == {"F90001": ADOPTION}


async def test_pages_that_are_gone_are_removed_only_when_asked(database: Database) -> None:
    await bring(database, PAGES)
    assert (await bring(database, [ADOPTION])).removed == []
    assert (await bring(database, [ADOPTION], remove_absent=True)).removed == ["F1", "F2", "F3"]
    assert list((await stored(database))[1]) == ["F90001"]


async def test_a_page_that_an_edit_sends_elsewhere_is_not_served(database: Database) -> None:
    await bring(database, [ADOPTION])
    async with database.write() as connection:
        await connection.execute(update(official_page_table).values(url="https://example.org/"))
    assert (await stored(database))[1] == {}
