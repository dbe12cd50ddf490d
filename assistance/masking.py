"""Numbers that must never be stored (P7): replaced in a message before the first write."""

import re

NIR_MASKED = "[numéro de sécurité sociale masqué]"
IBAN_MASKED = "[IBAN masqué]"
CARD_MASKED = "[numéro de carte bancaire masqué]"
PASSWORD_MASKED = "[mot de passe masqué]"  # noqa: S105

_GAP = r"[ .\-_/\u00a0\u202f]{0,3}"  # how people part the groups of a long number
_NOT_INSIDE_A_NUMBER = r"(?<![0-9A-Za-z+])(?<!\d[ .\-/\u00a0\u202f])"

# Sex, year, month, département, commune, order, then the key of two digits. Source: INSEE, structure of the NIR.
_NIR = re.compile(
    rf"{_NOT_INSIDE_A_NUMBER}(?P<sex>[123478]){_GAP}\d{_GAP}\d{_GAP}(?P<month>\d{_GAP}\d){_GAP}"
    rf"(?:\d{_GAP}\d|2{_GAP}[ABab])(?:{_GAP}\d){{6}}(?P<key>{_GAP}\d{_GAP}\d)?(?!{_GAP}\d)(?![A-Za-z])"
)
_CARD = re.compile(rf"{_NOT_INSIDE_A_NUMBER}[1-9](?:[ .\-\u00a0\u202f]{{0,2}}\d){{12,18}}(?!\d)(?![ .\-]\d)")
_DATE = re.compile(r"\b\d{1,2}[ .\-]\d{1,2}[ .\-](?:19|20)\d\d\b")

# Length of an IBAN by country. Source: SWIFT, IBAN registry.
_IBAN_COUNTRIES = """
    FR27 MC27 BE16 LU20 DE22 ES24 IT27 PT25 NL18 GB22 IE22 CH21 AT20 PL28 RO24 BG22 CZ24 SK24 HU28 GR27 HR21 SI19
    DK18 SE24 FI18 NO15 EE20 LV21 LT20 MT31 CY28 TR26 TN24 MA28 AD24 SM27 AL28 RS22 UA29 GE22 MD24 LI21 IS26
"""
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_COUNTRIES.split()}
_IBAN = re.compile(
    rf"(?<![0-9A-Za-z])(?:{'|'.join(_IBAN_LENGTHS)}){_GAP}\d{_GAP}\d(?:{_GAP}[0-9A-Za-z]){{11,30}}", re.IGNORECASE
)
_LETTER_OR_DIGIT = re.compile(r"[0-9A-Za-z]")

_SECRET_HINT = re.compile(r"passe|mdp|pass?w|pwd|code|\bpin\b|cvv|cryptogramme", re.IGNORECASE)
_ANNOUNCED = r"mots?\s{1,3}de\s{1,3}passe?s?|motdepasse|mdp|password|passwd|pwd|cvv|cryptogramme|code|\bpin"
_ABOUT_WHAT = (
    r"(?:\s{1,3}(?:de|du|d['’]acc[eè]s|d['’]|pour|sur|a|à|ma|mon|la|le|les|secret|pin|confidentiel|personnel|provisoire"
    r"|connexion|carte|bleue|bancaire|compte|espace|caf|ameli|impots|impôts|sécurité|securite|banque|mail|boîte|wifi)\b){0,6}"
)
_SECRET_SAID = re.compile(
    rf"\b(?P<before>(?:{_ANNOUNCED}){_ABOUT_WHAT}\s{{0,3}}(?:(?:c['’ ]?est|est|était|=|:|->|→)\s{{0,3}}){{1,2}})"
    r"(?P<secret>\S{2,64})",
    re.IGNORECASE,
)
_SECRET_SHOWN = re.compile(
    rf"\b(?P<before>(?:{_ANNOUNCED}){_ABOUT_WHAT}\s{{1,3}})"
    r"(?P<secret>(?-i:(?=\S*[a-zé])(?=\S*[A-Z]\S*[A-Z0-9])|(?=\S*[^\W\d_])(?=\S*\d)|(?=\S*[^\W_])(?=\S*[#@$%&*_!+=]\S)"
    r"|\d{4}\b|\d{6,12}\b)\S{3,64})",
    re.IGNORECASE,
)
# "mon mot de passe est refusé": nothing to hide.
_ORDINARY_WORDS = """
    invalide incorrect incorrecte faux fausse trop pas que quoi le la mon ma un une provisoire nécessaire necessaire
    obligatoire ne plus toujours dans sur pour par impossible temporaire différent different mauvais bon ok perdu
    perdue inconnu oublie refuse expire bloque demande change il elle je on vous celui ce comment où ou
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


def mask(text: str) -> str:
    """Return `text` with NIR, IBAN, bank card numbers and passwords replaced by the name of what they were.

    An IBAN must pass its key (ISO 13616) and a card its own (Luhn): a file number stays readable.
    """
    masked = text
    if any(digit in text for digit in "0123456789"):
        masked = _IBAN.sub(_mask_iban, masked)
        masked = _NIR.sub(lambda found: NIR_MASKED if _is_nir(found) else found[0], masked)
        masked = _CARD.sub(lambda found: CARD_MASKED if _is_card(found[0]) else found[0], masked)
    if _SECRET_HINT.search(masked):
        masked = _SECRET_SAID.sub(_mask_secret, masked)
        masked = _SECRET_SHOWN.sub(_mask_secret, masked)
    return masked


def _is_nir(found: re.Match[str]) -> bool:
    """Whether the key fits, or the number begins like a birth: one mistyped digit must not let a NIR through."""
    compact = "".join(_LETTER_OR_DIGIT.findall(found[0])).upper()
    born_plainly = found["sex"] in "12" and 1 <= int("".join(filter(str.isdigit, found["month"]))) <= 12
    return born_plainly or (len(compact) == 15 and _nir_key(compact[:13]) == int(compact[13:]))


def _nir_key(nir: str) -> int:
    """Return the key of 13 characters; Corsica counts as 19 (2A) and 18 (2B)."""
    return 97 - int(nir.replace("2A", "19").replace("2B", "18")) % 97


def _mask_iban(found: re.Match[str]) -> str:
    """Mask the IBAN that `found` begins with; the words after it are given back."""
    places = [place.end() for place in _LETTER_OR_DIGIT.finditer(found[0])]
    length = _IBAN_LENGTHS[found[0][:2].upper()]
    if len(places) < length:
        return found[0]
    written = found[0][: places[length - 1]]
    iban = "".join(_LETTER_OR_DIGIT.findall(written)).upper()
    return IBAN_MASKED + found[0][len(written) :] if _has_iban_key(iban) else found[0]


def _has_iban_key(iban: str) -> bool:
    mostly_digits = 2 * sum(letter.isdigit() for letter in iban) > len(iban)
    return mostly_digits and int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def _is_card(written: str) -> bool:
    digits = "".join(filter(str.isdigit, written))
    known_length = len(digits) == 16 or digits[0] in "3456"
    return known_length and not _DATE.search(written) and _passes_luhn(digits)


def _passes_luhn(digits: str) -> bool:
    doubled = (2 * int(digit) - 9 * (digit > "4") for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + sum(doubled)) % 10 == 0


def _mask_secret(found: re.Match[str]) -> str:
    word = found["secret"].strip("\"'«»“” .,;!?()").lower()
    is_ordinary = not word or word in _ORDINARY or word.endswith(("é", "ée", "és")) or found["secret"].startswith("[")
    return found[0] if is_ordinary else found["before"] + PASSWORD_MASKED
