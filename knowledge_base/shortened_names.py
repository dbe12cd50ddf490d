"""The names whose words are cut short: "mtg en goh", "st mart les blg", "biache st v".

Each word said stands, in order, for a word of the name: its first letters, its letters without the vowels, itself, or
its sound. The small words between may be left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from knowledge_base.name_costs import INITIAL, SAME_SOUND, SKELETON
from knowledge_base.phonetics import sounds
from knowledge_base.place_names import KNOWN, SMALL_WORDS, WELL_KNOWN, PlaceName

_VOWELS = frozenset("aeiouy")
_LEAST_START = 3  # letters of the first word
_LEAST_LETTERS = 4  # of the words that are not small, in all
_NEVER = 9.0  # letters: no reading


class _Words(NamedTuple):
    """A name, word by word."""

    joined: str
    words: tuple[str, ...]


class ShortenedNames:
    """The names of several words, found by words cut short."""

    def __init__(self, names: Mapping[str, PlaceName]) -> None:
        """`names` by spelling; those of our communes alone are kept."""
        self._by_initial: dict[str, list[_Words]] = defaultdict(list)
        self._known: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for spelling, name in names.items():
            words = tuple(spelling.split())
            if not name.communes or not name.exact:
                continue
            if len(words) > 1 and any(len(word) > 1 for word in words[1:]):
                self._by_initial[spelling[0]].append(_Words("".join(words), words))
            elif name.size >= KNOWN:
                self._known[spelling[0]].append((spelling, name.size >= WELL_KNOWN))

    def find(self, said: Sequence[str]) -> dict[str, float]:
        """Return the names `said` may stand for, joined into one word, with what each costs."""
        if len(said) == 1:
            known = self._known.get(said[0][0], ())
            return {name: SKELETON for name, well_known in known if _is_bare(said[0], name, well_known)}
        heavy = [word for word in said[:-1] if word not in SMALL_WORDS or word == said[0]] + [said[-1]]
        if len(heavy) < 2 or len("".join(heavy)) < _LEAST_LETTERS:
            return {}
        whole = None if len(heavy[0]) >= _LEAST_START else max(heavy, key=len)  # "n les mines"
        costs: dict[str, float] = {}
        for joined, words in self._by_initial.get(said[0][0], ()):
            if whole and (len(whole) < _LEAST_LETTERS or whole not in words):
                continue
            cost = _cost(said, words)
            if cost <= 1:
                costs[joined] = min(cost, costs.get(joined, cost))
        return costs


def _cost(said: Sequence[str], words: Sequence[str]) -> float:
    """What separates the words said from those of a name, the small ones free to be left out."""
    if not said or not words:
        return _NEVER if any(word not in SMALL_WORDS for word in (*said, *words)) else 0
    if said[0][0] == words[0][0]:
        cost = _word_cost(said[0], words[0])
        if cost < _NEVER:
            return cost + _cost(said[1:], words[1:])
    if words[0] in SMALL_WORDS or words[0] == "a":
        return _cost(said, words[1:])
    return _cost(said[1:], words) if said[0] in SMALL_WORDS else _NEVER


@lru_cache(maxsize=65536)
def _word_cost(said: str, word: str) -> float:
    if said == word or (word in SMALL_WORDS and word.startswith(said)):
        return 0
    if word.startswith(said):
        return INITIAL
    if len(said) > 2 and not set(sounds(said)).isdisjoint(sounds(word)):
        return SAME_SOUND * min(OSA.distance(said, word), 2)
    kept = said[1:-1] if len(said) > 2 and (said[-1] == word[-1] or said[-1] == "y") else said[1:]  # "bgne"
    if len(said) >= 2 and _VOWELS.isdisjoint(kept) and _holds_in_order(word, said):
        return SKELETON
    return 1.0 if len(word) >= 5 and OSA.distance(said, word, score_cutoff=1) == 1 else _NEVER


def _holds_in_order(word: str, letters: Iterable[str]) -> bool:
    left = iter(word)
    return all(letter in left for letter in letters)


def _is_bare(said: str, name: str, well_known: bool) -> bool:
    """Whether all the consonants of a name are said and not all its vowels, "wimrx"; the first ones do, "blg"."""
    bones, letters = name[0] + _without_vowels(name[1:]), said[0] + _without_vowels(said[1:])
    if len(letters) < _LEAST_START or not bones.startswith(letters):
        return False
    return (well_known and letters == said) or (letters == bones and _holds_in_order(name, said))


def _without_vowels(letters: str) -> str:
    return "".join(letter for letter in letters if letter not in _VOWELS)
