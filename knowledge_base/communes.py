"""The commune said in a sentence, as residents write it.

The rule, from the surest to the least sure:

- a full name, an alias or a postcode counts wherever it stands ("caf lievin", "62300");
- a name that is also a word (Avion, Bus: noms_ambigus.txt, mots_courants.txt), the first word of several names
  (Noyelles), a small commune of another département: only where a place is said ("à Avion", "j'habite Avion",
  "mairie d'Avion") or, unless it is an everyday word, as the whole message;
- a name typed by ear (same sound) counts where a place is said or after "de", anywhere when long enough;
- a misspelt name (few letters away), or one whose words are cut short, only where a place is said, when nothing else
  is or when nothing else opens the message ("outro, tour 4", "outro je cherche"), and only when no everyday word is
  as near; it never goes across a comma.

A name after "rue de", "avenue de"… is a street. A wrong commune is worse than a question.

The rooms of this house: `place_names` what each name means; `misspelt_names` where a misspelt one may stand;
`near_names`, `shortened_names` and `phonetics` what it may stand for; `name_costs` which reading wins; `place_grammar`
what the words around tell; `mentions` which of several places is meant.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal

from assistance.french import fold
from assistance.lieu import Commune
from knowledge_base import place_grammar
from knowledge_base.mentions import Mention, choose, communes_of, narrow
from knowledge_base.misspelt_names import MisspeltNames, Pauses
from knowledge_base.near_names import NearNames
from knowledge_base.phonetics import sounds
from knowledge_base.place_grammar import SURELY_TOLD
from knowledge_base.place_names import (
    ARTICLES,
    KNOWN,
    POSTCODE,
    SMALL_WORDS,
    WELL_KNOWN,
    NameEnds,
    PlaceName,
    Postcodes,
    by_heavy_words,
    departement_names,
    expand,
    heavy_words,
    index,
    lands,
)
from knowledge_base.territory import Territory

_LONGEST_NAME = 7  # words
_LONGEST_LAND = 4  # words
_LEAST_LAND = 5  # letters of a land heard
_READ_AT_MOST = 2000  # characters: no message is longer (design §5.1)
_JOINS = frozenset(("sur", "les", "en", "sous", "au"))  # a longer name goes on: "saint paul sur ternoise"
# What stands for "saint" before a word that follows it in one of our names: "sain omer".
_LIKE_SAINT = frozenset((
    "sain", "sains", "san", "sant", "sait", "saitn", "sanit", "siant", "sin", "sint", "sen", "sent", "seint",
    "snt", "s",
))  # fmt: skip
_NEIGHBOUR_NUMBERS = ("59", "80")  # said alone, they are the départements beside this one
_BLOCKED = re.compile(
    r"\b(?:nord )?pas de calais\b|\bcroix rouge\b|\bsaint vincent de paul\b|\bsaint valentin\b|\bmille lieux\b"
)
_NOWHERE = PlaceName()
_STOP = re.compile(r"(?i)(?:[,;:!?]|(?<!\bs)(?<!\bst)(?<!\bste)\.)(?=\s|$)|\n| [–—(]")
_LAST_ACUTE = re.compile(r"\b(\w{2,})[éÉ]\b")
_SOUNDED_END = re.compile(r"(?:ers?|ez|ets?|a[iy]s?|ee)$")
_STOPPED = "zz"  # what stands for it among the words, until they are parted


@dataclass(frozen=True)
class CommuneMatch:
    """What a text says of a place.

    `one`: `communes` holds the commune meant; `several`: those it may be, the likeliest first (exact name, then
    population); `others`: the communes said beside those, the place of work, the one who asks for somebody else.
    `outside`: the name said of a place that is not in the Pas-de-Calais.
    """

    status: Literal["one", "several", "outside", "none"]
    communes: tuple[Commune, ...] = ()
    others: tuple[Commune, ...] = ()
    outside: str = ""
    departement: str = ""  # of the place outside: its name, "Nord"


class CommuneFinder:
    """Finds communes; its indexes are built once."""

    def __init__(self, territory: Territory, everyday_words: Iterable[str] = ()) -> None:
        """`everyday_words`, say those of the fiches, are never taken for a misspelt name."""
        self._communes = territory.communes
        self._common = territory.common_words
        self._never_misspelt = self._common.union(map(fold, everyday_words))
        self._names = index(territory)
        self._first_words = {name.split(" ", 1)[0] for name in self._names}
        self._names_by_heavy_words = by_heavy_words(self._names)
        self._postcodes = Postcodes(territory)
        self._departements = departement_names(territory)
        self._lands = lands(territory)
        countries = [place.nom for place in territory.elsewhere if place.kind == "pays"]
        self._countries_by_sound = {sounds(fold(name))[1]: name for name in countries if name.isalpha()}
        self._ends = NameEnds(self._names)
        self._saints = {sound for name in self._names if name.startswith("saint ") for sound in sounds(name.split()[1])}
        self._sounded_ends = {
            sounds(word)[0] for name in self._names for word in name.split() if _SOUNDED_END.search(word)
        }
        self._near = NearNames(self._names, self._never_misspelt)
        self._misspelt = MisspeltNames(self._names, self._never_misspelt, self._near)

    def by_code(self, code_insee: str) -> Commune | None:
        """Return the commune of this INSEE code."""
        return self._communes.get(code_insee)

    def find(self, text: str) -> CommuneMatch:
        """Return the communes said in `text`, a name, a postcode or a whole sentence."""
        read = self._unstuck(_words(_LAST_ACUTE.sub(self._heard_last, text[:_READ_AT_MOST])))
        words = [word for word in read if word != _STOPPED]
        alone = place_grammar.without_fillers(words)
        names = self._names_said(words, alone, _pauses(read))
        match = _match(words, narrow(names, self._by_postcode(words, alone, names)))
        return match if match.status != "none" else self._elsewhere(words, alone)

    def _heard_last(self, word: re.Match[str]) -> str:
        """Read "Samé" as "Samer": without its accent, the last letter would be mute."""
        folded = fold(word[0])
        heard = f"{word[1]}er"
        known = folded in self._never_misspelt or folded in self._first_words
        return word[0] if known or sounds(fold(heard))[0] not in self._sounded_ends else heard

    def _names_said(self, words: list[str], alone: tuple[int, int], pauses: Pauses) -> list[Mention]:
        written = [self._placed(words, mention) for mention in self._named(words, alone)]
        named = [mention for mention in written if not place_grammar.is_no_place(words, mention.start)]
        guessed = self._misspelt.find(words, alone, pauses, named)
        named = [
            mention
            for mention in named
            if (mention.name.outside or not self._misspelt.is_tail(words, mention.start))
            and not any(guess.start <= mention.start and mention.end <= guess.end for guess in guessed)
        ]
        return [*named, *guessed]

    def _placed(self, words: list[str], mention: Mention) -> Mention:
        """Read "Montreuil, dans le 93" as the place elsewhere it is."""
        number = place_grammar.departement_after(words, mention.end)
        if number == "62" or number not in self._departements:
            return mention
        said = " ".join(words[mention.start : mention.end]).title()
        return replace(mention, name=PlaceName(outside=said, departement=self._departements[number]))

    def _unstuck(self, words: list[str]) -> list[str]:
        """Part "darras", "alens", "jabitelens", where the apostrophe or the space was lost; read "sain omer"."""
        parted = [part for word in words for part in self._parted(word)]
        said = ["saint" if self._is_saint(*pair) else pair[0] for pair in pairwise([*parted, ""])]
        return [part for place in range(len(said)) for part in self._without_of(said, place)]

    def _without_of(self, words: list[str], place: int) -> tuple[str, ...]:
        """Part "on est dochelle", where a place comes after the lost apostrophe."""
        word = words[place]
        if (
            not place_grammar.may_begin_with_of(words, place)
            or word in self._never_misspelt
            or word in self._first_words
        ):
            return (word,)
        heard = self._near.guess((word[1:],), SURELY_TOLD)
        return (word[0], word[1:]) if heard and heard.communes else (word,)

    def _is_saint(self, word: str, following: str) -> bool:
        return word in _LIKE_SAINT and not self._saints.isdisjoint(sounds(following)) and len(following) >= 4

    def _parted(self, word: str) -> tuple[str, ...]:
        if len(word) < 5 or word in self._never_misspelt or word in self._first_words:
            return (word,)
        glued = place_grammar.GLUED.match(word)
        if glued and word[glued.end() :] in self._names:
            return ("habite", word[glued.end() :])
        name = self._names.get(word[1:]) if word[0] in "da" else None
        if name is not None and name.size >= (KNOWN if name.sure else WELL_KNOWN):
            return (word[0], word[1:])
        return (word,)

    def _named(self, words: list[str], alone: tuple[int, int]) -> Iterator[Mention]:
        """Yield the names written as they are, the longest at each word."""
        start = last_end = 0
        between = False
        while start < len(words):
            end, name = self._longest(words, start)
            # "entre Saint-Omer et Aire"
            joined = 0 < last_end == start - 1 and words[last_end] in ("et", "ou") and (between or end == len(words))
            if name is not None and (joined or self._counts(words, start, end, name, alone)):
                yield Mention(start, end, name, exact=name.exact)
                between = words[start - 1 : start] == ["entre"]
                start = last_end = end
            else:
                start += 1

    def _longest(self, words: list[str], start: int) -> tuple[int, PlaceName | None]:
        if words[start] in self._first_words:
            for end in range(min(len(words), start + _LONGEST_NAME), start, -1):
                said = words[start:end]
                if len(said[-1]) == 1 and end < len(words) and not place_grammar.is_initial(words, end - 1):
                    continue  # "Hesdin a"
                name = self._names.get(" ".join(said)) or self._names_by_heavy_words.get(heavy_words(said))
                if name is not None and (end == start + 1 or words[end - 1] not in SMALL_WORDS):
                    return end, name
        return start, None

    def _counts(self, words: list[str], start: int, end: int, name: PlaceName, alone: tuple[int, int]) -> bool:
        if self._goes_on(words, end, ("sous",) if name.communes else _JOINS):
            return False
        if name.outside and self._ends.end(words, end) > end:  # "erre sur la lys"
            return False
        if name.outside and self._is_article_and_word(words[start:end]):  # "l'aide à la garde", never La Garde
            return (start, end) == (0, len(words)) or place_grammar.is_at_home(words, start)
        if name.sure:
            return True
        if " ".join(words[start:end]) in self._common and not place_grammar.is_postcode(words, end):
            whole = start == 0 and (end == len(words) or place_grammar.goes_on_as_an_address(words, end))
            return (whole and name.exact) or place_grammar.is_surely_located(words, start)
        if place_grammar.is_located(words, start, name.article) or place_grammar.is_postcode(words, end):
            return True
        address = start == alone[0] and name.exact and place_grammar.goes_on_as_an_address(words, end)
        return (start, end) == alone or address or self._holds_only_names(words)

    def _is_article_and_word(self, said: list[str]) -> bool:
        return len(said) == 2 and said[0] in ARTICLES and said[1] in self._common

    def _holds_only_names(self, words: list[str]) -> bool:
        """Whether nothing but names is said: "Calais ? non, Marck"."""
        start = 0
        while start < len(words):
            end, _ = self._longest(words, start)
            if end == start and not place_grammar.is_polite(words[start : start + 1]):
                return False
            start = max(end, start + 1)
        return True

    def _goes_on(self, words: list[str], end: int, joins: Container[str]) -> bool:
        """Whether more of a name follows, that was not recognised: "saint paul | sur ternoise"."""
        after = words[end : end + 2]
        goes_on = len(after) == 2 and after[0] in joins and len(after[1]) >= 4
        return goes_on and (after[1] == "bois" or after[1] not in self._common)

    def _by_postcode(self, words: list[str], alone: tuple[int, int], names: list[Mention]) -> list[Mention]:
        found = []
        for start, word in enumerate(words):
            name = self._postcodes.get(word) if POSTCODE.fullmatch(word) else None
            if name is None or place_grammar.is_amount(words, start):
                continue
            beside = any(start in (mention.end, mention.start - 1) for mention in names)
            told = (start, start + 1) == alone or place_grammar.is_postal(words, start)
            if name.communes or beside or told:
                found.append(Mention(start, start + 1, name, exact=False))
        return found

    def _elsewhere(self, words: list[str], alone: tuple[int, int]) -> CommuneMatch:
        """Outside, for "j'habite en Belgique", "je suis du 59"; never for "dans le nord du département"."""
        for start, word in enumerate(words):
            if word in self._departements and word != "62" and self._is_said_by_number(words, start, alone):
                return CommuneMatch("outside", outside=self._departements[word], departement=self._departements[word])
            for end in range(min(len(words), start + _LONGEST_LAND), start, -1):
                land = self._land(words[start:end])
                if land and self._is_said(words, start, end, alone):
                    departement = land if land in self._departements.values() else ""
                    return CommuneMatch("outside", outside=land, departement=departement)
        return CommuneMatch("none")

    def _land(self, said: list[str]) -> str:
        """The country, region or département of this name, or of this sound: "belgik"."""
        heard = len(said) == 1 and len(said[0]) >= _LEAST_LAND and said[0] not in self._never_misspelt
        by_sound = self._countries_by_sound.get(sounds(said[0])[1], "") if heard else ""
        return self._lands.get(" ".join(said), by_sound)

    def _is_said_by_number(self, words: list[str], start: int, alone: tuple[int, int]) -> bool:
        named = " ".join(words[start + 1 :]) == fold(self._departements[words[start]])
        whole = named or alone[1] == start + 1 >= len(words)
        return (whole and words[start] in _NEIGHBOUR_NUMBERS) or place_grammar.is_departement_number(words, start)

    def _is_said(self, words: list[str], start: int, end: int, alone: tuple[int, int]) -> bool:
        if words[end : end + 1] and words[end] in ("du", "de", "des", "d", "et", "est"):
            return False
        whole = (start, end) == alone and " ".join(words[start:end]) not in self._common
        return whole or place_grammar.is_lived_in(words, start)


def _words(text: str) -> list[str]:
    folded = fold(_STOP.sub(f" {_STOPPED} ", text.replace("€", " euros ")))
    folded = re.sub(r"\bon (?:e|est)\b", "on sommes", folded)
    folded = re.sub(r"\bmeri(?= d)", "mairie", folded)
    folded = re.sub(r"\bsur l a\b(?! ?\d)", "sur l aa", folded)  # the river
    folded = re.sub(r"\b(\d\d) (\d{3})\b", r"\1\2", folded)  # a postcode with a space
    folded = re.sub(r"(?<=[a-z])\d(?=[a-z])", " ", folded)  # "saint0omer"
    folded = re.sub(r"(?<=[a-z]{3})(?=\d{2,5}\b)|(?<=\d{5})(?=[a-z])", " ", folded)  # "lens62", "62100calais"
    folded = re.sub(r"\bn d\b", "nd", folded)
    folded = re.sub(r"\b\w+\b(?! *$)", lambda word: place_grammar.read_by_ear(word[0]), folded)
    words = (expand("habite" if place_grammar.is_habite(word) else word) for word in folded.split())
    return _BLOCKED.sub("|", " ".join(words)).split()


def _pauses(read: list[str]) -> Pauses:
    """Return where a sentence stops, among its words once the marks are taken away; `read` holds them.

    A name may be all that is said, but for polite words, before the first comma, or before what is asked
    ("outro je cherche"); or before "quoi": "licque quoi".
    """
    places: list[int] = []
    heads: set[tuple[int, int]] = set()
    before = 0
    for stopped, clause in groupby(read, key=_STOPPED.__eq__):
        if stopped:
            places.append(before)
            continue
        said = list(clause)
        start, end = place_grammar.without_fillers(said)
        if end > 0 and (not heads or said[-1] == "quoi"):
            heads |= {(before + start, before + end), (before + start, before + place_grammar.head_end(said, start))}
        before += len(said)
    return Pauses((*places, before), frozenset(heads))


def _match(words: list[str], mentions: list[Mention]) -> CommuneMatch:
    choice = choose(words, mentions)
    communes = communes_of(choice.meant)
    others = tuple(
        dict.fromkeys(
            commune for mention in choice.beside for commune in communes_of([mention]) if commune not in communes
        )
    )
    away = next((mention.name for mention in (*choice.meant, *choice.beside) if mention.name.outside), _NOWHERE)
    if communes:
        return CommuneMatch("one" if len(communes) == 1 else "several", communes, others)
    status: Literal["outside", "none"] = "outside" if away.outside else "none"
    return CommuneMatch(status, (), others, away.outside, away.departement)
