"""Short messages that mean something only after others: a number alone, somebody else the subject is for."""

import re

from assistance.french import fold

_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5}
_NUMBER = re.compile(
    r"(?:(?:le|la|numero|choix|reponse|option) )?(?:(?:numero|choix) )?(\d\d?|un|une|deux|trois|quatre|cinq)"
)
_FOR_SOMEBODY = re.compile(
    r"(?:et |ou |sinon |meme )?(?:(?:ca|c est) (?:marche |vaut |bon )?)?(?:aussi )?(?:pour|pr|si c est pour|chez) "
    r"(?:mon|ma|mes|un|une|notre|nos|le|la|les|moi|nous|lui|elle|eux)\b(?: \w+){0,4}"
)
_PLACES_AND_PAPERS = re.compile(r"\b(?:papiers?|documents?|adresse|numero|ville|commune|village)\b")


def read_number(text: str) -> int | None:
    """Return the number that a message consists of; None when it says anything else."""
    found = _NUMBER.fullmatch(fold(text))
    return None if found is None else _NUMBERS.get(found[1]) or int(found[1])


def is_for_somebody(text: str) -> bool:
    """Tell whether a short message only says whom the subject spoken of is for: "et pour mon fils ?"."""
    folded = fold(text)
    return _FOR_SOMEBODY.fullmatch(folded) is not None and not _PLACES_AND_PAPERS.search(folded)
