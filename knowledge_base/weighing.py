"""What the marks of the fiches count for: worked out once, when the fiches are indexed.

Two voices are added. Terms and pairs of terms count by how few fiches share them and how much a fiche says them, in its
own fields first; words as they are said, stop words too, by how well they tell a fiche from the others.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from knowledge_base.reading import SAID, Reading, is_term
from knowledge_base.spelling import WEAK_TERMS

# How much one mention in a field says of what the fiche is about (chosen on held-back questions of the fiches).
FIELD_WEIGHTS = {"title": 3.0, "questions": 0.8, "mots": 1.5, "summary": 0.7, "theme": 0.5, "body": 0.25}
OWN_FIELDS = ("title", "questions", "mots", "summary")  # what is said of a fiche and of few others
SATURATION = 1.5  # mentions that make half of the greatest strength
MOST_WEIGHT = 3.3  # of a term that one fiche holds, however many fiches there are
UNKNOWN_WEIGHT = 3.0  # of a term that no fiche holds, but in its body
WEAK_WEIGHT = 0.65
PAIR_WEIGHT = 0.5
SAID_WEIGHT = 0.4
LEAST_TELLING = 0.2  # of words that are kept: je, de, la tell nothing
OTHERS_NAME = 0.4  # of what a term brings to a fiche, when it is the acronym of another: APA in "recours APA"
UNSAID = 0.5  # mentions each word is given beyond those counted: a word said once tells less than one said often

Read = Mapping[str, Sequence[Reading]]  # the texts of a fiche, by field


class Weighing(NamedTuple):
    """What the fiches hold, numbered in the order they were given."""

    weights: Mapping[str, float]  # of each term
    gains: Mapping[str, Mapping[int, float]]  # the points a mark, surely meant, brings to each fiche that holds it


def weigh(fiches: Sequence[Read], acronyms: Sequence[frozenset[str]] = ()) -> Weighing:
    """Return what each mark of `fiches` counts for, and what it brings to each of them.

    `acronyms` are the terms that name each fiche, in the same order: whoever says one means that fiche first.
    """
    weights = _weights(fiches)
    gains: dict[str, dict[int, float]] = defaultdict(dict)
    for number, one in enumerate(fiches):
        for mark, strength in _strengths(one).items():
            gains[mark][number] = strength * weights.setdefault(mark, unknown_weight(mark))
    for mark, telling in _telling(fiches).items():
        gains[mark] = telling
    for name, owners in _owners(acronyms).items():
        for mark in {name, SAID + name} & gains.keys():
            gains[mark] = {at: gain * (1 if at in owners else OTHERS_NAME) for at, gain in gains[mark].items()}
    return Weighing({mark: weight for mark, weight in weights.items() if is_term(mark)}, dict(gains))


def _owners(acronyms: Sequence[frozenset[str]]) -> dict[str, set[int]]:
    owners: dict[str, set[int]] = defaultdict(set)
    for number, names in enumerate(acronyms):
        for name in names:
            owners[name].add(number)
    return owners


def unknown_weight(term: str) -> float:
    """Return what a term counts for that is no fiche's own."""
    return UNKNOWN_WEIGHT * _emphasis(term)


def _weights(fiches: Sequence[Read]) -> dict[str, float]:
    """Return what each term and pair counts for: the fewer fiches it is spread among, the more."""
    count = len(fiches)
    rarest = math.log(1 + (count - 0.5) / 1.5)
    return {
        mark: MOST_WEIGHT * _emphasis(mark) * math.log(1 + (count - spread + 0.5) / (spread + 0.5)) / rarest
        for mark, spread in _spread(fiches).items()
    }


def _spread(fiches: Sequence[Read]) -> dict[str, float]:
    """Return among how many fiches each mark is spread: their number if all mention it alike, less if one does most.

    It is the exponential of the entropy of the mentions, so that a word said in passing elsewhere stays a fiche's own.
    """
    mentions: dict[str, list[int]] = defaultdict(list)
    for one in fiches:
        for mark, count in _count(one, said=False).items():
            mentions[mark].append(count)
    return {mark: _perplexity(counts) for mark, counts in mentions.items()}


def _perplexity(counts: Sequence[int]) -> float:
    total = sum(counts)
    return math.exp(-sum(count / total * math.log(count / total) for count in counts))


def _emphasis(term: str) -> float:
    """Return what a term or pair counts for beside its rarity: less when every story says it, less for a pair."""
    first, _, second = term.partition(" ")
    weak = first in WEAK_TERMS and (not second or second in WEAK_TERMS)
    return (WEAK_WEIGHT if weak else 1.0) * (PAIR_WEIGHT if second else 1.0)


def _strengths(fiche: Read) -> dict[str, float]:
    """Return how strongly each term and pair stands for a fiche, from 0 to 1; the pairs of its own fields only."""
    mentions: dict[str, float] = defaultdict(float)
    for name, texts in fiche.items():
        for mark in _all_marks(texts):
            if is_term(mark) or (name in OWN_FIELDS and not mark.startswith(SAID)):
                mentions[mark] += FIELD_WEIGHTS[name]
    return {mark: count / (count + SATURATION) for mark, count in mentions.items()}


def _telling(fiches: Sequence[Read]) -> dict[str, dict[int, float]]:
    """Return what words as they are said bring to each fiche they tell from the others.

    It is the logarithm of how much rarer they would be without that fiche: what a complement naive Bayes weighs.
    """
    said = [_count(one, said=True) for one in fiches]
    total = Counter(chain.from_iterable(counts.elements() for counts in said))
    gains: dict[str, dict[int, float]] = defaultdict(dict)
    for number, counts in enumerate(said):
        for mark, count in counts.items():
            telling = math.log((total[mark] + UNSAID) / (total[mark] - count + UNSAID))
            if telling >= LEAST_TELLING:
                gains[mark][number] = SAID_WEIGHT * telling
    return gains


def _count(fiche: Read, *, said: bool) -> Counter[str]:
    """Return how many of a fiche's own texts hold each mark: the words as they are said, or the terms and pairs."""
    return Counter(mark for name in OWN_FIELDS for mark in _all_marks(fiche[name]) if mark.startswith(SAID) == said)


def _all_marks(texts: Iterable[Reading]) -> Iterable[str]:
    return (mark for text in texts for mark in text.marks)
