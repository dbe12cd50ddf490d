"""French as people type it, folded so that two spellings of one word compare equal."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Return `text` in lower case without accents, ligatures or punctuation, words one space apart.

    >>> fold("L'Œuvre d'Étaples-sur-Mer !")
    'l oeuvre d etaples sur mer'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES).lower())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", plain).strip()
