"""A citizen's text made safe to store: valid, without controls or invisible marks, masked."""

import unicodedata

from assistance.masking import mask

# Marks that reorder or hide text (Unicode TR 36): bidi controls, zero-width and byte-order marks.
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2060, 0xFEFF])

_CONTROLS = dict.fromkeys((code for code in [*range(0x20), *range(0x7F, 0xA0)] if code != ord("\n")), " ")


def clean(text: str) -> str:
    """Return `text` in NFC, lines kept, other controls, lone surrogates and invisible marks taken out, trimmed."""
    valid = text.encode("utf-8", "ignore").decode("utf-8").replace("\r\n", "\n").translate(_INVISIBLE)
    return unicodedata.normalize("NFC", valid.translate(_CONTROLS)).strip()


def take_in(text: str) -> str:
    """Return `text` as it may be written to disk: cleaned, then numbers of persons masked."""
    return mask(clean(text))
