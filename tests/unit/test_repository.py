"""Fiches: read from files all or nothing, an edit in the database never lost."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from assistance.errors import ContentError
from gateway import migrate
from gateway.database import Database
from knowledge_base.repository import (
    FicheFile,
    ImportReport,
    fetch_documents,
    fetch_revision,
    import_fiches,
    load_fiches,
)
from knowledge_base.tables import fiche_table

FICHES = Path(__file__).resolve().parents[2] / "knowledge_base" / "fiches"
# Two fiches that name no other one.
CHOSEN = [file for file in load_fiches(FICHES) if not file.fiche.related][:2] or load_fiches(FICHES)[:2]


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'proche.db'}")
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


def edited(file: FicheFile, words: str) -> FicheFile:
    return FicheFile(file.fiche, file.document.replace("## En bref\n", f"## En bref\n{words}\n"))


async def import_into(database: Database, files: list[FicheFile], force: bool = False) -> ImportReport:
    async with database.write() as connection:
        return await import_fiches(connection, files, force)


async def edit(database: Database, slug: str, document: str) -> None:
    async with database.write() as connection:
        await connection.execute(update(fiche_table).where(fiche_table.c.slug == slug).values(document=document))


async def stored(database: Database) -> tuple[int, dict[str, str]]:
    async with database.read() as connection:
        return await fetch_revision(connection), await fetch_documents(connection)


async def test_what_is_imported_is_given_back_byte_for_byte(database: Database) -> None:
    files = load_fiches(FICHES)
    assert (await import_into(database, files)).added == [file.fiche.slug for file in files]
    assert (await stored(database))[1] == {path.stem: path.read_bytes().decode() for path in FICHES.glob("*.md")}


async def test_the_same_files_change_nothing(database: Database) -> None:
    await import_into(database, CHOSEN)
    before = await stored(database)
    assert await import_into(database, CHOSEN) == ImportReport()
    assert await stored(database) == before


async def test_the_revision_rises_at_every_change_whoever_makes_it(database: Database) -> None:
    await import_into(database, CHOSEN)
    before, _ = await stored(database)
    await edit(database, CHOSEN[0].fiche.slug, "other")
    assert (await stored(database))[0] == before + 1


async def test_a_file_changed_alone_changes_the_database(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first, second])
    report = await import_into(database, [edited(first, "Neuf."), second])
    assert report == ImportReport(changed=[first.fiche.slug])


async def test_an_edit_of_the_database_is_kept_while_its_file_is_the_same(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first, second])
    await edit(database, first.fiche.slug, edited(first, "Écrit à la main.").document)
    assert await import_into(database, [first, edited(second, "Neuf.")]) == ImportReport(changed=[second.fiche.slug])
    assert "Écrit à la main." in (await stored(database))[1][first.fiche.slug]


async def test_edited_on_both_sides_the_databases_is_kept_and_said_unless_forced(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first, second])
    await edit(database, first.fiche.slug, edited(first, "Écrit à la main.").document)
    files = [edited(first, "Neuf."), second]
    assert await import_into(database, files) == ImportReport(kept=[first.fiche.slug])
    assert await import_into(database, files, force=True) == ImportReport(changed=[first.fiche.slug])
    assert "Neuf." in (await stored(database))[1][first.fiche.slug]


async def test_a_file_that_is_gone_takes_its_fiche_along(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first, second])
    assert await import_into(database, [second]) == ImportReport(removed=[first.fiche.slug])


async def test_a_fiche_of_another_origin_is_neither_removed_nor_overwritten(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first])
    async with database.write() as connection:
        report = await import_fiches(connection, [edited(first, "D'un wiki."), second], origin="wiki")
    assert report == ImportReport(added=[second.fiche.slug], kept=[first.fiche.slug])
    assert await import_into(database, [first]) == ImportReport()
    assert set((await stored(database))[1]) == {first.fiche.slug, second.fiche.slug}


async def test_what_a_wiki_overwrote_when_asked_is_not_undone_by_the_files(database: Database) -> None:
    first, second = CHOSEN
    await import_into(database, [first, second])
    async with database.write() as connection:
        files = [edited(first, "D'un wiki.")]
        report = await import_fiches(connection, files, force=True, origin="wiki", remove_absent=False)
    assert report == ImportReport(changed=[first.fiche.slug])
    assert await import_into(database, [first, second]) == ImportReport(kept=[first.fiche.slug])
    assert "D'un wiki." in (await stored(database))[1][first.fiche.slug]


FAULTS = [
    pytest.param(lambda text: text.replace("theme: ", "theme: cuisine-", 1), "thème inconnu", id="an unknown theme"),
    pytest.param(lambda text: text.replace("## En bref", "## En gros"), "En ", id="an unknown section"),
    pytest.param(lambda text: text.replace("slug: ", "slug: autre-", 1), "slug", id="another slug than the file's"),
    pytest.param(lambda text: "sans tête\n" + text, "", id="no head"),
    pytest.param(lambda text: "", "", id="an empty file"),
]


@pytest.mark.parametrize(("spoil", "reason"), FAULTS)
def test_a_fault_is_named_by_file_and_line(tmp_path: Path, spoil: object, reason: str) -> None:
    folder = shutil.copytree(FICHES, tmp_path / "fiches")
    path = folder / "css.md"
    path.write_text(spoil(path.read_text()))  # type: ignore[operator]
    with pytest.raises(ContentError) as error:
        load_fiches(folder)
    mine = [fault for fault in error.value.faults if fault.path.endswith("css.md")]
    assert mine and mine[0].line >= 1 and reason in mine[0].reason


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    folder = shutil.copytree(FICHES, tmp_path / "fiches")
    for name in ("css.md", "rsa.md"):
        (folder / name).write_text((folder / name).read_text().replace("theme: ", "theme: cuisine-", 1))
    (folder / "apa.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ContentError) as error:
        load_fiches(folder)
    assert {fault.path.rsplit("/")[-1] for fault in error.value.faults} >= {"css.md", "rsa.md", "apa.md"}


def test_an_empty_folder_is_a_fault_and_not_an_order_to_forget_everything(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        load_fiches(tmp_path)
