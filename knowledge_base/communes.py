"""The commune said in a sentence, as residents write it.

The rule, from the surest to the least sure:

- a full name, an alias or a postcode counts wherever it stands ("caf lievin", "62300");
- a name that is also a word (Avion, Bus: noms_ambigus.txt, mots_courants.txt), the first word of several names
  (Noyelles), a small commune of another département: only where a place is said ("à Avion", "j'habite Avion",
  "mairie d'Avion") or, unless it is an everyday word, as the whole message;
- a name typed by ear (same sound) counts where a place is said, anywhere when long enough;
- a misspelt name (few letters away) only where a place is said, and only when no everyday word is as near.

A name after "rue de", "avenue de"… is a street. A wrong commune is worse than a question.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistance.french import fold
from assistance.lieu import Commune
from knowledge_base.territory import Territory

_LONGEST_NAME = 7  # words
_LONGEST_GUESS = 5  # words: guesses cost more
_LONG_WORD = 6  # letters: fewer sound like too many things to count without a locating word
_READ_AT_MOST = 2000  # characters: no message is longer (design §5.1)
_OUTSIDE_CITY = 5000  # inhabitants: known by name beyond its surroundings, needs no locating word
_FUZZY_CITY = 10_000  # a city people name, and misspell, from afar
_MUCH_LARGER = 10  # times: then the homonym of another département is the one meant

_POSTCODE = re.compile(r"\d{5}")
_BLOCKED = re.compile(r"\b(?:nord )?pas de calais\b|\bcroix rouge\b|\bsaint vincent de paul\b|\bsaint valentin\b")
_SPELLINGS = {"st": "saint", "ste": "sainte", "lez": "les", "s/": "sur"}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SMALL_WORDS = _set("sur les le la l en au aux de d du des sous")
_ARTICLES = _set("le la les l")
_JOINS = _set("sur les en sous au")  # a longer name goes on: "saint paul sur ternoise"
_MONEY = _set("euros euro e eur habitants habitant")

_TO = _set("a vers sur")
_TO_THE = _set("au aux du des le la les")  # before a name that bears an article: au Portel
_OF = _set("de d du des")
_HAS = _set("il elle on y ya qui m l t n ca ils elles")  # "elle a avion": a verb, not "à"
_STREETS = _set("rue avenue av bd boulevard impasse allee route chemin chaussee square faubourg place")
_HOME_VERBS = _set(
    """habite habites habitons habitant habitais habiter abite jhabite jabite habit abit habitte vis vit vivons vivant
    reside residant demeure demeurant domicilie domiciliee loge logee heberge hebergee installe installee demenage
    emmenage dors dormons dort maison logement appartement"""
)
_OTHER_VERBS = _set(
    """travaille travailler bosse bosser boulot taf travail ne nee etudie stage aller vais va irai passe scolarise
    scolarisee hospitalise hospitalisee rdv"""
)
_PLACE_NOUNS = _set(
    """mairie commune ville village bourg hameau secteur canton agglo agglomeration gare hopital clinique maternite
    caf cpam ccas cias mds mdph pmi msa secu carsat poste ecole college lycee creche prefecture tribunal gendarmerie
    police commissariat marche mission locale emploi enploi amploi travail services service solidarite centre
    quartier pres proche cote loin autour alentours environs region coin viens vient venant originaire depuis partir
    habitants habitant residents"""
)
_COMES_FROM = _set("suis es est sommes")  # "je suis de Marck", never "je suis marck"
_FILLERS = _set(
    """bonjour bjr bonsoir bsr salut svp stp s il vous te plait merci non oui ok pardon plutot et ou alors euh bah ben
    c est ma mon la le les commune ville village de d du a au aux en pour moi je j suis sur vers dans desole desolee
    mais jhabite jabite habite pas chez nous on ici cedex"""
)

_BY_EAR = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"), (r"th", "t"), (r"sch|sh|ch", "C"), (r"cqu?|ck|qu?|k+", "k"), (r"sc(?=[eiy])|c(?=[eiy])", "s"),
        (r"c", "k"), (r"gu(?=[eiy])", "g"), (r"ge(?=[ao])|g(?=[eiy])", "j"), (r"y", "i"), (r"h", ""), (r"w", "v"),
        (r"z", "s"), (r"(.)\1+", r"\1"), (r"eaux?|au", "o"), (r"oeu|eu", "e"), (r"ou", "U"), (r"oi", "W"),
        (r"(?:ain|ein|in|aim|im)(?![aeiouUWnm])", "I"), (r"(?:an|am|en|em)(?![aeiouUWnm])", "A"),
        (r"(?:on|om)(?![aeiouUWnm])", "O"), (r"(?:ais|ait|et|ez|er)$", "E"),
        (r"ai|ei", "e"), (r"e?[sxtdp]*$", ""),
    )
)  # fmt: skip


@dataclass(frozen=True)
class CommuneMatch:
    """What a text says of a place; `communes` most likely first, `outside` the name said when outside.

    Most likely: the home said in the sentence, then an exact name, then the larger. `home_said`: the first commune,
    and it alone, is said to be the home, so that "several" needs no question.
    """

    status: Literal["one", "several", "outside", "none"]
    communes: tuple[Commune, ...] = ()
    outside: str = ""
    home_said: bool = False


@dataclass(frozen=True)
class _Name:
    """What one folded name may mean."""

    communes: tuple[Commune, ...] = ()
    exact: bool = True  # False: the first words of longer names
    outside: str = ""
    sure: bool = True  # counts without a locating word
    article: bool = False  # the full name begins with an article (Le Portel)


@dataclass(frozen=True)
class _Mention:
    """A name read in a text, from word `start` to before word `end`."""

    start: int
    end: int
    name: _Name
    exact: bool
    home: bool = False


class CommuneFinder:
    """Finds communes; its indexes are built once."""

    def __init__(self, territory: Territory, everyday_words: Iterable[str] = ()) -> None:
        """`everyday_words`, say those of the fiches, are never taken for a misspelt name."""
        self._communes = territory.communes
        self._common = territory.common_words
        self._never_misspelt = self._common.union(map(fold, everyday_words))
        self._names = _index(territory)
        self._first_words = {name.split(" ", 1)[0] for name in self._names}
        self._postcodes = _postcodes(territory)
        self._by_sound, self._compact = _fuzzy_index(self._names)
        self._spellings = list(self._compact)
        self._long_words = [word for word in self._never_misspelt if len(word) >= 4]
        self._guess = lru_cache(maxsize=8192)(self._guess_uncached)

    def by_code(self, code_insee: str) -> Commune | None:
        """Return the commune of this INSEE code."""
        return self._communes.get(code_insee)

    def find(self, text: str) -> CommuneMatch:
        """Return the communes said in `text`, a name, a postcode or a whole sentence."""
        words = _words(text[:_READ_AT_MOST])
        named = [mention for mention in self._named(words) if not _is_street(words, mention.start)]
        guessed = self._misspelt(words, named)
        named = [
            mention
            for mention in named
            if not self._is_tail(words, mention.start) and not any(_covers(guess, mention) for guess in guessed)
        ]
        mentions = _narrowed([*named, *guessed], self._by_postcode(words))
        return _match(_without_denied(words, mentions))

    def _named(self, words: list[str]) -> Iterator[_Mention]:
        """Yield the names written as they are, the longest at each word."""
        alone = _without_fillers(words)
        start = 0
        while start < len(words):
            end, name = self._longest(words, start)
            if name is not None and self._counts(words, start, end, name, alone):
                yield _Mention(start, end, name, exact=name.exact, home=_is_home(words, start))
                start = end
            else:
                start += 1

    def _longest(self, words: list[str], start: int) -> tuple[int, _Name | None]:
        if words[start] in self._first_words:
            for end in range(min(len(words), start + _LONGEST_NAME), start, -1):
                name = self._names.get(" ".join(words[start:end]))
                if name is not None:
                    return end, name
        return start, None

    def _counts(self, words: list[str], start: int, end: int, name: _Name, alone: tuple[int, int]) -> bool:
        if name.outside and self._goes_on(words, end):
            return False
        if name.sure or _is_located(words, start, name.article):
            return True
        return (start, end) == alone and " ".join(words[start:end]) not in self._common

    def _goes_on(self, words: list[str], end: int) -> bool:
        """Whether more of a name follows, that was not recognised: "saint paul | sur ternoise"."""
        after = words[end : end + 2]
        return len(after) == 2 and after[0] in _JOINS and len(after[1]) >= 4 and after[1] not in self._common

    def _is_tail(self, words: list[str], start: int) -> bool:
        """Whether the beginning of a longer name comes before, that was not recognised: "loiso sous | lens"."""
        before = words[max(0, start - 2) : start]
        return (
            len(before) == 2 and before[1] in ("sous", "les") and len(before[0]) >= 4 and before[0] not in self._common
        )

    def _by_postcode(self, words: list[str]) -> list[_Mention]:
        found = []
        for start, word in enumerate(words):
            name = self._postcodes.get(word) if _POSTCODE.fullmatch(word) else None
            if name is not None and not _MONEY & set(words[start + 1 : start + 2]):
                found.append(_Mention(start, start + 1, name, exact=False, home=_is_home(words, start)))
        return found

    def _misspelt(self, words: list[str], named: list[_Mention]) -> list[_Mention]:
        """Read the misspelt names, which may hold a name well written: "loisom sous lens", "hesdin l abe"."""
        ends = {mention.start: mention.end for mention in named}
        inside = {place for mention in named for place in range(mention.start + 1, mention.end)}
        alone = _without_fillers(words)
        found: list[_Mention] = []
        done = 0
        for start in range(len(words)):
            if start < done or start in inside or not self._may_begin(words[start]) or _is_street(words, start):
                continue
            end, name = self._best_guess(words, start, ends, alone)
            if name is not None:
                found.append(_Mention(start, end, name, exact=False, home=_is_home(words, start)))
                done = end
        return found

    def _may_begin(self, word: str) -> bool:
        return len(word) >= 3 and word not in self._never_misspelt and word.isalpha()

    def _best_guess(
        self, words: list[str], start: int, ends: dict[int, int], alone: tuple[int, int]
    ) -> tuple[int, _Name | None]:
        """Try the most words first: "bruay la bussiere" before "bruay"; `ends` are those of the names well written."""
        located = _is_located(words, start, article=True)
        for end in range(min(len(words), start + _LONGEST_GUESS), ends.get(start, start), -1):
            last = words[end - 1]
            if last in _SMALL_WORDS or (end - 1 not in ends and last in self._never_misspelt):
                continue
            if end == start + 1:
                here, tried = located or (start, end) == alone, not self._is_tail(words, start)
                tried = tried and (here or len(last) >= _LONG_WORD)
            else:
                # A first word well written, or a name well written inside, are as good as a locating word.
                inside = any(place in ends for place in range(start + 1, end))
                here = tried = located or (start, end) == alone or inside or words[start] in self._first_words
            name = self._guess("".join(words[start:end]), here) if tried else None
            if name is not None:
                return end, name
        return start, None

    def _guess_uncached(self, spelling: str, located: bool) -> _Name | None:
        """Return what `spelling`, words joined, stands for: all the names as near; None when in doubt."""
        if len(spelling) < 4:
            return None
        ear = self._heard(spelling)
        if not ear and not located:
            return None
        reach = max(ear.values(), default=_allowed_slips(spelling))
        near = self._near(spelling, min(reach, _allowed_slips(spelling)))
        if not ear and near and self._is_nearer_to_a_word(spelling, min(near.values())):
            return None
        found = ear | near
        return _merged(self._compact[name] for name in sorted(found, key=lambda name: found[name])) if found else None

    def _heard(self, spelling: str) -> dict[str, int]:
        """The names that sound the same, with their slips."""
        slips = {name: OSA.distance(spelling, name) for name in self._by_sound.get(_sound(spelling), ())}
        slips = {name: count for name, count in slips.items() if count <= 0.45 * len(spelling)}
        return {} if slips and self._is_nearer_to_a_word(spelling, min(slips.values()) - 1) else slips

    def _near(self, spelling: str, allowed: int) -> dict[str, int]:
        """The names with the fewest slips, `allowed` at most."""
        if allowed < 1:
            return {}
        found = process.extract(spelling, self._spellings, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        slips = {name: int(count) for name, count, _ in found if _same_start(name, spelling)}
        return {name: count for name, count in slips.items() if count == min(slips.values())}

    def _is_nearer_to_a_word(self, spelling: str, slips: int) -> bool:
        if slips < 0:
            return False
        return process.extractOne(spelling, self._long_words, scorer=OSA.distance, score_cutoff=slips) is not None


def _words(text: str) -> list[str]:
    folded = " ".join(_SPELLINGS.get(word, word) for word in fold(text).split())
    folded = re.sub(r"\b62 (\d{3})\b", r"62\1", folded)  # a postcode with a space
    return _BLOCKED.sub("|", folded).split()


def _without_fillers(words: list[str]) -> tuple[int, int]:
    """Where the message begins and ends once its polite and locating words are taken away."""
    kept = [place for place, word in enumerate(words) if word not in _FILLERS]
    if not kept:
        return (-1, -1)
    start = kept[0]
    # "La Loge", "Le Portel": the article belongs to the name.
    if start and words[start - 1] in _ARTICLES and kept == [start]:
        return (start - 1, kept[-1] + 1)
    return (start, kept[-1] + 1)


def _is_located(words: list[str], start: int, article: bool) -> bool:
    """Whether the words before `start` say that a place follows."""
    before = [*reversed(words[max(0, start - 3) : start]), "", "", ""]
    first, second, third = before[:3]
    if article and first in _TO_THE:
        return first in ("au", "aux") or second in _TO | _HOME_VERBS | _PLACE_NOUNS or third in _PLACE_NOUNS
    if first in _TO:
        return not (first == "a" and second in _HAS)
    if first in _OF:
        return second in _PLACE_NOUNS | _COMES_FROM
    return first in _HOME_VERBS | _PLACE_NOUNS


def _is_street(words: list[str], start: int) -> bool:
    before = words[max(0, start - 3) : start]
    while before and before[-1] in _OF | _ARTICLES:
        before = before[:-1]
    return bool(before) and before[-1] in _STREETS


def _is_home(words: list[str], start: int) -> bool:
    """Whether the last verb before `start` is one of living there."""
    for place in range(start - 1, max(-1, start - 7), -1):
        if words[place] in _HOME_VERBS:
            return True
        if words[place] in _OTHER_VERBS:
            return False
        if words[place] == "suis" and words[place + 1] in _TO | _OF:
            return True
    return False


def _narrowed(names: list[_Mention], codes: list[_Mention]) -> list[_Mention]:
    """A postcode beside a name says which is meant, "Noyelles 62950"; far from any name it says what it can."""
    kept = [_narrow(mention, codes) for mention in names]
    said = {commune for mention in kept for commune in mention.name.communes}
    return kept + [code for code in codes if said.isdisjoint(code.name.communes)]


def _narrow(mention: _Mention, codes: list[_Mention]) -> _Mention:
    for code in codes:
        common = tuple(commune for commune in mention.name.communes if commune in code.name.communes)
        if common:
            return replace(mention, name=replace(mention.name, communes=common))
    return mention


def _covers(guess: _Mention, mention: _Mention) -> bool:
    return guess.start <= mention.start and mention.end <= guess.end


def _without_denied(words: list[str], mentions: list[_Mention]) -> list[_Mention]:
    """Drop "pas à Lens" when another place is said."""
    said = [mention for mention in mentions if not _is_denied(words, mention.start)]
    return said or mentions


def _is_denied(words: list[str], start: int) -> bool:
    before = words[max(0, start - 2) : start]
    return before[-1:] == ["pas"] or (before[:1] == ["pas"] and before[-1] in _TO | _OF)


def _match(mentions: list[_Mention]) -> CommuneMatch:
    ranked: dict[Commune, tuple[bool, bool, int]] = {}
    for mention in mentions:
        for place, commune in enumerate(mention.name.communes):
            exact = mention.exact and place == 0
            rank = (not mention.home, not exact, -commune.population)
            ranked[commune] = min(rank, ranked.get(commune, rank))
    communes = tuple(sorted(ranked, key=lambda commune: ranked[commune]))
    if not communes:
        outside = next((mention.name.outside for mention in mentions if mention.name.outside), "")
        return CommuneMatch("outside" if outside else "none", outside=outside)
    at_home = [commune for commune in communes if not ranked[commune][0]]
    return CommuneMatch("one" if len(communes) == 1 else "several", communes, home_said=len(at_home) == 1)


def _index(territory: Territory) -> dict[str, _Name]:
    """Every folded name with what it means; a name of the Pas-de-Calais hides its homonyms elsewhere."""
    unsure = territory.ambiguous_names | territory.common_words
    names: dict[str, _Name] = {}
    full = {commune.nom: commune for commune in territory.communes.values()}
    aliases = {alias.name: territory.communes[alias.code_insee] for alias in territory.aliases}
    for label, commune in (full | aliases).items():
        article = _key(commune.nom).split(" ", 1)[0] in _ARTICLES
        for spelling in _spellings(label):
            name = _Name((commune,), sure=spelling not in unsure, article=article)
            names.setdefault(spelling, name)
    outside = {_key(commune.nom): commune for commune in sorted(territory.outside, key=lambda one: one.population)}
    for head, communes in _heads(territory.communes.values()).items():
        _add_head(names, head, communes, outside[head].population if head in outside else 0, territory.common_words)
    for spelling, elsewhere in outside.items():
        if spelling in territory.common_words and elsewhere.population < _OUTSIDE_CITY:
            continue  # Rue (Somme): "je suis à la rue" is never about it
        sure = elsewhere.population >= _OUTSIDE_CITY and spelling not in unsure
        names.setdefault(spelling, _Name(outside=elsewhere.nom, sure=sure))
    return names


def _add_head(
    names: dict[str, _Name], head: str, communes: list[Commune], elsewhere: int, common: frozenset[str]
) -> None:
    """Let a bare "Noyelles" mean all of them, unless it is a word, an alias, or a much larger town elsewhere."""
    communes.sort(key=lambda commune: -commune.population)
    known = names.get(head)
    if known is not None:
        larger = [commune for commune in communes if commune.population > known.communes[0].population]
        if larger and _key(known.communes[0].nom) == head:
            names[head] = _Name((*known.communes, *larger), sure=known.sure, article=known.article)
    elif len(head) >= 3 and head not in common and elsewhere < _MUCH_LARGER * communes[0].population:
        names[head] = _Name(tuple(communes), exact=False, sure=False)


def _heads(communes: Iterable[Commune]) -> Mapping[str, list[Commune]]:
    """The first word of the names of several words, "saint" and "sainte" with what follows."""
    heads: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        words = [word for word in _key(commune.nom).split() if word not in _ARTICLES]
        length = 2 if words[0] in ("saint", "sainte") else 1
        if len(words) > length:
            heads[" ".join(words[:length])].append(commune)
    return heads


def _key(label: str) -> str:
    return " ".join(_SPELLINGS.get(word, word) for word in fold(label).split())


def _spellings(label: str) -> Iterator[str]:
    """The name, then as people shorten it: words joined, small words dropped, "s" for "sur"."""
    key = _key(label)
    yield key
    words = key.split()
    if len(words) > 1:
        yield "".join(words)
        yield "".join("st" if word == "saint" else "ste" if word == "sainte" else word for word in words)
        yield " ".join("s" if word == "sur" else word for word in words)
        heavy = [word for word in words if word not in _SMALL_WORDS]
        if len(heavy) > 1:
            yield " ".join(heavy)


def _postcodes(territory: Territory) -> dict[str, _Name]:
    """Postcodes, those of CEDEX mail that a place bears included."""
    inside: dict[str, dict[str, Commune]] = defaultdict(dict)
    for commune in territory.communes.values():
        for code in commune.codes_postaux:
            inside[code][commune.code_insee] = commune
    known = set(inside)
    for place in territory.places:
        if place.code_postal not in known and place.code_insee in territory.communes:
            inside[place.code_postal][place.code_insee] = territory.communes[place.code_insee]
    names = {code: _Name(outside=code) for commune in territory.outside for code in commune.codes_postaux}
    for code, communes in inside.items():
        names[code] = _Name(tuple(sorted(communes.values(), key=lambda commune: -commune.population)))
    return names


def _fuzzy_index(names: Mapping[str, _Name]) -> tuple[dict[str, list[str]], dict[str, _Name]]:
    """Names worth guessing, words joined: by their sound, and by their letters."""
    compact: dict[str, _Name] = {}
    for spelling, name in names.items():
        joined = spelling.replace(" ", "")
        if name.exact and len(joined) >= 4 and (name.communes or name.sure):
            compact.setdefault(joined, name)
    by_sound: dict[str, list[str]] = defaultdict(list)
    for joined in compact:
        sound = _sound(joined)
        if len(sound) >= 4:
            by_sound[sound].append(joined)
    return by_sound, compact


def _merged(names: Iterable[_Name]) -> _Name:
    """Several names as near: all of them, for a question; one outside among them only when alone."""
    found = list(names)
    communes = tuple(dict.fromkeys(commune for name in found for commune in name.communes[:1]))
    return _Name(communes) if communes else _Name(outside=found[0].outside)


def _sound(spelling: str) -> str:
    """A key that two spellings heard alike share; rough, made for the names of this département."""
    for pattern, sound in _BY_EAR:
        spelling = pattern.sub(sound, spelling)
    return spelling


def _allowed_slips(spelling: str) -> int:
    length = len(spelling)
    return 0 if length < 5 else 1 if length < 8 else 2 if length < 12 else 3


def _same_start(name: str, spelling: str) -> bool:
    """The first letter is seldom wrong, save a vowel, a mute h, or two letters struck in the wrong order."""
    return _start_class(name) == _start_class(spelling) or name[:2] == spelling[1::-1]


def _start_class(word: str) -> str:
    first = word[0]
    return "vowel" if first in "aeiouyh" else "k" if first in "ckq" else "v" if first in "vw" else first
