"""The one ranking of subjects: what a resident writes, and the fiches it is about.

An SQLite FTS5 table in memory, built in one go from the published fiches and never changed, gives the candidates.
They are then weighed by the terms and pairs of terms the message shares with each fiche, its own words first.
"""

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from assistance.fiche import THEMES, Fiche
from assistance.french import fold
from knowledge_base.spelling import (
    EVERYDAY_WORDS,
    SMS_WORDS,
    STOP_WORDS,
    WEAK_TERMS,
    Speller,
    fold_words,
    is_english,
    sound_of,
    split_words,
    term_of,
    write_out,
)

TEXT_LIMIT = 2_000  # characters of a message that are read
CANDIDATES = 40
FTS_TERMS = 24  # rarest terms of a message asked to SQLite

# How much one mention in a field says of what the fiche is about (chosen on held-back questions of the fiches).
FIELD_WEIGHTS = {"title": 3.0, "questions": 0.8, "mots": 3.0, "summary": 0.7, "theme": 0.5, "body": 0.25}
SATURATION = 3.0  # mentions that make half of the greatest strength
MOST_WEIGHT = 3.3  # of a term that one fiche holds, however many fiches there are
UNKNOWN_WEIGHT = 3.0  # of a term that none holds
WEAK_WEIGHT = 0.5
PAIR_WEIGHT = 0.5
REPAIRED_SURENESS = 0.7
UNREPAIRED_SURENESS = 0.3
NEAR = 75  # percent of likeness from which a message is lifted towards the fiche that holds such a question

WHOLE_WEIGHT = 0.1  # of a whole story, beside its best sentence
LONG_SENTENCE, WINDOW = 30, 20  # words
MOST_PARTS = 40
LONGEST_NAME = 6  # words of a commune: Saint-Martin-lez-Tatinghem and the like
SENTENCE_END = re.compile(r"[.!?;\n…]+(?:\s+|$)")
CLAUSE_END = re.compile(
    r"[.!?;:\n…]+(?:\s+|$)|,\s+|\s+(?:et puis|et aussi|mais aussi|en plus|par contre)\s+|\s+et\s+(?=j|on |m[aeo])",
    re.IGNORECASE,
)

# The chance that the first fiche is right, as a logistic curve fitted on the sentences to tune on, stories made of
# them, held-back questions of the fiches and out-of-scope sentences. `SURE` keeps *wrong and sure* under 2 % there.
BASE, BY_POINTS, BY_COVER, BY_LEAD = -3.9, 2.5, 4.5, 3.2
MOST_COVER = 1.5
SURE = 0.92
SURE_LEAD = 0.1  # under which two fiches are as likely, whatever the chance
FLOOR = 0.03


SAYINGS: Mapping[str, Sequence[str]] = yaml.safe_load(
    Path(__file__).with_name("sayings.yml").read_text(encoding="utf-8")
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Hit:
    """A fiche found; `score` is from 0 to 1 and compares between queries, `sure` says it may be answered alone."""

    slug: str
    score: float
    sure: bool


@dataclass(frozen=True)
class _Subject:
    """What is compared of one fiche: the strength of each of its terms (0 to 1), and its questions."""

    slug: str
    strengths: Mapping[str, float]
    questions: tuple[str, ...]  # their terms in alphabetical order, a space between


@dataclass(frozen=True)
class _Asked:
    """What is asked by a message or one of its sentences."""

    weights: Sequence[tuple[str, float]]  # of each term and pair
    total: float  # of the terms
    words: str  # the terms in alphabetical order


@dataclass(frozen=True, order=True)
class _Match:
    """How well a message and a fiche match: points gathered, and the part of what was asked that they make."""

    points: float
    cover: float


_NO_MATCH = _Match(0.0, 0.0)
Terms = Mapping[str, float]  # a term, or two a space apart, to how surely it was meant


class _Places:
    """The names of communes, left out of what is compared: they say where, not what."""

    def __init__(self, names: Iterable[str], fields: Sequence[Mapping[str, list[str]]]) -> None:
        folded = {fold(name) for name in names}
        own = _count_words(text for one in fields for name in ("title", "mots", "summary") for text in one[name])
        used = _count_words(text for one in fields for texts in one.values() for text in texts)
        kept = set(own) | EVERYDAY_WORDS.intersection(used)  # école, garde, marché: words first, names second
        self.words = frozenset(word for name in folded for word in name.split()) - kept
        self._names = frozenset(name for name in folded if " " in name)
        self._first_words = frozenset(name.split()[0] for name in self._names)

    def leave_out(self, words: Sequence[str]) -> list[str]:
        """Return `words` without the names, those of several words first."""
        left: list[str] = []
        start = 0
        while start < len(words):
            length = self._name_length(words, start) if words[start] in self._first_words else 0
            if not length and words[start] not in self.words:
                left.append(words[start])
            start += length or 1
        return left

    def _name_length(self, words: Sequence[str], start: int) -> int:
        lengths = range(LONGEST_NAME, 1, -1)
        return next((n for n in lengths if " ".join(words[start : start + n]) in self._names), 0)


class SearchIndex:
    """Finds the fiches a message is about; built once, never changed, safe to share between threads that only read."""

    def __init__(self, fiches: Sequence[Fiche], place_words: frozenset[str] = frozenset()) -> None:
        """Index `fiches`; `place_words` are the names of communes, in any spelling: they say where, not what."""
        ordered = sorted(fiches, key=lambda fiche: fiche.slug)
        fields = [_fields(fiche) for fiche in ordered]
        self._places = _Places(place_words, fields)
        self._speller = _make_speller(ordered, fields, self._places.words)
        self._numbers = {mot for fiche in fiches for mot in fiche.mots if mot.isdigit()}  # 115, 3919: names of services
        read = [{name: [list(self._read(text)) for text in texts] for name, texts in one.items()} for one in fields]
        self._weights = {term: MOST_WEIGHT * rarity * _emphasis(term) for term, rarity in _rarity(read).items()}
        self._subjects = tuple(
            _Subject(
                fiche.slug,
                _strengths(one),
                tuple(_sort_terms(terms) for terms in (*one["title"], *one["questions"])),
            )
            for fiche, one in zip(ordered, read, strict=True)
        )
        self._vocabulary = {term for subject in self._subjects for term in subject.strengths if " " not in term}
        self._spellings = _spellings(
            text for one in fields for name in one if name != "questions" for text in one[name]
        )
        self._database = _open_database(read)

    def search(self, text: str, limit: int = 5) -> list[Hit]:
        """Return the fiches `text` is about, the likeliest first; none scores under `FLOOR`, so there may be none.

        Equal messages give equal answers. Whatever `text` holds is read as words: FTS5 syntax means nothing.
        """
        return _to_hits(self._rank(self._read_parts(text)))[:limit]

    def needs(self, text: str, limit: int = 3) -> list[Hit]:
        """Return the fiches that single sentences or clauses of `text` are surely about, in the order they are told.

        Empty when no part is sure: then `search` tells what the whole may be about.
        """
        found: dict[str, Hit] = {}
        for terms in self._read_parts(text, CLAUSE_END):
            for hit in _to_hits(self._rank([terms]))[:1]:
                if hit.sure:
                    found.setdefault(hit.slug, hit)
        return list(found.values())[:limit]

    def repaired(self, text: str) -> str | None:
        """Return `text` with each misspelt word as it was understood; None when none was repaired."""
        text = text[:TEXT_LIMIT]
        if is_english(fold(text).split()):
            return None
        meant = _WORD.sub(self._repaired_word, text)
        return None if meant == text else meant

    @property
    def vocabulary_size(self) -> int:
        """How many terms the fiches hold."""
        return len(self._vocabulary)

    def _repaired_word(self, found: re.Match[str]) -> str:
        word = fold(found[0])
        meant = None if word in SMS_WORDS else self._speller.repair(word)
        glued = meant is not None and word.endswith(meant)  # jarrive, dargent: well understood, nothing to correct
        return found[0] if meant is None or glued else self._spellings.get(meant, meant)

    def _read(self, text: str) -> Terms:
        """Return the terms of `text`, pairs included, and how surely each was meant."""
        found: dict[str, float] = {}
        before = ""
        for word, meant in self._meanings(text):
            sureness = 1.0 if meant == word else REPAIRED_SURENESS
            term = term_of(meant)
            found[term] = max(sureness, found.get(term, 0.0))
            if meant != word:
                found.setdefault(term_of(word), UNREPAIRED_SURENESS)
            if before:
                found.setdefault(f"{before} {term}", sureness)
            before = term
        return found

    def _meanings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each word of `text` that may name a need, and the word it is taken for: itself, or its repair."""
        folded = fold_words(text)
        english = is_english(folded)
        for word in self._speller.join_letters(self._places.leave_out(write_out(folded))):
            if word not in STOP_WORDS and (not word.isdigit() or word in self._numbers):
                meant = (not english and self._speller.repair(word)) or word
                if meant not in STOP_WORDS:
                    yield word, meant

    def _weight(self, term: str) -> float:
        known = self._weights.get(term)
        if known is None:
            return 0.0 if " " in term else UNKNOWN_WEIGHT * _emphasis(term)
        return known

    def _candidates(self, terms: Iterable[str]) -> list[_Subject]:
        known = [term for term in terms if term in self._vocabulary]
        if not known:
            return []
        rarest = sorted(known, key=lambda term: (-self._weight(term), term))[:FTS_TERMS]
        asked = " OR ".join(f'"{term}"' for term in rarest)
        rows = self._database.execute(_SELECT, (asked, *FIELD_WEIGHTS.values(), CANDIDATES))
        return [self._subjects[row[0]] for row in rows]

    def _read_parts(self, text: str, end: re.Pattern[str] = SENTENCE_END) -> list[Terms]:
        read = (self._read(part) for part in split_parts(text[:TEXT_LIMIT], end)[:MOST_PARTS])
        return [terms for terms in read if terms]

    def _rank(self, parts: Sequence[Terms]) -> list[tuple[_Subject, _Match]]:
        """Return the candidates with the points they get, the most first.

        In a long story most sentences tell a life and one tells the need: the best sentence counts, the whole a little.
        """
        whole: dict[str, float] = {}
        for terms in parts:
            whole.update(terms)
        subjects = self._candidates(whole)
        held = {term: _who_holds(term, subjects) for term in whole if self._weight(term)}
        best = _match_all(subjects, held, self._ask(whole))
        if len(parts) > 1:
            by_part = (_match_all(subjects, held, self._ask(terms)) for terms in parts)
            best = [
                _Match(alone.points + WHOLE_WEIGHT * together.points, alone.cover)
                for together, alone in zip(best, map(max, zip(*by_part, strict=True)), strict=True)
            ]
        return sorted(zip(subjects, best, strict=True), key=lambda pair: (-pair[1].points, pair[0].slug))

    def _ask(self, terms: Terms) -> _Asked:
        weights = [(term, weight * sureness) for term, sureness in terms.items() if (weight := self._weight(term))]
        single = [(term, weight) for term, weight in weights if " " not in term]
        return _Asked(weights, sum(weight for _, weight in single), _sort_terms(terms))


def _who_holds(term: str, subjects: Sequence[_Subject]) -> list[tuple[int, float]]:
    return [(place, subject.strengths[term]) for place, subject in enumerate(subjects) if term in subject.strengths]


def _match_all(
    subjects: Sequence[_Subject], held: Mapping[str, Sequence[tuple[int, float]]], asked: _Asked
) -> list[_Match]:
    points = [0.0] * len(subjects)
    for term, weight in asked.weights:
        for place, strength in held[term]:
            points[place] += weight * strength
    serious = max(points, default=0.0) / 2
    return [
        _Match(got * (1 + (_nearness(subject, asked.words) if got > serious else 0.0)), got / (asked.total or 1.0))
        if got
        else _NO_MATCH
        for subject, got in zip(subjects, points, strict=True)
    ]


def _nearness(subject: _Subject, words: str) -> float:
    """Return 1 when `words` are those of one of the fiche's questions, 0 when they are not close to any."""
    found = process.extractOne(words, subject.questions, scorer=fuzz.ratio, score_cutoff=NEAR)
    return (found[1] - NEAR) / (100 - NEAR) if found else 0.0


def _sort_terms(terms: Iterable[str]) -> str:
    return " ".join(sorted(term for term in terms if " " not in term))


def split_parts(text: str, end: re.Pattern[str] = SENTENCE_END) -> list[str]:
    """Return the sentences of `text` (or what `end` ends); a long one is cut at its commas, then every 20 words."""
    parts: list[str] = []
    for sentence in end.split(text):
        long = len(sentence.split()) > LONG_SENTENCE
        for clause in CLAUSE_END.split(sentence) if long else [sentence]:
            words = clause.split()
            step = WINDOW if len(words) > LONG_SENTENCE else LONG_SENTENCE
            parts.extend(" ".join(words[start : start + step]) for start in range(0, len(words), step))
    return parts


def _to_hits(ranked: Sequence[tuple[_Subject, _Match]]) -> list[Hit]:
    """Give the first fiche the chance that it is right, and the others their part of it."""
    if not ranked or ranked[0][1].points <= 0:
        return []
    best = ranked[0][1]
    second = ranked[1][1].points if len(ranked) > 1 else 0.0
    lead = 1 - second / best.points
    chance = _chance(best, lead)
    scores = [(subject.slug, round(chance * match.points / best.points, 4)) for subject, match in ranked]
    return [
        Hit(slug, score, sure=place == 0 and score >= SURE and lead >= SURE_LEAD)
        for place, (slug, score) in enumerate(scores)
        if score >= FLOOR
    ]


def _chance(best: _Match, lead: float) -> float:
    cover = min(best.cover, MOST_COVER)
    return 1 / (1 + math.exp(-(BASE + BY_POINTS * math.log(best.points) + BY_COVER * cover + BY_LEAD * lead)))


def _fields(fiche: Fiche) -> dict[str, list[str]]:
    return {
        "title": [fiche.title],
        "questions": [*fiche.questions, *SAYINGS.get(fiche.slug, ())],
        "mots": list(fiche.mots),
        "summary": [fiche.summary],
        "theme": [THEMES[fiche.theme]],
        "body": [*fiche.sections.values(), *fiche.publics, fiche.operateur],
    }


def _count_words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in split_words(text))


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return for each folded word how it is most often written, accents and all."""
    written = Counter(word.lower() for text in texts for word in _WORD.findall(text))
    return {fold(word): word for word, _ in reversed(written.most_common())}


def _make_speller(
    fiches: Sequence[Fiche], fields: Sequence[Mapping[str, list[str]]], place_words: frozenset[str]
) -> Speller:
    """Trust the words of what was written with care, and those of `questions` that two fiches share."""
    counts = _count_words(text for one in fields for name in one if name != "questions" for text in one[name])
    acronyms = {fold(word) for fiche in fiches for mot in fiche.mots for word in mot.split() if word.isupper()}
    careful = Speller(counts, acronyms, place_words)
    asked = Counter(word for one in fields for word in _count_words(one["questions"]))
    counts.update({word: count for word, count in asked.items() if count > 1 and not _is_misspelt(word, careful)})
    return Speller(counts, acronyms, place_words)


def _is_misspelt(word: str, speller: Speller) -> bool:
    """Whether `word` sounds like a word of the fiches: written alike by two residents, it is still a misspelling."""
    meant = speller.repair(word)
    return meant is not None and sound_of(meant) == sound_of(word)


def _rarity(read: Sequence[Mapping[str, list[list[str]]]]) -> dict[str, float]:
    """Return for each term how rare it is among the fiches, their body text left out; 1 when one fiche holds it."""
    spread = Counter(
        term
        for one in read
        for term in {term for name, texts in one.items() if name != "body" for terms in texts for term in terms}
    )
    fiches = len(read)
    rarest = math.log(1 + (fiches - 0.5) / 1.5)
    return {term: math.log(1 + (fiches - count + 0.5) / (count + 0.5)) / rarest for term, count in spread.items()}


def _emphasis(term: str) -> float:
    """Return what a term counts for beside its rarity: less when every story says it, less for a pair."""
    first, _, second = term.partition(" ")
    weak = first in WEAK_TERMS and (not second or second in WEAK_TERMS)
    return (WEAK_WEIGHT if weak else 1.0) * (PAIR_WEIGHT if second else 1.0)


def _strengths(read: Mapping[str, list[list[str]]]) -> dict[str, float]:
    mentions: dict[str, float] = {}
    for name, texts in read.items():
        for terms in texts:
            for term in terms:
                if " " in term and name in ("body", "theme"):
                    continue
                mentions[term] = mentions.get(term, 0.0) + FIELD_WEIGHTS[name]
    return {term: count / (count + SATURATION) for term, count in mentions.items()}


_CREATE = """
    CREATE VIRTUAL TABLE fiche USING fts5(title, questions, mots, summary, theme, body, tokenize = 'unicode61')
"""
_INSERT = "INSERT INTO fiche(rowid, title, questions, mots, summary, theme, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT rowid FROM fiche WHERE fiche MATCH ? ORDER BY bm25(fiche, ?, ?, ?, ?, ?, ?), rowid LIMIT ?"


def _open_database(read: Sequence[Mapping[str, list[list[str]]]]) -> sqlite3.Connection:
    # Built in a thread, asked from the event loop; nothing is written after.
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute(_CREATE)
    database.executemany(
        _INSERT,
        ((number, *(_single_terms(one[name]) for name in FIELD_WEIGHTS)) for number, one in enumerate(read)),
    )
    return database


def _single_terms(texts: Iterable[Iterable[str]]) -> str:
    return " ".join(term for terms in texts for term in terms if " " not in term)
