"""A small linear model beside the danger rules: it may hear when no rule has, doubt one that has, never silence it.

Learnt by bench/train_safety.py; pure Python here, and plain numbers in safety_model.json.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

MODEL_PATH = Path(__file__).with_name("safety_model.json")
FAMILIES_PATH = Path(__file__).with_name("word_families.txt")
ORDINARY = "ordinaire"
READ_AT_MOST = 2_000  # characters
# Themes where minutes count: one asks there on less.
URGENT = ("acte_commis", "danger_mer", "feu_gaz", "suicide", "suicide_proche", "urgence_medicale")
LONGEST_CLAUSE = 25  # words: in a long story one clause tells the danger
SHORTEST_STEM = 3  # letters
RUN_SIZES = (3, 4, 5)  # letters
RUN = "#"  # begins the term of a run of letters
UNTELLING = frozenset(
    """le la les l un une des mon ma mes ton son sa ses leur de d a au aux et que ke the to of an is are""".split()  # noqa: SIM905
)
WHO = ("je", "me", "il", "on")
CHILD, GROWN_OLD, FROZEN = range(1, 18), range(70, 111), range(14)  # years, years, degrees
_PAUSE = re.compile(r"[.!?;:,\n]+")
_CLAUSE_END = re.compile(r"[.!?;:,\n]+|\b(?:mais|et|donc)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Notions:
    """What words are about ("coups", "peur", "mer"...): `notions` of safety_rules.yml, in the spelling of the rules."""

    by_phrase: Mapping[str, tuple[str, ...]]
    by_stem: Mapping[str, tuple[str, ...]]
    longest: int  # words of the longest phrase

    @classmethod
    def parse(cls, table: Mapping[str, str], spell: Callable[[str], str], sound: Callable[[str], str]) -> "Notions":
        phrases: dict[str, tuple[str, ...]] = {}
        stems: dict[str, tuple[str, ...]] = {}
        for notion, written in table.items():
            for words in written.split(", "):
                stem = words.removesuffix("*")
                known, key = (phrases, spell(words).strip()) if stem == words else (stems, sound(stem).strip())
                known[key] = (*known.get(key, ()), notion)
        return cls(phrases, stems, max(len(phrase.split()) for phrase in phrases))

    def read(self, words: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the words of a text, longest known phrases first, each with its notions (often none)."""
        start = 0
        while start < len(words):
            phrase, notions, size = words[start], self._of_word(words[start]), 1
            for longer in range(min(self.longest, len(words) - start), 1, -1):
                said = " ".join(words[start : start + longer])
                if said in self.by_phrase:
                    phrase, notions, size = said, self.by_phrase[said], longer
                    break
            yield phrase, notions
            start += size

    def _of_word(self, word: str) -> tuple[str, ...]:
        if word in self.by_phrase:
            return self.by_phrase[word]
        sizes = range(len(word), SHORTEST_STEM - 1, -1)
        return next((self.by_stem[word[:size]] for size in sizes if word[:size] in self.by_stem), ())


def list_terms(
    written: Sequence[str], said: Sequence[str], notions: Notions, families: Mapping[str, str]
) -> Iterator[str]:
    """Yield what the model reads: words as `written` (folded), as `said` (spelling of the rules), families and notions.

    Notions stand alone, in order with their neighbours, and two by two wherever they stand.
    """
    yield from written
    yield from map(" ".join, _neighbours(["<", *written, ">"], 2))
    kin = [families.get(word, word) for word in written]
    yield from (f"%{family}" for family in kin)
    yield from (f"%{' '.join(pair)}" for pair in _neighbours(["<", *kin, ">"], 2))
    said = list(_name_numbers(said))
    yield from (f"={word}" for word in said)
    read = [(phrase, found) for phrase, found in notions.read(said) if found or phrase not in UNTELLING]
    about = list(dict.fromkeys(notion for _, found in read for notion in found))
    yield from (f"@{notion}" for notion in about)
    order = [found[0] if found else phrase for phrase, found in read]
    yield from (f"@{' '.join(run)}" for run in _neighbours(["<", *order, ">"], 2))
    yield from (f"@{' '.join(run)}" for run in _neighbours(order, 3))
    yield from (f"@{first} _ {third}" for first, _, third in _neighbours(order, 3))
    yield from (name_pair(*pair) for pair in combinations(about, 2))
    yield from (f"&{who}+{notion}" for who in WHO if who in said for notion in about)


def list_runs(folded: str) -> Iterator[str]:
    """Yield the runs of letters of a folded text, spaces included: what spelling by ear and dialect leave alike."""
    text = f" {folded} "
    for size in RUN_SIZES:
        yield from (f"{RUN}{text[start : start + size]}" for start in range(len(text) - size + 1))


@cache
def load_families() -> Mapping[str, str]:
    """Return the family of each frequent word, folded: words met in the same places (bench/word_families.py)."""
    lines = FAMILIES_PATH.read_text("utf-8").splitlines()
    return {word: str(number) for number, line in enumerate(lines) for word in line.split()}


def name_pair(notion: str, other: str) -> str:
    """Return the term that tells that two notions stand in one text."""
    return f"&{'+'.join(sorted((notion, other)))}"


def _neighbours(words: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(size)))  # noqa: B905 - the shortest ends it


def _name_numbers(words: Sequence[str]) -> Iterator[str]:
    """Yield `words`, an age or a temperature named for what it tells: the very number is rarely met twice."""
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else ""
        if not word.isdecimal() or word == "000":
            yield word
        elif after in ("an", "ans"):
            yield "ENFANT" if int(word) in CHILD else "VIEUX" if int(word) in GROWN_OLD else "AGE"
        elif after.startswith("degre"):
            yield "FROID" if int(word) in FROZEN else "DEGRES"
        else:
            yield "NOMBRE"


@dataclass(frozen=True)
class Heard:
    """How probable a danger of any theme is, from 0 to 1, the likeliest theme, and the terms it was read from."""

    probability: float
    theme: str
    terms: frozenset[str]


@dataclass(frozen=True)
class SafetyModel:
    """How probable a danger is, and of which theme it would be: weights by term, logistic regression both."""

    trust_from: float  # probability under which it turns the card of a rule into a question
    ask_from: float  # from which it asks when no rule has heard
    urgent_from: float  # the same, where minutes count
    card_from: float  # from which it gives a card, when words that tell a danger stand together
    sure_from: float  # from which it gives a card whatever the words
    bias: float
    weights: Mapping[str, float]  # rarity included
    rarity: Mapping[str, float]
    themes: Sequence[str]
    theme_bias: Sequence[float]
    theme_weights: Mapping[str, Sequence[float]]

    def hear(self, text: str, read: Callable[[str], Iterable[str]]) -> Heard:
        parts = [frozenset(read(part)) for part in _parts(text)]
        probability, terms = max(((self._probability(terms), terms) for terms in parts), key=lambda heard: heard[0])
        return Heard(probability, self._theme(terms) if probability >= self.urgent_from else "", terms)

    def asks(self, heard: Heard) -> bool:
        return heard.probability >= (self.urgent_from if heard.theme in URGENT else self.ask_from)

    def doubts(self, text: str, read: Callable[[str], Iterable[str]]) -> bool:
        """Whether neither the whole nor any clause of a short message sounds like danger; a long one is not doubted."""
        parts = [text, *_clauses(text)]
        return _is_short(text) and all(self._probability(frozenset(read(part))) < self.trust_from for part in parts)

    def _probability(self, terms: Iterable[str]) -> float:
        known = [term for term in terms if term in self.rarity]
        if not known:
            return 0.0
        runs = [term for term in known if term[0] == RUN]
        others = [term for term in known if term[0] != RUN]
        return 1 / (1 + math.exp(-self.bias - self._weigh(runs) - self._weigh(others)))

    def _weigh(self, known: Sequence[str]) -> float:
        """Return what `known` terms tell, their rarities taken as a row of unit length."""
        length = math.sqrt(sum(self.rarity[term] ** 2 for term in known))
        return sum(self.weights[term] for term in known) / length if known else 0.0

    def _theme(self, terms: Iterable[str]) -> str:
        scores = list(self.theme_bias)
        for term in terms:
            for place, weight in enumerate(self.theme_weights.get(term, ())):
                scores[place] += weight
        return self.themes[max(range(len(scores)), key=scores.__getitem__)]


def _is_short(text: str) -> bool:
    return len(text) <= READ_AT_MOST and len(text.split()) <= LONGEST_CLAUSE


def _parts(text: str) -> list[str]:
    """The whole of a short message; the clauses of a long one."""
    return [text] if _is_short(text) else _clauses(text[:READ_AT_MOST]) or [text[:READ_AT_MOST]]


def _clauses(text: str) -> list[str]:
    """What stands between two pauses, and each clause of it, when it has several words."""
    found = dict.fromkeys([*_PAUSE.split(text), *_CLAUSE_END.split(text)])
    return [clause for clause in found if len(clause.split()) > 3]


@cache
def load_model() -> SafetyModel:
    """Return the model shipped with the service."""
    data = json.loads(MODEL_PATH.read_text("utf-8"))
    scale = data["scale"]
    return SafetyModel(
        trust_from=data["trust_from"],
        ask_from=data["ask_from"],
        urgent_from=data["urgent_from"],
        card_from=data["card_from"],
        sure_from=data["sure_from"],
        bias=data["bias"],
        weights={term: rarity * weight / scale**2 for term, (rarity, weight) in data["terms"].items()},
        rarity={term: rarity / scale for term, (rarity, _) in data["terms"].items()},
        themes=data["themes"],
        theme_bias=data["theme_bias"],
        theme_weights={term: [weight / scale for weight in row] for term, row in data["theme_terms"].items()},
    )
