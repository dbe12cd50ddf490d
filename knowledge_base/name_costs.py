"""What it costs to read a misspelt name as one of ours, and which reading wins: the doubts of the finder, in one place.

Costs are counted in letters: one struck wrong costs 1, one that changes nothing to the sound a quarter. A populous
place is likelier than a hamlet, so that its inhabitants are taken off the cost. The least score wins; those hardly
above are kept beside it, for a question; an everyday word as near wins over any of them. How far one may go depends
on how clearly the words around tell a place (`told`).
"""

from collections.abc import Mapping
from math import log10

from rapidfuzz.distance import OSA

from knowledge_base.place_grammar import SURELY_TOLD, TOLD
from knowledge_base.place_names import KNOWN, NEIGHBOURS, WELL_KNOWN, PlaceName

SAME_SOUND = 0.25  # for a letter that changes nothing to the sound
_BESIDE_A_SLIP = 0.3  # the same, beside a sound that differs
HEARD = 0.95  # at most, for a name that sounds the same
UNSPOKEN = 0.2  # for names that sound the same only when their last letters are mute
BONES = 0.25  # less, for a name whose consonants are all there
SWAPPED = 0.75  # for two letters in the wrong order: the commonest slip of the thumb
INITIAL = 0.2  # for a word of a name cut to its first letters: "mont", "m"
SKELETON = 0.4  # for a word of a name written without its vowels: "mtgny"
_DOUBT = 0.2  # readings as close as that are both meant
_SIZE = 0.35  # what ten times more inhabitants are worth
_OUTSIDE = 0.4  # what a place outside must be nearer
_FARTHEST, _FARTHEST_OF_A_LONG_ONE = 1.6, 2.7  # at most, the score of one of ours
_LONG = 8  # letters
_NEAR_BY = 1.8  # at most, for a place of a département beside ours
_FAR_AWAY = 1.0  # at most, for one further
_CITY_ELSEWHERE = 0.75  # at most, what the inhabitants of a city far away are worth


def allowed(spelling: str, told: int) -> float:
    """How much may separate what is said from a name."""
    length = len(spelling)
    slips = 0 if length < (3 if told == SURELY_TOLD else 4) else 1 if length < 7 else 2 if length < 11 else 3
    return slips + (0.5 if told == SURELY_TOLD and slips else 0)


def slip_cost(spelling: str, name: str, slips: int) -> float:
    """What `slips` letters struck wrong cost, two in the wrong order less."""
    return SWAPPED if slips == 1 and sorted(spelling) == sorted(name) else slips


def near_sound_cost(spelling: str, name: str, slips: int) -> float:
    """What a name costs whose sound is `slips` sounds away."""
    letters = OSA.distance(spelling, name)
    return slips + (_BESIDE_A_SLIP * min(letters, 3) if slips == 1 else SAME_SOUND * letters)


def bones_cost(spelling: str, name: str) -> float:
    """What a well-known name costs whose vowels alone are written otherwise: "liven" for Liévin."""
    return 1 + SAME_SOUND * OSA.distance(spelling, name)


def cut_cost(spelling: str, name: str) -> float:
    """What a name costs whose end is left out: the less is said, the more."""
    return 1.2 - 0.6 * len(spelling) / len(name)


def word_margin(name: PlaceName, told: int) -> float:
    """How much nearer than the name an everyday word must be."""
    known, well_known = name.size >= KNOWN, name.size >= WELL_KNOWN
    if told == SURELY_TOLD:
        return 0.75 if well_known else 0.5 if known else 0.3
    if told < TOLD:
        return -0.01
    return 0.25 if well_known else 0.01 if known else -0.01


def heard_margin(spelling: str, name: PlaceName, told: int) -> float:
    """How much nearer still, when it sounds as the name: "à vermel" is Vermelles rather than "vermeil"."""
    return 0.5 if told >= TOLD and len(spelling) >= (5 if name.size >= KNOWN else 6) else 0


def strayed(cost: float, margin: float, told: int) -> int:
    """How many letters away an everyday word is looked for."""
    return int(cost - margin) if cost >= SWAPPED else int(told < TOLD)


def likeliest(costs: Mapping[str, float], names: Mapping[str, PlaceName]) -> list[str]:
    """The names that cost the least, or hardly more; the likeliest first."""
    scores = {name: cost - _weight(names[name]) for name, cost in costs.items()}
    least = min(scores.values(), default=0.0)
    likely = [name for name, score in scores.items() if score < least + _DOUBT]
    return sorted(likely, key=lambda name: scores[name])


def is_too_far(spelling: str, cost: float, name: PlaceName) -> bool:
    """Whether a name is too loosely read: a hamlet less than a town, a place outside least."""
    if name.communes:
        return cost - _weight(name) > (_FARTHEST if len(spelling) < _LONG else _FARTHEST_OF_A_LONG_ONE)
    return cost > (_NEAR_BY if name.departement in NEIGHBOURS else _FAR_AWAY)


def _weight(name: PlaceName) -> float:
    weight = _SIZE * log10(max(name.size, 100) / 100)
    if name.communes:
        return weight
    return (weight if name.departement in NEIGHBOURS else min(weight, _CITY_ELSEWHERE)) - _OUTSIDE
