"""A small linear model beside the danger rules: it may ask when no rule has heard, never silence one that has.

Learnt by bench/train_safety.py; pure Python here, and plain numbers in safety_model.json.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistance.french import fold

MODEL_PATH = Path(__file__).with_name("safety_model.json")
ORDINARY = "ordinaire"
READ_AT_MOST = 2_000  # characters
LONGEST_CLAUSE = 25  # words: in a long story one clause tells the danger
_CLAUSE_END = re.compile(r"[.!?;:,\n]+|\b(?:mais|et|donc)\b", re.IGNORECASE)


def list_terms(text: str) -> Iterator[str]:
    """Yield what the model reads of a text: words, pairs of words, and runs of 3 to 5 letters inside words."""
    words = fold(text).split()
    framed = ["<", *words, ">"]
    yield from words
    yield from (f"{left} {right}" for left, right in zip(framed, framed[1:]))  # noqa: B905, RUF007 - read on 3.10 too
    for word in words:
        padded = f"_{word}_"
        for size in (3, 4, 5):
            yield from (f"#{padded[start : start + size]}" for start in range(len(padded) - size + 1))


@dataclass(frozen=True)
class SafetyModel:
    """Rarity, then a weight for each theme, by term; `ask_from` and `card_from` are probabilities of any danger."""

    themes: Sequence[str]  # the first is ORDINARY
    bias: Sequence[float]
    weights: Mapping[str, Sequence[float]]
    ask_from: float
    card_from: float

    def hear(self, text: str) -> tuple[str, float]:
        """Return the likeliest theme of danger, and how probable a danger of any theme is, from 0 to 1."""
        best = ("", 0.0)
        for part in _parts(text[:READ_AT_MOST]):
            best = max(best, self._hear_part(part), key=lambda heard: heard[1])
        return best

    def _hear_part(self, text: str) -> tuple[str, float]:
        terms = set(list_terms(text))
        known = [row for row in map(self.weights.get, terms) if row is not None]
        if not known:
            return "", 0.0
        length = math.sqrt(sum(row[0] ** 2 for row in known))
        scores = [bias + sum(row[0] * row[place] for row in known) / length for place, bias in enumerate(self.bias, 1)]
        most = max(scores)
        powers = [math.exp(score - most) for score in scores]
        place = max(range(1, len(powers)), key=powers.__getitem__)
        return self.themes[place], 1 - powers[0] / sum(powers)


def _parts(text: str) -> list[str]:
    """The whole of a short message; the clauses of a long one, several words each."""
    if len(text.split()) <= LONGEST_CLAUSE:
        return [text]
    clauses = [clause for clause in _CLAUSE_END.split(text) if len(clause.split()) > 3]
    return clauses or [text]


@cache
def load_model() -> SafetyModel:
    """Return the model shipped with the service."""
    data = json.loads(MODEL_PATH.read_text("utf-8"))
    scale = data["scale"]
    weights = {term: [rarity, *(value / scale for value in row)] for term, (rarity, *row) in data["weights"].items()}
    return SafetyModel(data["themes"], data["bias"], weights, data["ask_from"], data["card_from"])
