"""What is compared of a text: its terms, its pairs of terms, and its words as they are said.

Three kinds of marks, told by how they are written: `loyer` (a term: the stem of a word that may name a need),
`loyer impay` (two terms that follow each other), `~je dois` (one or two words as they are said, stop words too).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from assistance.fiche import Fiche
from assistance.french import fold
from knowledge_base.spelling import (
    EVERYDAY_WORDS,
    SMS_WORDS,
    STOP_WORDS,
    Speller,
    fold_words,
    is_english,
    sound_of,
    split_words,
    term_of,
    write_out,
)

REPAIRED_SURENESS = 0.7
UNREPAIRED_SURENESS = 0.3
LONG_SENTENCE, WINDOW = 30, 20  # words
LONGEST_NAME = 6  # words of a commune: Saint-Martin-lez-Tatinghem and the like
SAID = "~"
SENTENCE_END = re.compile(r"[.!?;\n…]+(?:\s+|$)")
CLAUSE_END = re.compile(
    r"[.!?;:\n…]+(?:\s+|$)|,\s+|\s+(?:et puis|et aussi|mais aussi|en plus|par contre)\s+"
    r"|\s+(?:et|and)\s+(?=\S+\s+\S+\s+\S)",
    re.IGNORECASE,
)

_WORD = re.compile(r"[^\W\d_]+")

Fields = Mapping[str, Sequence[str]]  # the texts of a fiche by the name of the field
Marks = dict[str, float]  # to how surely each was meant, from 0 to 1


class Reading(NamedTuple):
    """What is compared of a text."""

    marks: Marks  # all of them
    terms: Sequence[str]  # those that are terms, in alphabetical order


def is_term(mark: str) -> bool:
    """Whether `mark` is one term: neither a pair nor words as they are said."""
    return not mark.startswith(SAID) and " " not in mark


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


class Reader:
    """Reads messages, and the fiches themselves, with the words of the fiches and the names of the communes."""

    def __init__(self, fiches: Sequence[Fiche], fields: Sequence[Fields], place_names: Iterable[str]) -> None:
        """Take the fiches, their texts in the same order, and the names of the communes in any spelling."""
        self._places = _Places(place_names, fields)
        self._speller = _make_speller(fiches, fields, self._places.words)
        self._numbers = {mot for fiche in fiches for mot in fiche.mots if mot.isdigit()}  # 115, 3919: names of services
        self._spellings = _spellings(
            text for one in fields for name in one if name != "questions" for text in one[name]
        )

    def read(self, text: str) -> Reading:
        """Return what is compared of `text`."""
        terms: Marks = {}
        others: Marks = {}
        word_before = term_before = ""
        for word, meant in self._meanings(text):
            others[SAID + meant] = 1.0
            if word_before:
                others[f"{SAID}{word_before} {meant}"] = 1.0
            word_before = meant
            if meant in STOP_WORDS:
                continue
            sureness = 1.0 if meant == word else REPAIRED_SURENESS
            term = term_of(meant)
            terms[term] = max(sureness, terms.get(term, 0.0))
            if meant != word:
                terms.setdefault(term_of(word), UNREPAIRED_SURENESS)
            if term_before:
                others.setdefault(f"{term_before} {term}", sureness)
            term_before = term
        return Reading(terms | others, sorted(terms))

    def repaired(self, text: str) -> str | None:
        """Return `text` with each misspelt word as it was understood; None when none was repaired."""
        if is_english(fold(text).split()):
            return None
        meant = _WORD.sub(self._repaired_word, text)
        return None if meant == text else meant

    def _repaired_word(self, found: re.Match[str]) -> str:
        word = fold(found[0])
        meant = None if word in SMS_WORDS else self._speller.repair(word)
        glued = meant is not None and word.endswith(meant)  # jarrive, dargent: well understood, nothing to correct
        return found[0] if meant is None or glued else self._spellings.get(meant, meant)

    def _meanings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each word of `text` that does not name a place, and the word it is taken for: itself, or its repair."""
        folded = fold_words(text)
        english = is_english(folded)
        for word in self._speller.join_letters(self._places.leave_out(write_out(folded))):
            if word in STOP_WORDS:
                yield word, word
            elif not word.isdigit() or word in self._numbers:
                yield word, (not english and self._speller.repair(word)) or word


class _Places:
    """The names of communes, left out of what is compared: they say where, not what."""

    def __init__(self, names: Iterable[str], fields: Sequence[Fields]) -> None:
        folded = {fold(name) for name in names}
        careful = (text for one in fields for name in ("title", "mots", "summary") for text in one[name])
        own = _count_words(map(_leave_out_names, careful))
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


def _leave_out_names(text: str) -> str:
    """Return the words of `text` that are written small: with a capital, "Calais" names a place even in a summary."""
    return " ".join(word for word in _WORD.findall(text) if word.islower())


def _count_words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in split_words(text))


def _spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return for each folded word how it is most often written, accents and all."""
    written = Counter(word.lower() for text in texts for word in _WORD.findall(text))
    return {fold(word): word for word, _ in reversed(written.most_common())}


def _make_speller(fiches: Sequence[Fiche], fields: Sequence[Fields], place_words: frozenset[str]) -> Speller:
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
