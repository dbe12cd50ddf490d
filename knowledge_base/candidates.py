"""The fiches worth weighing for a message, when there are too many to weigh them all."""

import sqlite3
from collections.abc import Iterable, Sequence

from knowledge_base.reading import Reading
from knowledge_base.weighing import FIELD_WEIGHTS, Read

_CREATE = """
    CREATE VIRTUAL TABLE fiche USING fts5(title, questions, mots, summary, theme, body, tokenize = 'unicode61')
"""
_INSERT = "INSERT INTO fiche(rowid, title, questions, mots, summary, theme, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT rowid FROM fiche WHERE fiche MATCH ? ORDER BY bm25(fiche, ?, ?, ?, ?, ?, ?), rowid LIMIT ?"


class Candidates:
    """An SQLite FTS5 table in memory of the terms of the fiches, written once."""

    def __init__(self, fiches: Sequence[Read]) -> None:
        # Built in a thread, asked from the event loop; nothing is written after.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(_CREATE)
        self._database.executemany(
            _INSERT,
            ((number, *(_terms_of(one[name]) for name in FIELD_WEIGHTS)) for number, one in enumerate(fiches)),
        )

    def find(self, terms: Iterable[str], limit: int) -> list[int]:
        """Return the numbers, in ascending order, of the `limit` fiches that any of `terms` fit best."""
        asked = " OR ".join(f'"{term}"' for term in terms)
        rows = self._database.execute(_SELECT, (asked, *FIELD_WEIGHTS.values(), limit))
        return sorted(row[0] for row in rows)


def _terms_of(texts: Iterable[Reading]) -> str:
    return " ".join(term for text in texts for term in text.terms)
