"""How the cells of public files are brought to ours: telephone, e-mail, point, date, id."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from assistance.french import fold

_PHONE = re.compile(r"(?:(?:\+|00)\s?33\s?(?:\(0\))?\s?|0)[1-9](?:[\s.\-]?\d{2}){4}(?!\d)|(?<!\d)\d{4}(?!\d)")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?|(\d\d)/(\d\d)/(\d{4})(?: .*)?")
_BARE_HOST = re.compile(r"(https?://)?([\w-]+(?:\.[\w-]+)+)(/\S*|)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# A mailbox of a service is published; a person's is not (data/territoire/README.md).
_SERVICE_MAILBOX = re.compile(
    r"franceservice|\b(?:(?:accueil|ccas|cias|cidff|commune|contact|courrier|cyber|maisonde|mairie|mdph|mediation|mission"
    r"|mjc|msap|numerique|pimms|secretariat|service|social|solidarite)\w*"
    r"|(?:agence|bureau|caf|caisse|centre|clic|cnfs|cpam|espace|fabrique|france|info|jeunes|jeunesse|maison|mds|pij|point"
    r"|ville))\b"
)


def text(value: Any) -> str:
    """One line of text, "" for what is absent."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(str(value).split())


def has_control(value: str) -> bool:
    """Whether a text holds characters no one types."""
    return _CONTROL.search(value) is not None


def french_phone(value: str) -> str:
    """The first number of `value` as the French write it; `value` itself when it holds none, for the check to refuse.

    >>> french_phone("+33321502020"), french_phone("03.21.50.20.20 / 03.21.50.20.21"), french_phone("3230")
    ('03 21 50 20 20', '03 21 50 20 20', '3230')
    """
    match = _PHONE.search(value)
    if match is None:
        return value
    digits = re.sub(r"\D", "", match[0].replace("(0)", ""))
    if len(digits) == 4:
        return digits
    return re.sub(r"(\d\d)(?=\d)", r"\1 ", "0" + digits[-9:])


def service_email(values: Iterable[str]) -> str:
    """The first address that is a service's, not a person's; "" when there is none."""
    return next((one.strip() for one in values if _is_service_mailbox(one.strip().lower())), "")


def _is_service_mailbox(address: str) -> bool:
    name, _, domain = address.partition("@")
    return domain == "france-services.gouv.fr" or _SERVICE_MAILBOX.search(fold(name)) is not None


def website(value: str) -> str:
    """An address with its scheme, its host in small letters.

    >>> website("www.Arras.fr/Mairie"), website("javascript:alert(1)")
    ('https://www.arras.fr/Mairie', 'javascript:alert(1)')
    """
    match = _BARE_HOST.fullmatch(value.strip())
    if match is None:
        return value.strip()
    return (match[1] or "https://").lower() + match[2].lower() + match[3]


def coordinate(value: Any) -> str:
    """Degrees with five decimals, about a metre; as written when it is no number, for the check to refuse."""
    written = text(value).replace(",", ".")
    return f"{float(written):.5f}" if re.fullmatch(r"-?\d{1,3}(\.\d{1,20})?", written) else written[:60]


def day(value: Any) -> date | None:
    """The day of a date as written in public files; None when there is none or it does not exist.

    >>> day("09/08/2023 13:30:19"), day("2023-08-09T13:30:19Z")
    (datetime.date(2023, 8, 9), datetime.date(2023, 8, 9))
    """
    match = _DAY.fullmatch(text(value))
    if match is None:
        return None
    parts = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def slug(value: str) -> str:
    """An id in lower case, digits and hyphens.

    >>> slug("dora--AidantsConnect:2024-47BXY")
    'dora-aidantsconnect-2024-47bxy'
    """
    return fold(value).replace(" ", "-")
