"""The one ranking of subjects: what a resident writes, and the fiches it is about.

A message is read (`reading`), each of its marks brings points to the fiches that hold it (`weighing`), and the first
fiche gets the chance that it is right. The index is built in one go from the published fiches and never changed.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml
from rapidfuzz import fuzz, process

from assistance.fiche import THEMES, Fiche
from assistance.french import fold
from knowledge_base.candidates import Candidates
from knowledge_base.reading import CLAUSE_END, SENTENCE_END, Marks, Reader, Reading, split_parts
from knowledge_base.spelling import term_of
from knowledge_base.weighing import unknown_weight, weigh

TEXT_LIMIT = 2_000  # characters of a message that are read
MOST_PARTS = 40
MOST_MATCHED = 8  # parts, those that may tell the most
CANDIDATES = 24  # fiches that are weighed
MOST_TERMS = 24  # rarest terms of a message that candidates are looked for with
NAMED = 1.5  # lift of the fiche that the message names, and says nothing else
NEAR = 75  # percent of likeness from which a message is lifted towards the fiche that holds such a question
WHOLE_WEIGHT = 0.3  # of a whole story, beside its best sentence

# The chance that the first fiche is right, as a logistic curve fitted on the sentences to tune on and on out-of-scope
# ones; `SURE` keeps *wrong and sure* under 1.5 % of each of those sets, a margin on the 2 % to hold.
BASE, BY_POINTS, BY_COVER, BY_LEAD = -4.4, 2.45, 2.4, 2.0
MOST_COVER = 1.5
SURE = 0.88
SURE_LEAD = 0.2  # under which two fiches are as likely, whatever the chance
MOST_CLAUSES = 6  # of a message whose clauses are weighed one by one: a longer story costs too much
MOST_TOLD = 0.69  # of the first's score, what a single clause may give another: less than takes its lead
FLOOR = 0.03
HEARD = 0.08  # chance of the first under which a message tells no need

SAYINGS: Mapping[str, Sequence[str]] = yaml.load(
    Path(__file__).with_name("sayings.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)


@dataclass(frozen=True)
class Hit:
    """A fiche found; `score` is from 0 to 1 and compares between queries, `sure` says it may be answered alone."""

    slug: str
    score: float
    sure: bool


@dataclass(frozen=True)
class _Subject:
    """A fiche, and the sayings it is lifted for: their terms in alphabetical order, a space between."""

    slug: str
    questions: tuple[str, ...]
    names: frozenset[str]


class _Match(NamedTuple):
    """A message or one of its sentences, and the points it brings to each candidate, by place."""

    read: Reading
    shared: Sequence[float]  # for the marks they share
    points: Sequence[float]  # lifted where the words are those of a question of the fiche


class _Ranked(NamedTuple):
    """The slugs of the fiches that got points, their points, the most first; and how well the first was matched."""

    slugs: Sequence[str]
    points: Sequence[float]
    cover: float  # of what was asked, the part that the first fiche answers to


_Gains = Mapping[str, Mapping[int, float]]  # the points that a mark brings, by the place of a candidate


class SearchIndex:
    """Finds the fiches a message is about; built once, never changed, safe to share between threads that only read."""

    def __init__(self, fiches: Sequence[Fiche], place_words: frozenset[str] = frozenset()) -> None:
        """Index `fiches`; `place_words` are the names of communes, in any spelling: they say where, not what."""
        ordered = sorted(fiches, key=lambda fiche: fiche.slug)
        fields = [_fields(fiche) for fiche in ordered]
        self._reader = Reader(ordered, fields, place_words)
        read = [{name: list(map(self._reader.read, texts)) for name, texts in one.items()} for one in fields]
        self._subjects = [
            _Subject(
                fiche.slug,
                tuple(" ".join(asked.terms) for asked in (*one["title"], *one["questions"])),
                frozenset(" ".join(name.terms) for name in one["mots"]),
            )
            for fiche, one in zip(ordered, read, strict=True)
        ]
        self._weights, self._gains = weigh(read, [_acronyms(fiche) for fiche in ordered])
        self._most_gains = {term: max(self._gains[term].values()) for term in self._weights}
        self._candidates = Candidates(read)

    def search(self, text: str, limit: int = 5) -> list[Hit]:
        """Return the fiches `text` is about, the likeliest first; none scores under `FLOOR`, so there may be none.

        Equal messages give equal answers. Whatever `text` holds is read as words: FTS5 syntax means nothing.
        """
        hits = _to_hits(self._rank(self._read_parts(text)))
        return (hits if not hits or hits[0].sure else self._add_told(hits, text))[:limit]

    def needs(self, text: str, limit: int = 3) -> list[Hit]:
        """Return the fiches that single sentences or clauses of `text` are surely about, in the order they are told.

        Empty when no part is sure: then `search` tells what the whole may be about.
        """
        found: dict[str, Hit] = {}
        for part in self._read_parts(text, CLAUSE_END):
            for hit in _to_hits(self._rank([part]))[:1]:
                if hit.sure:
                    found.setdefault(hit.slug, hit)
        return list(found.values())[:limit]

    def _add_told(self, hits: Sequence[Hit], text: str) -> list[Hit]:
        """Return `hits` with what single clauses are about, behind the first: of two needs told, both may be chosen."""
        if not 2 <= len(split_parts(text[:TEXT_LIMIT], CLAUSE_END)) <= MOST_CLAUSES:
            return list(hits)
        clauses = self._read_parts(text, CLAUSE_END)
        told = [hit for clause in clauses for hit in _to_hits(self._rank([clause]))[:1]]
        most = round(MOST_TOLD * hits[0].score, 4)
        scores = {hit.slug: hit.score for hit in hits[1:]}
        for hit in told:
            scores[hit.slug] = max(scores.get(hit.slug, 0.0), min(hit.score, most))
        scores.pop(hits[0].slug, None)
        others = (Hit(slug, score, sure=False) for slug, score in scores.items() if score >= FLOOR)
        return [hits[0], *sorted(others, key=lambda hit: (-hit.score, hit.slug))]

    def repaired(self, text: str) -> str | None:
        """Return `text` with each misspelt word as it was understood; None when none was repaired."""
        return self._reader.repaired(text[:TEXT_LIMIT])

    @property
    def vocabulary_size(self) -> int:
        """How many terms the fiches hold."""
        return len(self._weights)

    def _read_parts(self, text: str, end: re.Pattern[str] = SENTENCE_END) -> list[Reading]:
        read = (self._reader.read(part) for part in split_parts(text[:TEXT_LIMIT], end)[:MOST_PARTS])
        return [one for one in read if one.marks]

    def _rank(self, parts: Sequence[Reading]) -> _Ranked:
        """Return the fiches that get points.

        In a long story most sentences tell a life and one tells the need: the best sentence counts, the whole a little.
        """
        whole = _join(parts)
        numbers = self._find_candidates(whole)
        if not numbers:
            return _Ranked((), (), 0.0)
        subjects = [self._subjects[number] for number in numbers]
        gains = self._gains if len(numbers) == len(self._subjects) else _among(numbers, whole, self._gains)
        matches = [_match(part, subjects, gains) for part in self._keep_telling(parts)]
        points = list(map(max, zip(*(match.points for match in matches), strict=True)))
        if len(parts) > 1:
            beside = _match(whole, subjects, gains).points
            points = [best + WHOLE_WEIGHT * more for best, more in zip(points, beside, strict=True)]
        places = sorted((place for place, got in enumerate(points) if got), key=lambda place: -points[place])
        return _Ranked(
            [subjects[place].slug for place in places],
            [points[place] for place in places],
            self._cover(matches, places[0]) if places else 0.0,
        )

    def _find_candidates(self, read: Reading) -> Sequence[int]:
        """Return the numbers of the fiches to weigh, in ascending order: none when no term is known."""
        known = [term for term in read.terms if term in self._weights]
        if not known or len(self._subjects) <= CANDIDATES:
            return range(len(self._subjects) if known else 0)
        rarest = sorted(known, key=lambda term: -self._weights[term])[:MOST_TERMS]
        return self._candidates.find(rarest, CANDIDATES)

    def _keep_telling(self, parts: Sequence[Reading]) -> Sequence[Reading]:
        if len(parts) <= MOST_MATCHED:
            return parts
        return sorted(parts, key=self._most_points, reverse=True)[:MOST_MATCHED]

    def _most_points(self, part: Reading) -> float:
        """Return what `part` would bring to a fiche that holds each of its terms the most strongly."""
        return sum(self._most_gains.get(term, 0.0) for term in part.terms)

    def _cover(self, matches: Sequence[_Match], place: int) -> float:
        """Return the part of what its best sentence asks that the fiche at `place` answers to; over 1 for its words."""
        best = max(matches, key=lambda match: match.points[place])
        asked = sum(best.read.marks[term] * self._weight(term) for term in best.read.terms)
        return best.shared[place] / (asked or 1.0)

    def _weight(self, term: str) -> float:
        return self._weights.get(term) or unknown_weight(term)


def _join(parts: Sequence[Reading]) -> Reading:
    marks: Marks = {}
    for part in parts:
        marks.update(part.marks)
    return Reading(marks, sorted({term for part in parts for term in part.terms}))


def _among(numbers: Sequence[int], read: Reading, gains: _Gains) -> _Gains:
    """Return the gains of the marks of `read` for the fiches with these `numbers`, by their place among them."""
    places = {number: place for place, number in enumerate(numbers)}
    held = ((mark, gains[mark]) for mark in read.marks if mark in gains)
    return {
        mark: {places[number]: holders[number] for number in places.keys() & holders.keys()} for mark, holders in held
    }


def _match(read: Reading, subjects: Sequence[_Subject], gains: _Gains) -> _Match:
    shared = [0.0] * len(subjects)
    for mark, sureness in read.marks.items():
        if mark in gains:
            for place, gain in gains[mark].items():
                shared[place] += sureness * gain
    serious = max(shared) / 2
    words = " ".join(read.terms)
    points = [
        got * (1 + _nearness(subjects[place], words)) if got > serious else got for place, got in enumerate(shared)
    ]
    return _Match(read, shared, points)


def _nearness(subject: _Subject, words: str) -> float:
    """Return 1 when `words` are those of one of the fiche's questions, 0 when they are not close to any."""
    if words in subject.names:
        return NAMED
    found = process.extractOne(words, subject.questions, scorer=fuzz.ratio, score_cutoff=NEAR)
    return (found[1] - NEAR) / (100 - NEAR) if found else 0.0


def _to_hits(ranked: _Ranked) -> list[Hit]:
    """Give the first fiche the chance that it is right, and the others their part of it."""
    if not ranked.slugs:
        return []
    best, second = (*ranked.points, 0.0)[:2]
    lead = 1 - second / best
    chance = _chance(best, ranked.cover, lead)
    if chance < HEARD:
        return []
    scores = [round(chance * points / best, 4) for points in ranked.points]
    return [
        Hit(slug, score, sure=place == 0 and score >= SURE and lead >= SURE_LEAD)
        for place, (slug, score) in enumerate(zip(ranked.slugs, scores, strict=True))
        if score >= FLOOR
    ]


def _chance(points: float, cover: float, lead: float) -> float:
    known = min(cover, MOST_COVER)
    return 1 / (1 + math.exp(-(BASE + BY_POINTS * math.log(points) + BY_COVER * known + BY_LEAD * lead)))


def _acronyms(fiche: Fiche) -> frozenset[str]:
    return frozenset(term_of(fold(mot)) for mot in fiche.mots if mot.isalpha() and mot.isupper())


def _fields(fiche: Fiche) -> dict[str, list[str]]:
    """Return what a fiche is found by."""
    return {
        "title": [fiche.title],
        "questions": [*fiche.questions, *SAYINGS.get(fiche.slug, ())],
        "mots": list(fiche.mots),
        "summary": [fiche.summary],
        "theme": [THEMES[fiche.theme]],
        "body": [*fiche.sections.values(), *fiche.publics, fiche.operateur],
    }
