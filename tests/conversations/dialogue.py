"""A dialogue as it is written in YAML: what a resident does, what breaks, what should come back."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
PARTS = ("rasa", "actions", "gateway")
# kill: SIGKILL; stop, cont: SIGSTOP, SIGCONT; wait: until it answers again.
BREAKS = ("kill", "stop", "cont", "wait")
EXPECTATIONS = (
    "fiche", "fiches", "proposes", "not_fiche", "no_fiche", "says", "not_says", "place", "first_place", "no_place",
    "choices", "danger", "urgent", "handoff", "count", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Break:
    """One part of the service stopped, killed, woken or waited for."""

    act: str  # one of BREAKS
    part: str  # one of PARTS


@dataclass(frozen=True)
class Turn:
    """What a resident writes or presses. `meanwhile` happens once the message is sent and not yet answered."""

    words: str
    pressed: bool
    expect: dict[str, Any]
    meanwhile: tuple[Break, ...] = ()


@dataclass(frozen=True)
class Dialogue:
    """One test. `rasa: off` runs it against a service without Rasa."""

    title: str
    file: str  # name of the file, without its extension
    steps: tuple[Turn | Break, ...]
    rasa: bool = True
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def turns(self) -> list[Turn]:
        return [step for step in self.steps if isinstance(step, Turn)]

    @property
    def breaks(self) -> bool:
        """Whether a part dies or sleeps in it."""
        return any(isinstance(step, Break) or step.meanwhile for step in self.steps)


def load_dialogues() -> list[Dialogue]:
    """Every dialogue of the folder. Raises ValueError with the title of the one that is not written as it should."""
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")):
            try:
                found.append(_dialogue(item, path.stem))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path.name}: {item.get('title')}: {error}") from error
    return found


def _dialogue(item: dict[str, Any], file: str) -> Dialogue:
    _refuse_unknown(item, ("title", "turns", "rasa", "tags"))
    steps = tuple(_step(step) for step in item["turns"])
    return Dialogue(item["title"], file, steps, item.get("rasa", True), frozenset(item.get("tags", ())))


def _step(item: dict[str, Any]) -> Turn | Break:
    if set(item) <= set(BREAKS):
        return _break(item)
    _refuse_unknown(item, ("say", "press", "expect", "meanwhile"))
    expect = item.get("expect", {})
    _refuse_unknown(expect, EXPECTATIONS)
    pressed = "press" in item
    words = item["press"] if pressed else item["say"]
    return Turn(words, pressed, expect, tuple(_break(one) for one in item.get("meanwhile", ())))


def _break(item: dict[str, str]) -> Break:
    ((act, part),) = item.items()
    if part not in PARTS:
        raise ValueError(f"unknown part {part!r}")
    return Break(act, part)


def _refuse_unknown(item: dict[str, Any], known: tuple[str, ...]) -> None:
    if unknown := set(item) - set(known):
        raise ValueError(f"unknown keys {sorted(unknown)}")
