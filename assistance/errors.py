"""Errors raised on purpose. None carries a message text, a name or a number of a citizen."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of a content file, for the person who will mend it."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class AssistanceError(Exception):
    """Base of the errors raised on purpose."""


class FicheNotFoundError(AssistanceError):
    """No fiche has this slug."""


class ContentError(AssistanceError):
    """Content files are faulty; `faults` names file, line and reason of every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
