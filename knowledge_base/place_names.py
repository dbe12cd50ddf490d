"""What each name of a place may mean: communes, their shortened names and postcodes, places of other départements."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistance.french import fold
from assistance.lieu import Commune
from knowledge_base.territory import OutsideCommune, Territory

POSTCODE = re.compile(r"\d{5}")
KNOWN = 1500  # inhabitants: then heard through many wrong letters
WELL_KNOWN = 5000  # inhabitants: its misspelt name is likelier than an everyday word as near
OUTSIDE_CITY = 5000  # inhabitants: known by name beyond its surroundings, needs no locating word
FAMOUS_CITY = 50_000  # inhabitants: named, and misspelt, from afar
NEIGHBOURS = ("Nord", "Somme")
ARTICLES = frozenset(("le", "la", "les", "l"))
SMALL_WORDS = ARTICLES | {"sur", "en", "au", "aux", "de", "d", "du", "des", "sous", "s"}
_LONG_WORD = 6  # letters: fewer sound like too many things to count without a locating word
_QUARTER = 3000  # inhabitants: at most, those of a part of a commune
_OF_THE_WHOLE = ("forme courte", "abréviation", "nom sans article", "graphie sans ligature", "ancien nom")  # aliases
_MUCH_LARGER = 10  # times: then the homonym of another département is the one meant
_SPELLINGS = {"st": "saint", "ste": "sainte", "lez": "les", "nd": "notre dame", "mt": "mont", "ss": "sous"}


@dataclass(frozen=True)
class PlaceName:
    """What one folded name may mean: `communes` of the Pas-de-Calais, or a place `outside`."""

    communes: tuple[Commune, ...] = ()
    exact: bool = True  # False: the first words of longer names
    outside: str = ""
    departement: str = ""  # of the place outside
    size: int = 0  # inhabitants of the largest
    sure: bool = True  # counts without a locating word
    guessed: bool = True  # may be read in another spelling
    article: bool = False  # the full name begins with an article (Le Portel)


def expand(word: str) -> str:
    """Return an abbreviated word in full: "st" is "saint"."""
    return _SPELLINGS.get(word, word)


def key(label: str) -> str:
    """Return the folded name, abbreviations in full."""
    return " ".join(expand(word) for word in fold(label).split())


def index(territory: Territory) -> dict[str, PlaceName]:
    """Every folded name with what it means; a name of the Pas-de-Calais hides its homonyms elsewhere."""
    return _Index(territory).build()


class _Index:
    """Adds names from the surest to the least sure: a name once there is kept."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self.communes = tuple(territory.communes.values())
        self.common = territory.common_words
        self.unsure = territory.ambiguous_names | self.common
        by_size = sorted(territory.outside, key=lambda commune: commune.population)
        self.outside = {key(commune.nom): commune for commune in by_size}
        self.departements = departement_names(territory)
        self.names: dict[str, PlaceName] = {}

    def build(self) -> dict[str, PlaceName]:
        self.add_full_names()
        for head, communes in _heads(self.communes).items():
            self.add_head(head, sorted(communes, key=lambda commune: -commune.population))
        self.add_tails()
        self.add_initials()
        self.add_cities_elsewhere()
        self.add_outside()
        return self.names

    def add_full_names(self) -> None:
        full = {commune.nom: commune for commune in self.communes}
        aliases = {alias.name: self.territory.communes[alias.code_insee] for alias in self.territory.aliases}
        quarters = {alias.name for alias in self.territory.aliases if alias.kind not in _OF_THE_WHOLE}
        for label, commune in (full | aliases).items():
            article = key(commune.nom).split(" ", 1)[0] in ARTICLES
            size = min(commune.population, _QUARTER) if label in quarters else commune.population
            for spelling in _spellings(label):
                name = PlaceName((commune,), size=size, sure=self.is_sure(spelling), article=article)
                self.names.setdefault(spelling, name)

    def is_sure(self, spelling: str) -> bool:
        """Whether a name is neither a word nor an article and a word: La Garde, Le Port."""
        words = spelling.split()
        wordy = len(words) == 2 and words[0] in ARTICLES and words[1] in self.common
        return spelling not in self.unsure and not wordy

    def add_head(self, head: str, communes: list[Commune]) -> None:
        """Let a bare "Noyelles" mean all of them, unless it is a word, an alias, or a much larger town elsewhere."""
        known = self.names.get(head)
        if known is not None:
            larger = [commune for commune in communes if commune.population > known.communes[0].population]
            if larger and key(known.communes[0].nom) == head:
                self.names[head] = replace(known, communes=(*known.communes, *larger), size=larger[0].population)
        elif self.is_ours(head, communes) and (head not in self.common or len(communes) > 1):
            sure = len(head) >= _LONG_WORD and head not in self.unsure
            self.names[head] = PlaceName(tuple(communes), exact=False, size=communes[0].population, sure=sure)

    def is_ours(self, head: str, communes: Sequence[Commune]) -> bool:
        elsewhere = self.outside.get(head)
        known = elsewhere is not None and (self.is_near_town(elsewhere) or elsewhere.population >= FAMOUS_CITY)
        rival = elsewhere.population if elsewhere and known else 0
        return len(head) >= 3 and rival < _MUCH_LARGER * communes[0].population

    def is_near_town(self, commune: OutsideCommune) -> bool:
        return commune.population >= OUTSIDE_CITY and self.departements.get(commune.departement) in NEIGHBOURS

    def add_tails(self) -> None:
        """The second half of the names of two places: Coupigny, Blavincourt."""
        for tail, communes in _tails(self.communes).items():
            if len(communes) == 1 and tail not in self.unsure and tail not in self.outside:
                name = PlaceName((communes[0],), exact=False, guessed=len(tail) >= 8)
                self.names.setdefault(tail, name)

    def add_initials(self) -> None:
        """Names cut to their initials: "Montigny en G", "Vendin l v", "Hénin B"."""
        found: dict[str, list[Commune]] = defaultdict(list)
        for commune in self.communes:
            for spelling in dict.fromkeys(_initials(key(commune.nom).split())):
                found[spelling].append(commune)
        for spelling, communes in found.items():
            communes.sort(key=lambda commune: -commune.population)
            name = PlaceName(tuple(communes), exact=False, size=communes[0].population, sure=False, guessed=False)
            self.names.setdefault(spelling, name)

    def add_cities_elsewhere(self) -> None:
        """Cities that no list of communes holds under this name, and that would be read as one of ours."""
        for place in self.territory.elsewhere:
            if place.kind == "ville":
                spelling, departement = key(place.nom), self.departements.get(place.numero, "")
                name = PlaceName(outside=place.nom, departement=departement, sure=self.is_sure(spelling), guessed=False)
                self.names.setdefault(spelling, name)

    def add_outside(self) -> None:
        for spelling, commune in self.outside.items():
            small = commune.population < OUTSIDE_CITY
            if small and (spelling in self.common or self.is_ours_in_a_hurry(spelling, commune)):
                continue  # Rue (Somme): "je suis à la rue" is never about it
            self.names.setdefault(spelling, self.outside_name(commune, sure=not small and self.is_sure(spelling)))
        for head, commune in self.heads_outside().items():
            if head not in self.unsure:
                self.names.setdefault(head, replace(self.outside_name(commune, sure=False), guessed=False))

    def outside_name(self, commune: OutsideCommune, sure: bool) -> PlaceName:
        departement = self.departements.get(commune.departement, "")
        return PlaceName(outside=commune.nom, departement=departement, size=commune.population, sure=sure)

    def is_ours_in_a_hurry(self, spelling: str, commune: OutsideCommune) -> bool:
        """Beaurain (Nord, 200 inhabitants) is Beaurains without its mute letter."""
        ours = (self.names.get(spelling + ending) for ending in "stex")
        return any(name is not None and name.communes and 3 * name.size > commune.population for name in ours)

    def heads_outside(self) -> dict[str, OutsideCommune]:
        """The first word of the towns near by: "Coudekerque", "Marcq"."""
        heads: dict[str, OutsideCommune] = {}
        for commune in sorted(self.territory.outside, key=lambda one: -one.population):
            words = key(commune.nom).split()
            length = 2 if words[0] in ARTICLES else 1
            head = " ".join(words[:length])
            if len(words) > length and len(head) >= 4 and head != "saint" and self.is_near_town(commune):
                heads.setdefault(head, commune)
        return heads


def _heads(communes: Iterable[Commune]) -> Mapping[str, list[Commune]]:
    """The first word of the names of several words, "saint" and "sainte" with what follows."""
    heads: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        words = [word for word in key(commune.nom).split() if word not in ARTICLES]
        length = 2 if words[0] in ("saint", "sainte") else 1
        if len(words) > length:
            heads[" ".join(words[:length])].append(commune)
    return heads


def _tails(communes: Iterable[Commune]) -> dict[str, list[Commune]]:
    found: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        words = key(commune.nom).split()
        if len(words) == 2 and words[0] not in ARTICLES and words[0] != "saint" and len(words[1]) >= _LONG_WORD:
            found[words[1]].append(commune)
    return found


def _initials(words: Sequence[str]) -> Iterator[str]:
    """ "loos en g", "loos e g", "henin b"; nothing for a name of one word."""
    first, rest = words[0], words[1:]
    if not rest or first in ARTICLES or len(first) < 3:
        return
    small = [word if word in SMALL_WORDS else word[0] for word in rest]
    yield " ".join([first, *small])
    yield " ".join([first, *(word[0] for word in rest)])
    yield " ".join([first, "".join(word[0] for word in rest)])
    if first == "saint" and len(rest) > 1:
        yield " ".join([first, rest[0][0], *rest[1:]])


def _spellings(label: str) -> Iterator[str]:
    """The name, then as people shorten it: words joined, small words dropped, "s" for "sur"."""
    full = key(label)
    yield full
    words = full.split()
    if len(words) > 1:
        yield "".join(words)
        yield "".join("st" if word == "saint" else "ste" if word == "sainte" else word for word in words)
        yield " ".join("s" if word == "sur" else word for word in words)
        heavy = [word for word in words if word not in SMALL_WORDS]
        if len(heavy) > 1:
            yield " ".join(heavy)
            if "sur" in words:
                yield " ".join(word for word in words if word not in ARTICLES)


def heavy_words(words: Sequence[str]) -> str:
    """Several words without the small ones between them: "sailly s lys"; "" when nothing is left out."""
    heavy = [word for word in words if word not in SMALL_WORDS]
    return " ".join(heavy) if 1 < len(heavy) < len(words) and words[0] == heavy[0] else ""


def by_heavy_words(names: Mapping[str, PlaceName]) -> dict[str, PlaceName]:
    """The names of several words, by what stays without their small words."""
    found: dict[str, PlaceName] = {}
    for spelling, name in names.items():
        heavy = heavy_words(spelling.split())
        if heavy and len(heavy.rsplit(" ", 1)[-1]) > 1:
            found.setdefault(heavy, name)
    return found


class NameEnds:
    """The ends of names of several words, that say one is there: "sur la lys", "en artois"."""

    def __init__(self, names: Mapping[str, PlaceName]) -> None:
        """`names` by spelling."""
        self._ends = {end for spelling in names for end in _ends(spelling.split())}
        self._longest = max(len(end.split()) for end in self._ends) if self._ends else 0

    def end(self, words: Sequence[str], start: int) -> int:
        """Return where such an end stops that begins at word `start`; `start` when there is none."""
        if words[start : start + 1] and words[start] in SMALL_WORDS:
            for end in range(min(len(words), start + self._longest), start + 1, -1):
                if " ".join(words[start:end]) in self._ends:
                    return end
        return start


def _ends(words: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(words[1:-1], 1):
        if word in SMALL_WORDS and words[place - 1] not in SMALL_WORDS and len(words[-1]) > 1:
            yield " ".join(words[place:])


def departement_names(territory: Territory) -> dict[str, str]:
    """Return the names of the other départements by number; both Corsicas are "Corse"."""
    names = {place.numero: place.nom for place in territory.elsewhere if place.kind == "département"}
    return names | {"2A": names.get("20", ""), "2B": names.get("20", "")}


class Postcodes:
    """What five digits mean."""

    def __init__(self, territory: Territory) -> None:
        self._departements = departement_names(territory)
        self._ours: dict[str, PlaceName] = {}
        for code, found in _communes_by_postcode(territory).items():
            self._ours[code] = PlaceName(tuple(sorted(found, key=lambda commune: -commune.population)))

    def get(self, code: str) -> PlaceName | None:
        """Return the communes of a postcode, or the place outside that its first digits tell; else None."""
        departement = self._departements.get(code[:3]) or self._departements.get(code[:2], "")
        return self._ours.get(code) or (PlaceName(outside=code, departement=departement) if departement else None)


def _communes_by_postcode(territory: Territory) -> dict[str, list[Commune]]:
    """Postcodes, those of CEDEX mail that a place bears included."""
    found: dict[str, list[Commune]] = defaultdict(list)
    for commune in territory.communes.values():
        for code in commune.codes_postaux:
            found[code].append(commune)
    known = set(found)
    for place in territory.places:
        commune_of_place = territory.communes.get(place.code_insee)
        if place.code_postal not in known and commune_of_place and commune_of_place not in found[place.code_postal]:
            found[place.code_postal].append(commune_of_place)
    return {code: communes for code, communes in found.items() if communes}


def lands(territory: Territory) -> dict[str, str]:
    """Return the names of countries, regions and other départements, by folded name."""
    return {key(place.nom): place.nom for place in territory.elsewhere if place.kind != "ville"}
