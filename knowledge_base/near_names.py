"""The name a misspelt one stands for, by its sound and by its letters.

Here the readings are found: same sound, few letters away, few sounds away, end left out, words cut short, vowels alone
wrong. What each costs and which wins, `name_costs` says.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge_base import name_costs
from knowledge_base.name_costs import BONES, HEARD, SAME_SOUND, UNSPOKEN
from knowledge_base.phonetics import said_quickly, sounds, sounds_of_all
from knowledge_base.place_grammar import SURELY_TOLD, TOLD, UNTOLD
from knowledge_base.place_names import FAMOUS_CITY, KNOWN, NEIGHBOURS, OUTSIDE_CITY, WELL_KNOWN, PlaceName
from knowledge_base.shortened_names import ShortenedNames

_LEAST_START = 4  # letters of a name whose end is left out; five for those less known
_VOWELS_WRONG = 2  # at most, in a well-known name whose consonants are right
_SHORT_WORD = 3  # letters: fewer are no name
_BEGINNING = 3  # sounds
_VILLAGE = 1000  # inhabitants: heard in an everyday word
_LONG_WORD = 6  # letters: fewer sound like too many things to count where no place is told

# What stands beside each key of a French keyboard, for a first letter struck wrong.
_KEYS_BESIDE = defaultdict(
    str,
    a="zqs", z="aesq", e="zrds", r="etfd", t="rygf", y="tuhg", u="yijh", i="uokj", o="iplk", p="oml", q="aswz",
    s="qdzxe", d="sfecr", f="dgrvt", g="fhtby", h="gjynu", j="hkui", k="jlio", l="kmop", m="lp", w="xqs", x="wcsd",
    c="xvdf", v="cbfg", b="vngh", n="bhj",
)  # fmt: skip


# First letters written one for the other, or not heard.
_START_CLASSES = {
    letter: letters[0] for letters in ("aeiouyhAIOUW", "kcq", "vw", "sz") for letter in letters
}  # fmt: skip


class NearNames:
    """The names that may be read in another spelling; built once."""

    def __init__(self, names: Mapping[str, PlaceName], everyday: Iterable[str]) -> None:
        """`everyday` words are never misspelt names, and are as likely as a name as near."""
        words = frozenset(everyday)
        self._names: dict[str, PlaceName] = {}
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._spoken: dict[str, str] = {}
        for spelling, name in names.items():
            joined = spelling.replace(" ", "")
            if joined not in words and joined not in self._names and _is_worth_guessing(joined, name):
                self._names[joined] = name
                self._spoken[joined] = sounds(joined)[1]
                for sound in said_quickly(sounds_of_all(spelling.split())):
                    self._by_sound[sound].append(joined)
        self._beginnings = {sound[:_BEGINNING] for sound in self._by_sound}
        self._sorted = sorted(self._names)
        guessed = {spelling: name for spelling, name in names.items() if spelling.replace(" ", "") in self._names}
        self._shortened = ShortenedNames(guessed)
        self._near_letters = _Near({joined: (joined,) for joined in self._names})
        self._near_sounds = _Near(self._by_sound)
        self._well_known = [name for name, known in self._names.items() if known.communes and known.size >= WELL_KNOWN]
        self._by_bones: dict[str, list[str]] = defaultdict(list)
        for joined in self._well_known:
            if len(joined) >= _LONG_WORD:
                self._by_bones[_bones(joined)].append(joined)
        self._everyday_by_length: dict[int, list[str]] = defaultdict(list)
        self._everyday_by_sound: dict[str, list[str]] = defaultdict(list)
        for word in words:
            self._everyday_by_length[len(word)].append(word)
            for sound in set(sounds(word)):
                self._everyday_by_sound[sound].append(word)
        self.guess = lru_cache(maxsize=8192)(self._guess)

    def heard_as(self, word: str) -> PlaceName | None:
        """Return the commune that sounds as an everyday word does: a large one, or one hardly written otherwise."""
        names = {name for sound in set(sounds(word)) for name in self._by_sound.get(sound, ())}
        letters = {name: OSA.distance(name, word) for name in sorted(names) if self._names[name].communes}
        near = {name: count for name, count in letters.items() if count <= self._most_letters(name)}
        near = {name: count for name, count in near.items() if word != name + "s"}  # "avions"
        likely = name_costs.likeliest({name: SAME_SOUND * count for name, count in near.items()}, self._names)
        return _merged(self._names[name] for name in likely)

    def _most_letters(self, name: str) -> float:
        """How many letters of an everyday word may be written otherwise."""
        size = self._names[name].size
        return len(name) / 2 if size >= WELL_KNOWN else 2 if size >= KNOWN else int(size >= _VILLAGE)

    def cut_short(self, words: tuple[str, ...]) -> PlaceName | None:
        """Return the name whose words are cut short: "sailly lab"."""
        likely = name_costs.likeliest(self._shortened.find(words), self._names)
        return _merged(self._names[name] for name in likely)

    def heard_all(self, words: tuple[str, ...]) -> PlaceName | None:
        """Return the name of several words that sounds as `words`, however everyday they are."""
        if not self._may_sound(words):
            return None
        spelling = "".join(words)
        names = {name for sound in sounds_of_all(words) if len(sound) >= 5 for name in self._by_sound.get(sound, ())}
        return _merged(self._names[name] for name in sorted(names) if OSA.distance(name, spelling) <= len(name) / 2)

    def _may_sound(self, words: tuple[str, ...]) -> bool:
        """Whether a name begins with these sounds: asked of most words, so that the whole is seldom worked out."""
        return any("".join(each)[:_BEGINNING] in self._beginnings for each in zip(*map(sounds, words[:3]), strict=True))

    def _guess(self, words: tuple[str, ...], told: int, edge: bool = False, held: str = "") -> PlaceName | None:
        """Return what `words` stand for: all the names as near that hold more than `held`; None when in doubt.

        `told`: how clearly a place is said there; `edge`: an everyday word stands at an end, so that less is allowed.
        """
        spelling = "".join(words)
        if len(spelling) < 3 or (len(words) == 1 and spelling in self._names):
            return None
        costs = self._costs(words, spelling, told, edge)
        costs = {
            name: cost
            for name, cost in costs.items()
            if held in name and name != held and not name_costs.is_too_far(spelling, cost, self._names[name])
        }
        likely = name_costs.likeliest(costs, self._names)
        if not likely or self._is_a_word(spelling, costs[likely[0]], self._names[likely[0]], told):
            return None
        return _merged(self._names[name] for name in likely)

    def _costs(self, words: tuple[str, ...], spelling: str, told: int, edge: bool) -> dict[str, float]:
        said = sounds_of_all(words)
        if told >= TOLD and words[-1][-1] in "nrsltcdgm":  # "hallin" for Hallines: a last letter that is heard
            said |= sounds_of_all((*words[:-1], words[-1] + "e"))
        costs = self._heard(said, spelling, told)
        if told < TOLD:
            return costs or self._famous(spelling)
        if told == SURELY_TOLD:
            costs |= {
                name: name_costs.cut_cost(spelling, name) for name in self._that_begin(spelling) if name not in costs
            }
        if told == SURELY_TOLD or len(words) > 1:
            shortened = self._shortened.find(words)
            costs |= {name: cost for name, cost in shortened.items() if cost < costs.get(name, cost + 1)}
        allowed = name_costs.allowed(spelling, told) - edge
        for name, slips in self._near_letters.find(spelling, int(allowed)).items():
            if slips and (_same_start(name, spelling) or self._is_one_key_away(name, spelling)):
                cost = name_costs.slip_cost(spelling, name, slips) - BONES * _same_bones(spelling, name)
                costs[name] = min(costs.get(name, cost), cost)
        if allowed >= 1:
            for sound in said:
                for name, slips in self._near_sounds.find(sound, int(min(allowed, len(sound) / 3))).items():
                    cost = name_costs.near_sound_cost(spelling, name, slips) - BONES * _same_bones(spelling, name)
                    if slips and cost <= allowed + 0.5 * (slips == 1) and _same_start(name, spelling):
                        costs[name] = min(costs.get(name, cost), cost)
        for name in self._by_bones.get(_bones(spelling), ()) if len(words) == 1 else ():
            if name[0] == spelling[0] and OSA.distance(spelling, name) <= _VOWELS_WRONG:
                cost = name_costs.bones_cost(spelling, name)
                costs[name] = min(costs.get(name, cost), cost)
        if len(spelling) > 4:
            return costs
        known = KNOWN if told == SURELY_TOLD else WELL_KNOWN
        return {name: cost for name, cost in costs.items() if cost < 1 or self._names[name].size >= known}

    def _that_begin(self, spelling: str) -> Iterator[str]:
        """The names cut short: "sallau", "pas en art"."""
        place = bisect_right(self._sorted, spelling)
        while len(spelling) >= _LEAST_START and place < len(self._sorted) and self._sorted[place].startswith(spelling):
            name = self._sorted[place]
            known = self._names[name].size >= KNOWN
            least = (_LEAST_START, 0.4 * len(name)) if known else (_LEAST_START + 1, 0.5 * len(name))
            if len(spelling) >= max(least):
                yield name
            place += 1

    def _is_one_key_away(self, name: str, spelling: str) -> bool:
        known = self._names[name]
        return known.size >= KNOWN and name[1:] == spelling[1:] and name[0] in _KEYS_BESIDE[spelling[0]]

    def _heard(self, said: Collection[str], spelling: str, told: int) -> dict[str, float]:
        """The names that sound the same."""
        least, share = (4, 4, 3, 2)[told], (0.45, 0.55, 0.65, 0.75)[told]
        if len(spelling) < (_LONG_WORD if told == UNTOLD else _SHORT_WORD):
            return {}
        spoken = sounds(spelling)[1]
        costs: dict[str, float] = {}
        for name in {name for sound in said if len(sound) >= least for name in self._by_sound.get(sound, ())}:
            letters = OSA.distance(spelling, name)
            if letters <= share * (max(len(spelling), len(name)) if told != UNTOLD else len(spelling)):
                unspoken = UNSPOKEN * (self._spoken[name] != spoken)
                costs[name] = min(SAME_SOUND * letters + unspoken, HEARD)
        return costs

    def _famous(self, spelling: str) -> dict[str, float]:
        """The well-known names one letter away, where nothing tells a place."""
        if len(spelling) < _LONG_WORD:
            return {}
        near = process.extract(spelling, self._well_known, scorer=OSA.distance, score_cutoff=1, limit=2)
        return {name: 1.0 for name, _, _ in near if _same_start(name, spelling)}

    def _is_a_word(self, spelling: str, cost: float, name: PlaceName, told: int) -> bool:
        """Whether an everyday word is as near; nearer, when the place is well known or surely told."""
        margin = name_costs.word_margin(name, told)
        heard = {word for sound in set(sounds(spelling)) for word in self._everyday_by_sound.get(sound, ())}
        as_heard = margin + name_costs.heard_margin(spelling, name, told)
        if any(SAME_SOUND * OSA.distance(spelling, word) + as_heard < cost for word in heard):
            return True
        slips = name_costs.strayed(cost, margin, told)
        if slips < 1:
            return False
        lengths = range(len(spelling) - slips, len(spelling) + slips + 1)
        near = (word for length in lengths for word in self._everyday_by_length.get(length, ()))
        return process.extractOne(spelling, near, scorer=OSA.distance, score_cutoff=slips) is not None


class _Near:
    """Finds the keys a few letters away among those that begin alike."""

    def __init__(self, names_by_key: Mapping[str, Iterable[str]]) -> None:
        self._names_by_key = names_by_key
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for spelling in names_by_key:
            if spelling:
                self._by_start[_start_class(spelling)].append(spelling)

    def find(self, spelling: str, slips: int) -> dict[str, int]:
        """Return the names whose key is at most `slips` letters away, with that number."""
        found: dict[str, int] = {}
        if slips < 1 or not spelling:
            return found
        first_letters = spelling[:2] + _KEYS_BESIDE[spelling[0]]
        for start in dict.fromkeys(map(_start_class, first_letters)):
            keys = self._by_start.get(start, ())
            for near, count, _ in process.extract(spelling, keys, scorer=OSA.distance, score_cutoff=slips, limit=12):
                for name in self._names_by_key[near]:
                    found[name] = min(found.get(name, 99), int(count))
        return found


def _is_worth_guessing(joined: str, name: PlaceName) -> bool:
    if name.communes or not name.guessed:
        return name.guessed and len(joined) >= (3 if name.exact else 4 if name.size >= KNOWN else 5)
    near = name.departement in NEIGHBOURS
    least = 4 if near and name.size >= FAMOUS_CITY else 5
    return name.size >= (OUTSIDE_CITY if near else FAMOUS_CITY) and len(joined) >= least


def _same_start(name: str, spelling: str) -> bool:
    """The first letter is seldom wrong, save a vowel, a mute h, or two letters struck in the wrong order."""
    return _start_class(name) == _start_class(spelling) or name[:2] == spelling[1::-1]


def _same_bones(spelling: str, name: str) -> bool:
    """Whether only vowels are written otherwise, or letters doubled: "auchl" is Auchel rather than Auchy."""
    return _bones(spelling) == _bones(name)


@lru_cache(maxsize=16384)
def _bones(word: str) -> str:
    return re.sub(r"[aeiouyh]+", "", re.sub(r"(.)\1+", r"\1", word))


def _start_class(word: str) -> str:
    return _START_CLASSES.get(word[0], word[0])


def _merged(names: Iterable[PlaceName]) -> PlaceName | None:
    """Several names as near: all of them, for a question; one outside among them only when alone."""
    found = list(names)
    if not found:
        return None
    communes = tuple(dict.fromkeys(commune for name in found for commune in name.communes))
    return PlaceName(communes, size=found[0].size) if communes and found[0].communes else found[0]
