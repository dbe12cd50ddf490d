"""The misspelt names of a sentence: where one may begin, how far it goes, how loosely it may be read there.

`near_names` says what a spelling stands for; here it is decided which words are tried. The clearer the words around
tell a place, the more is tried; an everyday word is part of a name only beside what tells one.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from knowledge_base import place_grammar
from knowledge_base.mentions import Mention
from knowledge_base.near_names import NearNames
from knowledge_base.place_grammar import SURELY_TOLD, TOLD, UNTOLD
from knowledge_base.place_names import ARTICLES, KNOWN, SMALL_WORDS, NameEnds, PlaceName

_LONGEST_GUESS = 5  # words: guesses cost more than names well written
_LONGEST_PARTED = 3  # words: "lie vin", "mon treuil sur"
_LEAST_PARTED = 5  # letters
# What stands in the middle of a name, and says that it is one: "avesne le conte".
INSIDE = ARTICLES | {"sur", "les", "en", "sous", "au"}
_JOINTS = frozenset(("saint", "sainte", "sur", "sous"))  # no everyday word is joined so to a strange one
_MAY_END = frozenset("dls")  # small words that are initials as well: "noyelles sous l"


@dataclass(frozen=True)
class _Span:
    """Words tried as a name."""

    words: list[str]
    start: int
    end: int
    told: int
    whole: bool  # nothing else is said
    home: bool  # one says to live there

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(self.words[self.start : self.end])


@dataclass(frozen=True)
class Pauses:
    """Where a message stops, at a comma or a full stop."""

    places: tuple[int, ...]  # of the words before which it does, in order; the end last
    heads: frozenset[tuple[int, int]]  # where a name may stand for all that is said between two stops

    def after(self, start: int) -> int:
        """Return the first stop after the word at `start`: a misspelt name goes no further."""
        return next(place for place in self.places if place > start)


class MisspeltNames:
    """Finds them; built once."""

    def __init__(self, names: Mapping[str, PlaceName], everyday: Container[str], near: NearNames) -> None:
        """`everyday` words are no part of a misspelt name, save beside what tells one."""
        self._names = names
        self._everyday = everyday
        self._near = near
        self._ends = NameEnds(names)
        self._first_words = {name.split(" ", 1)[0] for name in names}
        self._name_words = {word for name in names for word in name.split()}

    def find(self, words: list[str], alone: tuple[int, int], pauses: Pauses, named: list[Mention]) -> list[Mention]:
        """Return the names misspelt; one may hold a name well written: "loisom sous lens", "hesdin l abe".

        `alone`: where the message begins and ends without its polite words; `pauses`: where it stops;
        `named`: the names well written.
        """
        if not named and (whole := self._parted(tuple(words))):  # "ou treau"
            return [Mention(0, len(words), whole, exact=False)]
        ends = {mention.start: mention.end for mention in named}
        inside = {place for mention in named for place in range(mention.start + 1, mention.end)}
        found: list[Mention] = []
        done = 0
        for start in range(len(words)):
            taken = start < done or start in inside or place_grammar.is_no_place(words, start)
            if taken or not self._may_begin(words, start, alone):
                continue
            span, name = self._best_guess(words, start, ends, alone, pauses)
            if name is not None:
                found.append(Mention(start, span.end, name, exact=False, sure=span.told >= TOLD))
                done = span.end
        return found

    def is_tail(self, words: list[str], start: int) -> bool:
        """Whether the beginning of a longer name comes before, that was not recognised: "loiso sous | lens"."""
        before = words[max(0, start - 2) : start]
        unknown = len(before) == 2 and len(before[0]) >= 4 and before[0] not in self._everyday
        return unknown and before[1] in ("sous", "les")

    def _may_begin(self, words: list[str], start: int, alone: tuple[int, int]) -> bool:
        word = words[start]
        if place_grammar.tells_a_place(word):
            return False
        ended = self._ends.end(words, start + 1) > start + 1
        if len(word) == 1:
            told = start == alone[0] or place_grammar.told(words, start) == SURELY_TOLD
            return told and word not in "ay" and (ended or place_grammar.is_initial(words, start))
        if word in self._everyday:
            return word in self._first_words or ended or self._may_be_part(words, start, alone)
        return word.isalpha()

    def _may_be_part(self, words: list[str], start: int, alone: tuple[int, int]) -> bool:
        """Whether an everyday word may begin a name: "oie plage", "je suis à calé", "marc près de Calais"."""
        joined = words[start + 1 : start + 2] in (["les"], ["en"], ["sous"], ["sur"])
        beside = place_grammar.is_polite(words[:start]) and place_grammar.is_told_after(words, start + 1)
        whole = start == alone[0] and alone[1] <= start + 3
        parted = place_grammar.told(words, start) >= TOLD and self._parted(tuple(words[start : start + 2])) is not None
        return joined or beside or whole or parted or place_grammar.is_at_home(words, start)

    def _best_guess(
        self, words: list[str], start: int, ends: dict[int, int], alone: tuple[int, int], pauses: Pauses
    ) -> tuple[_Span, PlaceName | None]:
        """Try the most words first: "bruay la bussiere" before "bruay"; `ends` are those of the names well written."""
        span = _Span(words, start, start, told := place_grammar.told(words, start), whole=False, home=False)
        home = place_grammar.is_at_home(words, start)
        first = start == alone[0] or (start == alone[0] + 1 and words[start - 1] in ARTICLES)
        opens = told >= TOLD or place_grammar.is_polite(words[:start])
        last = min(pauses.after(start), start + _LONGEST_GUESS)
        for end in range(last, ends.get(start, start), -1):
            if not self._may_end(words, start, end, alone):
                continue
            whole = first and end == alone[1]
            sure = whole or place_grammar.is_postcode(words, end) or (opens and place_grammar.is_told_after(words, end))
            headed = TOLD if (start, end) in pauses.heads and self._may_head(words, start) else UNTOLD
            span = _Span(words, start, end, SURELY_TOLD if sure else max(told, headed), whole, home)
            name = self._guess_word(span) if end - start == 1 else self._guess_words(span, ends)
            if name is not None:
                return span, name
        return span, None

    def _may_head(self, words: list[str], start: int) -> bool:
        """Whether words before a comma may be a name: never "je suis élue,", nor "vin d'honneur,"."""
        strange = words[start] not in self._everyday or words[start] in self._first_words
        return strange and place_grammar.may_head(words, start)

    def _may_end(self, words: list[str], start: int, end: int, alone: tuple[int, int]) -> bool:
        last = words[end - 1]
        if last in SMALL_WORDS - _MAY_END or last == "et" or last.isdigit():
            return False
        ended = end - start > 1 and (end >= alone[1] or place_grammar.is_initial(words, end - 1))
        return len(last) > 1 or ended

    def _guess_word(self, span: _Span) -> PlaceName | None:
        word = span.words[span.start]
        if self.is_tail(span.words, span.start) or len(word) == 1 or word in ("saint", "sainte"):
            return None
        if word not in self._everyday:
            return self._near.guess((word,), span.told)
        beside = place_grammar.is_polite(span.words[: span.start]) and place_grammar.is_told_after(span.words, span.end)
        return self._near.heard_as(word) if len(span.words) == 1 or span.home or beside else None

    def _guess_words(self, span: _Span, ends: dict[int, int]) -> PlaceName | None:
        said = span.said
        unknown = [word for word in said if len(word) >= 2 and word not in self._everyday]
        told = span.told >= TOLD
        if told and (parted := self._parted(said)):
            return parted
        if span.whole or span.home or (told and (unknown or said[0] in self._first_words or len(said[0]) == 1)):
            shortened = self._near.cut_short(said)
            if shortened is not None:
                return shortened
        if not unknown:
            return self._guess_everyday(span)
        return self._guess_unknown(span, ends, unknown[-1])

    def _parted(self, said: tuple[str, ...]) -> PlaceName | None:
        """The name written with a space too many: "lie vin"."""
        if not 1 < len(said) <= _LONGEST_PARTED or (said[0] in ARTICLES and said[1] in self._everyday):
            return None
        joined = "".join(said)
        name = self._names.get(joined) if len(joined) >= _LEAST_PARTED else None
        return name if name is not None and name.communes and name.size >= KNOWN else None

    def _guess_everyday(self, span: _Span) -> PlaceName | None:
        """Several everyday words: "sally sur la lys", "j'habite à fleur baie"."""
        if self._ends.end(span.words, span.start + 1) == span.end:
            return self._near.guess(span.said, SURELY_TOLD)
        alone = len(span.words) == len(span.said) and span.said[0] not in ARTICLES
        told = alone or span.home or not INSIDE.isdisjoint(span.said[1:-1])
        return self._near.heard_all(span.said) if told else None

    def _goes_on(self, said: tuple[str, ...]) -> bool:
        """Whether a strange word goes on as a name does: "biahce saint vaast"."""
        return said[0] not in self._everyday and said[1] in _JOINTS and len(said) >= 3 <= len(said[-1])

    def _guess_unknown(self, span: _Span, ends: dict[int, int], unknown: str) -> PlaceName | None:
        said, start, end = span.said, span.start, span.end
        strange = not span.whole and any(
            word in self._everyday and word not in self._name_words and span.words[place - 1] not in INSIDE
            for place, word in enumerate(said, start)
        )
        # A first word well written, or a name well written inside, are as good as a locating word.
        inside = next((place for place in range(start + 1, end) if place in ends), None)
        known = span.told >= TOLD or inside is not None or said[0] in self._first_words or self._goes_on(said)
        beside = said[0] in self._everyday and (inside is not None or span.told < TOLD)  # "couture à Lens"
        joined = said[0] in self._first_words or said[1] in SMALL_WORDS
        if strange or beside or not known or (said[0] in self._everyday and not joined):
            return self._near.heard_all(said) if len(said) >= 3 or len(unknown) >= 5 else None
        # An everyday word at an end is more often beside the name than in it: "berk | demain".
        edge = INSIDE.isdisjoint(said[1:-1]) and (
            said[0] in self._everyday or (said[-1] in self._everyday and end - 1 not in ends)
        )
        within = start if start in ends else inside
        held = "" if within is None else "".join(span.words[within : min(end, ends[within])])
        return self._near.guess(said, max(span.told, TOLD), edge, held)
