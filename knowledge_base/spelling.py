"""French as residents write it (oral, SMS, by ear), brought to the terms the search compares."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistance.french import fold

_TABLES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("residents_words.yml").read_text(encoding="utf-8"))
STOP_WORDS = frozenset(_TABLES["stop_words"].split())
KNOWN_WORDS = frozenset(_TABLES["known_words"].split())
SMS_WORDS: Mapping[str, str] = {str(word): meant for word, meant in _TABLES["sms"].items()}
SYNONYMS: Mapping[str, str] = {
    word: line.split()[0] for line in _TABLES["synonyms"] for word in line.split()[1:] if word != line.split()[0]
}
ENGLISH_WORDS: Mapping[str, str] = _TABLES["english"]
ENGLISH_STOP_WORDS = frozenset(_TABLES["english_stop_words"].split())

SHORTEST_REPAIRED = 4
LONGEST_REPAIRED = 25
SHORTEST_SOUND = 3  # shorter keys sound like too many words
LONGEST_ACRONYM = 5

_ELISION = re.compile(r"^(?:qu|[cdjlmnst])")  # lapl, dargent, jarrive: its apostrophe is left out

_stem_word = snowballstemmer.stemmer("french").stemWord


@lru_cache(maxsize=50_000)
def term_of(word: str) -> str:
    """Return what a folded word is compared as: the French stem of the word, or of the one it is used for."""
    return str(_stem_word(SYNONYMS.get(word, word)))


WEAK_TERMS = frozenset(term_of(word) for word in _TABLES["weak_words"].split())
EVERYDAY_WORDS = KNOWN_WORDS.union(SYNONYMS, _TABLES["weak_words"].split())  # words first, names of communes second


def split_words(text: str) -> list[str]:
    """Return the folded words of `text` in order: SMS spellings written out, common English words put in French."""
    return write_out(fold_words(text))


def fold_words(text: str) -> list[str]:
    """Return the folded words of `text` as they are written, the name of the département aside."""
    return fold(text).replace("pas de calais", "departement").split()


def write_out(folded: Sequence[str]) -> list[str]:
    """Return folded words with SMS spellings written out and, in an English message, common words put in French."""
    words: list[str] = []
    for word in folded:
        meant = SMS_WORDS.get(word)
        words.extend([word] if meant is None else meant.split())
    return _translate(words) if is_english(words) else words


_FRENCH_TOO = frozenset(_TABLES["french_too"].split())
_ENGLISH_MARKERS = ENGLISH_STOP_WORDS.union(ENGLISH_WORDS) - STOP_WORDS - _FRENCH_TOO


def is_english(words: Sequence[str]) -> bool:
    """Whether at least two words, and a third of them all, are English words and no French ones."""
    english = sum(word in _ENGLISH_MARKERS for word in words)
    return english >= 2 and english * 3 >= len(words)


def _translate(words: Sequence[str]) -> list[str]:
    french = (ENGLISH_WORDS.get(word, word) for word in words if word not in ENGLISH_STOP_WORDS)
    return " ".join(french).split()


_SOUNDS = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        (r"ph", "f"), (r"(?<!c)h", ""), (r"e?aux?", "o"), (r"qu?|ck|c(?=[aouklrt]|$)", "k"),
        (r"ge(?=[ao])|d?g(?=[eiy])", "j"), (r"sc(?=[eiy])|c(?=[eiy])|ss+", "s"), (r"[ts]+i(?=on)", "si"),
        (r"[ae][nm](?=[^aeiouynm]|$)", "an"), (r"(ai|ei|i|y)[nm](?=[^aeiouynm]|$)", "in"),
        (r"[ae]i|er$|ez$|ee?s?$|ets?$|ents?$", "e"), (r"y", "i"), (r"(.)\1+", r"\1"),
        (r"(?<=...)[tdsxe]+$", ""), (r"z", "s"),
        (r"(?<=[aeiou][^aeiou])e(?=[^aeiou][aeiou])", ""),
    )
)  # fmt: skip


@lru_cache(maxsize=50_000)
def sound_of(word: str) -> str:
    """Return a rough key of how a folded word sounds: the spellings French confuses most, silent endings dropped."""
    for pattern, spelling in _SOUNDS:
        word = pattern.sub(spelling, word)
    return word


# How the letters of an acronym are written by those who spell it by ear, folded.
_LETTERS = {
    "a": "a ha", "b": "be b", "c": "ce se c", "d": "de d", "e": "e eu", "f": "ef effe eff f", "g": "ge je g",
    "h": "ache ach h", "i": "i", "j": "ji j", "k": "ka k", "l": "el elle ele l", "m": "em emme eme aime m",
    "n": "en enne ene n", "o": "o", "p": "pe pai p", "q": "cu ku q", "r": "er erre ere air r",
    "s": "es esse ess ese s", "t": "te t", "u": "u", "v": "ve v", "x": "ix ixe x", "y": "igrec y", "z": "zed z",
}  # fmt: skip

_LETTER_NAMES = frozenset(name for names in _LETTERS.values() for name in names.split()) | frozenset(_LETTERS)


def spell_aloud(acronym: str) -> set[str]:
    """Return the ways a folded acronym is written by ear in one word: `hlm` gives `achelem`, `achelemme`…"""
    if not acronym.isalpha() or not 3 <= len(acronym) <= LONGEST_ACRONYM:
        return set()
    spoken = {"".join(names) for names in itertools.product(*(_LETTERS.get(x, x).split() for x in acronym))}
    return {name for name in spoken if len(name) >= len(acronym) + 2}


class Speller:
    """Repairs words absent from a vocabulary; leaves alone place names, numbers and short words."""

    def __init__(self, counts: Mapping[str, int], acronyms: Iterable[str] = (), untouched: Iterable[str] = ()) -> None:
        """Take how often each folded word is used, the folded acronyms, and the folded words never to repair."""
        self._counts = dict(counts)
        self._untouched = STOP_WORDS | EVERYDAY_WORDS | frozenset(untouched)
        self._terms = {term_of(word) for word in counts}
        self._acronyms = frozenset(acronyms)
        self._aloud = {name: acronym for acronym in sorted(self._acronyms) for name in spell_aloud(acronym)}
        self._by_start: dict[tuple[str, int], list[str]] = defaultdict(list)  # by first letter and length
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for word in sorted(counts):
            if len(word) >= SHORTEST_REPAIRED and word.isalpha():
                self._by_start[word[0], len(word)].append(word)
                self._by_sound[sound_of(word)].append(word)
        self._repaired: dict[str, str | None] = {}

    def join_letters(self, words: Sequence[str]) -> list[str]:
        """Return `words` with acronyms spelled out in several words (`a pe elle`) joined (`apl`)."""
        joined: list[str] = []
        start = 0
        while start < len(words):
            spelt = _LETTER_NAMES.issuperset(words[start : start + 2])
            furthest = start + LONGEST_ACRONYM if spelt else start
            for end in range(min(furthest, len(words)), start + 1, -1):
                acronym = self._acronym(words[start:end])
                if acronym:
                    joined.append(acronym)
                    start = end
                    break
            else:
                joined.append(words[start])
                start += 1
        return joined

    def _acronym(self, words: Sequence[str]) -> str | None:
        together = "".join(words)
        if together in self._acronyms and all(len(word) == 1 for word in words):
            return together
        return self._aloud.get(together) if max(map(len, words)) <= LONGEST_ACRONYM else None

    def repair(self, word: str) -> str | None:
        """Return the word meant by an unknown folded `word`; None when it is known, untouchable or like no other."""
        if word in self._counts or word in self._untouched or not word.isalpha():
            return None
        if word not in self._repaired:
            if len(self._repaired) > 20_000:
                self._repaired.clear()
            self._repaired[word] = None if term_of(word) in self._terms else self._nearest(word)
        return self._repaired[word]

    def _nearest(self, word: str) -> str | None:
        if word in self._aloud:
            return self._aloud[word]
        if not SHORTEST_REPAIRED <= len(word) <= LONGEST_REPAIRED:
            return None
        bare = _ELISION.sub("", word)
        if bare in self._aloud:
            return self._aloud[bare]
        if len(bare) >= 3 and bare != word and (bare in self._counts or bare in STOP_WORDS):
            return bare
        heard = self._sounding_like(word) or (self._sounding_like(bare) if len(bare) > SHORTEST_REPAIRED else [])
        alike = heard or self._few_slips_away(word) or self._few_slips_away(bare)
        return min(alike, key=lambda known: (OSA.distance(word, known), -self._counts[known], known), default=None)

    def _sounding_like(self, word: str) -> list[str]:
        sound = sound_of(word)
        return self._by_sound.get(sound, []) if len(sound) >= SHORTEST_SOUND else []

    def _few_slips_away(self, word: str) -> list[str]:
        if len(word) < SHORTEST_REPAIRED:
            return []
        slips = 1 if len(word) < 8 else 2
        lengths = range(len(word) - slips, len(word) + slips + 1)
        known = [other for length in lengths for other in self._by_start.get((word[0], length), ())]
        near = process.extract(word, known, scorer=OSA.distance, score_cutoff=slips, limit=None)
        return [other for other, _, _ in near]
