"""Official pages in the database: brought to what the State's files say, all or nothing."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from knowledge_base.official_page import ADDRESS, OfficialPage
from knowledge_base.tables import official_page_table as table

Change = tuple[Any, Any]  # before and after


@dataclass(frozen=True)
class OfficialReport:
    """What an import changes, or would change on a dry run: ids, and fields by name, before and after."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, Change]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)  # than what is known: left as they are
    unchanged: list[str] = field(default_factory=list)


async def fetch_official(connection: AsyncConnection) -> dict[str, OfficialPage]:
    """Every page by id; one that an edit sends elsewhere than to the State's site is left out."""
    query = select(table).where(table.c.url.startswith(ADDRESS, autoescape=True)).order_by(table.c.id)
    return {row.id: OfficialPage(**row) for row in (await connection.execute(query)).mappings()}


async def import_official(
    connection: AsyncConnection, pages: Iterable[OfficialPage], remove_absent: bool = False
) -> OfficialReport:
    """Bring the database to `pages`, inside the caller's transaction; a page older than the one known undoes nothing.

    `remove_absent` removes the pages that are not given.
    """
    report = OfficialReport()
    rows = (await connection.execute(select(table))).mappings()
    stored = {row["id"]: OfficialPage(**row) for row in rows}
    given = {page.id: page for page in pages}
    added = [page for page_id, page in given.items() if page_id not in stored]
    if added:
        await connection.execute(insert(table), [asdict(page) for page in added])
        report.added.extend(page.id for page in added)
    for page_id in sorted(given.keys() & stored.keys()):
        await _renew(connection, report, stored[page_id], given[page_id])
    if remove_absent:
        report.removed.extend(sorted(stored.keys() - given.keys()))
        for page_id in report.removed:  # one by one: a list may be longer than a database takes
            await connection.execute(delete(table).where(table.c.id == page_id))
    return report


async def _renew(connection: AsyncConnection, report: OfficialReport, old: OfficialPage, new: OfficialPage) -> None:
    before, after = asdict(old), asdict(new)
    changes = {name: (before[name], value) for name, value in after.items() if before[name] != value}
    if not changes:
        report.unchanged.append(new.id)
    elif new.updated_on < old.updated_on:
        report.older.append(new.id)
    else:
        await connection.execute(update(table).where(table.c.id == new.id).values(after))
        report.changed[new.id] = changes
