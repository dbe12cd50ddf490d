"""Little is kept, and not for long: one retention table, executed every hour and by `proche purge`."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select

from gateway.database import Database
from gateway.inbox.tables import conversation_table, feedback_table, message_table
from gateway.logs import log
from gateway.metrics import PURGED
from gateway.rasa_tracker import RasaTracker
from gateway.services import Services
from gateway.settings import Settings

EVERY_S = 3600.0
BATCH = 500


@dataclass(frozen=True)
class Rule:
    """One line of the retention table, as people read it."""

    what: str
    kept: str
    keep: timedelta


def retention(settings: Settings) -> dict[str, Rule]:
    """The retention table: shown at /donnees-personnelles, documented in docs/operations.md, executed below."""
    hours, days = settings.web_retention_hours, settings.flag_retention_days
    return {
        "web": Rule("Conversation sur le site", f"{hours} heures après le dernier message", timedelta(hours=hours)),
        "flag": Rule(
            "Conversation où un danger a été dit",
            f"jusqu'à ce qu'une personne l'ait traitée, {days} jours au plus",
            timedelta(days=days),
        ),
        "feedback": Rule("Avis sur une réponse, numéros masqués", "90 jours", timedelta(days=90)),
        "tracker": Rule("Copie de travail du robot (Rasa)", "effacée avec la conversation", timedelta(0)),
    }


@dataclass(frozen=True)
class PurgeReport:
    """Rows erased, or that would be on a dry run."""

    conversations: int
    feedback: int
    trackers: int


async def purge(
    database: Database, tracker: RasaTracker, settings: Settings, now: datetime, dry_run: bool = False
) -> PurgeReport:
    """Erase what the retention table no longer keeps at `now`, in batches; safe to cut and run again."""
    rules = retention(settings)
    c = conversation_table.c
    unflagged = or_(c.flagged_at.is_(None), c.flagged_at < now - rules["flag"].keep)
    due = and_(c.last_message_at < now - rules["web"].keep, unflagged)
    conversations = 0
    while ids := await _fetch_ids(database, select(c.id).where(due).limit(BATCH if not dry_run else None)):
        conversations += len(ids)
        if dry_run:
            break
        async with database.write() as connection:
            await connection.execute(delete(message_table).where(message_table.c.conversation_id.in_(ids)))
            await connection.execute(delete(conversation_table).where(c.id.in_(ids)))
        await tracker.erase(ids)
    old = feedback_table.c.at < now - rules["feedback"].keep
    if dry_run:
        feedback = len(await _fetch_ids(database, select(feedback_table.c.seq).where(old)))
        return PurgeReport(conversations, feedback, 0)
    async with database.write() as connection:
        feedback = (await connection.execute(delete(feedback_table).where(old))).rowcount
    trackers = await tracker.erase_all_but(await _fetch_ids(database, select(c.id)))
    await database.truncate_journal()
    return PurgeReport(conversations, feedback, trackers)


async def _fetch_ids(database: Database, query: Select[Any]) -> list[Any]:
    async with database.read() as connection:
        return list((await connection.execute(query)).scalars())


async def purge_forever(services: Services) -> None:
    """Purge at the start and every hour, until cancelled."""
    while True:
        try:
            now = datetime.now(UTC)
            report = await purge(services.database, services.tracker, services.settings, now)
            PURGED.labels(table="conversation").inc(report.conversations)
            PURGED.labels(table="feedback").inc(report.feedback)
            log.info("purged", count=report.conversations)
        except Exception as error:
            log.error("purge failed", exc_info=error)
        await asyncio.sleep(EVERY_S)
