"""A table of figures for the terminal: what was measured, what was promised, whether it holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line; `value` and `bound` are compared when both are there, the greater the better if `at_least`."""

    what: str
    shown: str
    value: float | None = None
    bound: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def cells(self) -> tuple[str, str, str, str]:
        sign = "≥" if self.at_least else "≤"
        promise = "" if self.bound is None else f"{sign} {show(self.bound)}{self.unit}"
        return self.what, self.shown, promise, compare(self.value, self.bound, self.at_least)


def compare(value: float | None, bound: float | None, at_least: bool) -> str:
    """Return whether a promise is held, in one word; nothing without promise or measure."""
    if value is None or bound is None:
        return ""
    return "tenu" if (value >= bound if at_least else value <= bound) else "MANQUÉ"


def show(value: float) -> str:
    """Return a number as it reads in French, with the figures that tell."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace(".", ",")


def align(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of cells as aligned columns, the first row being their titles."""
    laid = [tuple(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*laid, strict=True)]
    laid.insert(1, tuple("─" * width for width in widths))
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in laid)
