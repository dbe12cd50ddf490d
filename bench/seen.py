"""Sentences the parts were made from: what was copied from a held-out set is no longer held out."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from assistance.fiche import Fiche
from assistance.french import fold
from assistance.safety import load_rules
from bench.proche import ROOT
from bench.search_bench import read_fiches
from knowledge_base.search import SAYINGS

TOO_NEAR = 90  # rapidfuzz token_set_ratio
LONG = 5  # words: under that, sharing all of them proves nothing
SHORT_ACT = 2  # words: "oui", "merci beaucoup" have few possible wordings
_ENTITY = re.compile(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})")


class Seen:
    """What the fiches, the training data and the safety rules were written with."""

    def __init__(self, sentences: Iterable[str], words: Iterable[str] = ()) -> None:
        """`words` (the fiches' `mots`) are only compared whole."""
        folded = {fold(sentence) for sentence in sentences}
        self._exact = folded | {fold(word) for word in words}
        self._long = sorted(sentence for sentence in folded if len(sentence.split()) >= LONG)

    def holds(self, text: str) -> bool:
        """Whether `text` stands there, or nearly."""
        said = fold(text)
        if said in self._exact:
            return True
        if len(said.split()) < LONG:
            return False
        return process.extractOne(said, self._long, scorer=fuzz.token_set_ratio, score_cutoff=TOO_NEAR) is not None

    def split(self, rows: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
        """Return the rows never seen, and how many were left out; the shortest acts are never left out."""
        given = list(rows)
        kept = [row for row in given if _is_short_act(row) or not self.holds(row["text"])]
        return kept, len(given) - len(kept)


def _is_short_act(row: dict[str, Any]) -> bool:
    return "act" in row and len(fold(row["text"]).split()) <= SHORT_ACT


def load_seen() -> Seen:
    fiches = read_fiches()
    rules = [sentence for rule in load_rules().rules for sentence in (rule.says, rule.says_not)]
    phrases = yaml.safe_load((ROOT / "data" / "safety" / "phrases.yml").read_text("utf-8"))
    said = [*_questions(fiches), *chain.from_iterable(SAYINGS.values()), *list_examples(), *rules]
    said.extend(chain.from_iterable(phrases.values()))
    return Seen(said, (mot for fiche in fiches for mot in fiche.mots))


def _questions(fiches: Iterable[Fiche]) -> Iterator[str]:
    return (question for fiche in fiches for question in fiche.questions)


def list_examples() -> Iterator[str]:
    """Yield the examples of data/nlu as they are said, without the marks of entities."""
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or ():
            if "intent" in entry:
                for line in str(entry.get("examples", "")).splitlines():
                    yield _ENTITY.sub(r"\1", line.strip().removeprefix("-").strip())
