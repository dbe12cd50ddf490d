"""The alphabet of an SMS that is billed by 160 characters; any other letter makes it 70."""

# 3GPP TS 23.038 §6.2.1: the default alphabet, and the characters of its extension table.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "^{}\\[~]|€"
GSM_7 = frozenset(_BASIC + _EXTENSION)


def find_outside(text: str) -> str:
    """Return each character of `text` that is not in the alphabet, once, as first met; "" when all are."""
    return "".join(dict.fromkeys(letter for letter in text if letter not in GSM_7))
