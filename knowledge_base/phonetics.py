"""French sounds: what two spellings heard alike have in common.

Rough, made for the names of places of this département. Capitals are the sounds written with two letters: A as in
"Sangatte", I as in "Carvin", O as in "Montreuil", U as in "Outreau", W as in "Croisilles", S as in "Achicourt".
"""

import re
from collections.abc import Iterable
from functools import lru_cache

_DOUBLED = re.compile(r"(.)\1+")
_MUTE = re.compile(r"(?<=[aeiouAEIOUW][b-df-hj-np-tv-zGJS])e(?=[b-df-hj-np-tv-zS][aeiouAEIOUW])")
_CONSONANT_OR_END = "(?![aeiouUWnm])"


def _rules(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), sound) for pattern, sound in pairs)


_INSIDE = _rules(
    (r"^ou(?=[aei])", "v"),  # ouissant, ouimereux
    (r"gem$", "ghem"),  # racingem
    (r"(?<=[aeiou])s(?=[nmv])|(?<=^he)s(?=d)|(?<=^e)s(?=din)", ""),  # Haisnes, Desvres, Hesdin
    (r"(?<=[ae])(?:(?:ill|y)(?=[aeiouy])|i(?=eu))", "J"),  # Haillicourt as "hayicourt", Bailleul as "baieul"
    (r"ph", "f"),
    (r"o[iy]gn", "on"),  # Oignies
    (r"(?<=.ou)lt$|(?<=.au)lt$", "t"),  # Berthoult
    (r"gn|ny(?=[aeou])", "n"),  # Coulogne as "coulonye"
    (r"sch|sh|ch", "S"),
    (r"(?<=.)x(?=[aeiouy])", "ks"),
    (r"cqu?|ck|qu?|k+", "k"),
    (r"sc(?=[eiy])|c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"gu(?=[eiy])", "G"),
    (r"ge(?=[ao])|g(?=[eiy])", "j"),
    (r"G", "g"),
    (r"y", "i"),
    (r"h", ""),
    (r"w", "v"),
    (r"z", "s"),
    (r"(.)\1+", r"\1"),
    (r"eau|au", "o"),
    (r"o?eux?$", "E"),  # heard, as no mute "e" is: Puisieux
    (r"oeu|eu", "e"),
    (r"ou", "U"),
    (r"Ua|oi", "W"),
    (r"(?:ain|ein|in)" + _CONSONANT_OR_END + r"|(?:aim|im)(?=[bp])", "I"),
    (r"(?:an|en)" + _CONSONANT_OR_END + r"|(?:am|em)(?=[bp])", "A"),  # not at the end: Hem, Racquinghem
    (r"on" + _CONSONANT_OR_END + r"|[ou]m(?=[bp])", "O"),
)
_QUIET_END = _rules((r"iers?$", "i"), (r"(?:aie?[sxt]?|ets?|ez|ers?|es?|(?<!^)[sxtdp]+)$", ""), (r"ai|ei", "e"))
_SPOKEN_END = _rules((r"ai|ei", "e"), (r"(?<=.)es?$", ""), (r"x$|(?<=[rln])s$", ""))


@lru_cache(maxsize=16384)
def sounds(word: str) -> tuple[str, str]:
    """Return how a folded word sounds with its last letters mute ("Lens" as "lent"), then spoken (as "lance")."""
    inside = _apply(_INSIDE, word)
    return _apply(_QUIET_END, inside), _apply(_SPOKEN_END, inside)


def sounds_of_all(words: Iterable[str]) -> frozenset[str]:
    """Return the ways several words sound, their last letters mute or spoken; joined into one word as well."""
    parts = tuple(words)
    quiet, spoken = zip(*map(sounds, parts), strict=True)
    kept = {_joined([*quiet]), _joined([*quiet[:-1], spoken[-1]]), _joined([*spoken])}
    return frozenset(kept | set(sounds("".join(parts))))


def said_quickly(sounds_of_a_name: Iterable[str]) -> frozenset[str]:
    """Return the sounds of a name, and those it has said quickly: no mute e ("Roctoire"), s for x ("Rinsent")."""
    slow = frozenset(sounds_of_a_name)
    return slow | {_MUTE.sub("", sound) for sound in slow} | {sound.replace("ks", "s") for sound in slow}


def _joined(parts: list[str]) -> str:
    return _DOUBLED.sub(r"\1", "".join(parts))


def _apply(rules: tuple[tuple[re.Pattern[str], str], ...], word: str) -> str:
    for pattern, sound in rules:
        word = pattern.sub(sound, word)
    return word
