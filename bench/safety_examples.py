"""What the model beside the danger rules learns from, printed as JSON for bench/train_safety.py.

Apart, since the rules, whose spelling the model reads, run in the gateway's environment and the training in Rasa's.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from assistance.french import fold
from assistance.safety import NEVER_DOUBTED, RULES_PATH, load_rules
from assistance.safety_model import ORDINARY, RUN
from bench.ordinary_requests import DANGER_FICHES, list_requests

ROOT = Path(__file__).resolve().parent.parent
EVALUATION = ROOT / "data" / "evaluation"
_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
TUNED = ("tune", "tune2", "tune3", "tune4", "tune5")


@dataclass(frozen=True)
class Example:
    """A sentence, folded and as terms; `source` is a tuned part, or what it was taken from."""

    text: str
    theme: str  # ORDINARY when nobody is in danger
    source: str
    kind: str  # of danger: plain, hinted, disguised
    hard: bool  # of ordinary: the neighbour of a danger
    rule: str  # the level a rule gives, "" when none hears
    doubtable: bool  # the model may turn the card of the rule into a question
    paired: bool  # two notions of danger stand together
    terms: list[str]


def list_examples() -> Iterator[Example]:
    for part in TUNED:
        for row in read(EVALUATION / f"danger.{part}.yml"):
            yield make(row["text"], row["theme"], part, row["kind"])
        for row in read(EVALUATION / f"ordinary.{part}.yml"):
            yield make(row["text"], ORDINARY, part, hard=row.get("hard", False))
    for theme, texts in read(ROOT / "data" / "safety" / "phrases.yml").items():
        yield from (make(text, theme, "phrases") for text in texts)
    for theme, rules in read(RULES_PATH)["regles"].items():
        for rule in rules:
            yield make(rule["says"], theme, "rules")
            yield make(rule["not"], ORDINARY, "rules")
    yield from (make(text, ORDINARY, "stories") for text in list_stories())
    yield from (make(text, ORDINARY, "requests") for text in list_requests())
    yield from (make(text, ORDINARY, "talks") for text in list_talks())


def list_talks() -> Iterator[str]:
    """Yield what is said all day long: small talk, details, names of towns, what is none of our business."""
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for item in read(path)["nlu"]:
            if item.get("intent") not in (None, "ask_right"):  # a need told there may be a danger
                yield from filter(_is_quiet, (_plain(line) for line in item["examples"].splitlines()))
    for name in ("acts", "communes", "follow_ups", "questions"):
        for path in sorted(EVALUATION.glob(f"{name}.tune*.yml")):
            rows = [row for row in read(path) if not str(row.get("slug") or "").startswith(DANGER_FICHES)]
            yield from filter(_is_quiet, (row["text"] for row in rows))


def _plain(line: str) -> str:
    """The words of a line of training data, without the marks of its entities."""
    return _ENTITY.sub(r"\1", line.strip().removeprefix("- "))


def _is_quiet(text: str) -> bool:
    return bool(text) and load_rules().check(text) is None


def list_stories() -> Iterator[str]:
    """Yield the tuned sentences about subjects, many of them long, but for those that speak of danger."""
    for path in sorted(EVALUATION.glob("subjects.tune*.yml")):
        rows = [row for row in read(path) if not row["slug"].startswith(DANGER_FICHES)]
        yield from (row["text"] for row in rows if load_rules().check(row["text"]) is None)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def make(text: str, theme: str, source: str, kind: str = "", *, hard: bool = False) -> Example:
    rules = load_rules()
    danger = rules.check(text)
    terms = {term for term in rules.list_terms(text) if term[0] != RUN}  # the trainer lists runs of letters itself
    level = danger.level if danger else ""
    doubtable = danger is not None and danger.level == "card" and danger.theme not in NEVER_DOUBTED
    paired = bool(rules.together & terms)
    return Example(fold(text), theme, source, kind, hard, level, doubtable, paired, sorted(terms))


if __name__ == "__main__":
    print(json.dumps([asdict(example) for example in list_examples()], ensure_ascii=False))
