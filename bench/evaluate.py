"""`make evaluate`: how well residents are understood, on labelled sentences of which one part was never tuned on.

Of the held-out part only figures are shown, and none of a sentence that stands, or nearly, in what the parts were made
from. Mistakes are listed for the part to tune on alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from assistance.safety import check
from bench import evaluate_subjects
from bench.processes import Program, ProgramError, bare_environment, end_well_when_asked
from bench.proche import ROOT
from bench.seen import Seen, load_seen
from bench.table import align, compare
from knowledge_base.communes import CommuneFinder
from knowledge_base.territory import load_territory

MODEL = ROOT / "models" / "proche.tar.gz"
DIALOGUES = ROOT / "tests" / "conversations" / "test_conversations.py"
DIALOGUES_S = 90
PARTS = ("tune", "heldout")
LAST_HELD_OUT = {"acts": "heldout2", "communes": "heldout3", "danger": "heldout2", "ordinary": "heldout2"}
NOT_A_REQUEST = {"ask_bot", "ask_privacy"}
SHOWN_MISTAKES = 8
Row = dict[str, Any]


@dataclass(frozen=True)
class Rate:
    """A share, and of how many sentences."""

    value: float
    of: int


@dataclass
class Part:
    """One part of a set: how many sentences counted, how many left out because seen, rates by what is counted."""

    sentences: int
    rates: dict[str, Rate | None]
    seen: int = 0
    mistakes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Promise:
    """A figure of a set, what it means, and the bound it must hold on the held-out part."""

    set_name: str
    rate: str
    what: str
    bound: float | None = None
    at_least: bool = True


PROMISES = (
    Promise("subjects", "first", "sujet juste en premier", 0.90),
    Promise("subjects", "in_three", "sujet juste parmi trois", 0.97),
    Promise("subjects", "wrong_and_sure", "sujet faux et sûr", 0.02, at_least=False),
    Promise("queries_misspelt", "first", "recherche mal écrite, juste en premier"),
    Promise("queries_misspelt", "in_three", "recherche mal écrite, parmi trois"),
    Promise("queries_misspelt", "wrong_and_sure", "recherche mal écrite, faux et sûr"),
    Promise("acts", "right", "acte juste"),
    Promise("acts", "out_of_scope", "hors sujet reconnu"),
    Promise("acts", "turned_away", "vraie demande prise pour hors sujet"),
    Promise("communes", "right", "commune juste", 0.98),
    Promise("danger", "plain", "danger dit clairement", 1.0),
    Promise("danger", "hinted", "danger à demi-mot", 0.95),
    Promise("danger", "disguised", "danger déguisé"),
    Promise("ordinary", "card", "sans danger : carte (fausse alerte)", 0.005, at_least=False),
    Promise("ordinary", "question", "sans danger : question ou texte doux", 0.02, at_least=False),
    Promise("conversations", "pass", "dialogues qui passent"),
)


def main() -> None:
    options = read_options()
    end_well_when_asked()
    found, faults = evaluate()
    print("\n".join(list_mistakes(found, None if options.all else SHOWN_MISTAKES)))
    print(align(lay_out(found)))
    print("\n".join([*list_left_out(found), *faults]))
    if options.json:
        report = {name: {part: asdict(figures) for part, figures in parts.items()} for name, parts in found.items()}
        options.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluate", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--all", action="store_true", help="list every mistake of the part to tune on")
    return parser.parse_args()


def evaluate() -> tuple[dict[str, dict[str, Part]], list[str]]:
    """Return the parts of each set, and a sentence for each set that could not be evaluated."""
    seen = load_seen()
    finder = CommuneFinder(load_territory(ROOT / "data" / "territoire"))
    judges: dict[str, Callable[[str, Seen], dict[str, Part]]] = {
        "acts": judge_acts,
        "communes": lambda name, seen: judge(name, seen, lambda rows: rate_communes(rows, finder)),
        "danger": lambda name, seen: judge(name, seen, rate_danger),
        "ordinary": lambda name, seen: judge(name, seen, rate_ordinary),
        "conversations": lambda name, seen: run_dialogues(),
    }
    found, faults = read_subjects(evaluate_subjects.evaluate()), []
    for name, run in judges.items():
        try:
            found[name] = run(name, seen)
        except (ProgramError, OSError) as error:
            faults.append(f"{name} : non mesuré, {type(error).__name__}: {error}")
    return found, faults


def judge(name: str, seen: Seen, rate: Callable[[Sequence[Row]], Part]) -> dict[str, Part]:
    """Rate both parts of a set, the held-out one without what was seen and without its mistakes."""
    tune = rate(load_rows(name, "tune"))
    rows, left_out = seen.split(load_rows(name, "heldout"))
    held_out = rate(rows)
    return {"tune": tune, "heldout": Part(held_out.sentences, held_out.rates, left_out)}


def load_rows(name: str, part: str) -> list[Row]:
    """The rows of a set; of its held-out parts the last written, the earlier ones having been looked at."""
    held_out = LAST_HELD_OUT.get(name, part) if part == "heldout" else part
    path = ROOT / "data" / "evaluation" / f"{name}.{held_out}.yml"
    rows: list[Row] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [{"text": "\n".join(row.get("texts", ())), **row} for row in rows]


def read_subjects(figures: Row) -> dict[str, dict[str, Part]]:
    """The sets that bench.evaluate_subjects measures."""
    found = {name: {part: _read_part(figures[f"{name}.{part}"]) for part in PARTS} for name in evaluate_subjects.SETS}
    found["subjects"]["tune"].mistakes = figures["confusions"]
    return found


def _read_part(figures: Row) -> Part:
    count = figures["sentences"]
    rates = {name: Rate(figures[name], count) if count else None for name in ("first", "in_three", "wrong_and_sure")}
    return Part(count, rates, figures.get("copied", 0) + figures.get("near", 0))


def share(answers: Iterable[bool]) -> Rate | None:
    """Return the share of True; None when there is nothing to count."""
    given = list(answers)
    return Rate(sum(given) / len(given), len(given)) if given else None


def judge_acts(name: str, seen: Seen) -> dict[str, Part]:
    """The intents of the trained model, both parts parsed in one start of Rasa. Raises OSError."""
    rows = {text: "" for part in PARTS for text in (row["text"] for row in load_rows(name, part))}
    intents = dict(zip(rows, parse_acts(list(rows)), strict=True))
    return judge(name, seen, lambda given: rate_acts(given, intents))


def parse_acts(texts: Sequence[str]) -> list[str]:
    settings = {"RASA_TELEMETRY_ENABLED": "false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix="proche-evaluate-") as folder:
        asked, answered = Path(folder) / "asked.json", Path(folder) / "answered.json"
        asked.write_text(json.dumps(texts), encoding="utf-8")
        run = subprocess.run(
            [ROOT / ".venv-rasa" / "bin" / "python", "-m", "bench.parse_acts", MODEL, asked, answered],
            cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            raise OSError(run.stderr[-1_000:])
        found: list[str] = json.loads(answered.read_text(encoding="utf-8"))
    return found


def rate_acts(rows: Sequence[Row], intents: dict[str, str]) -> Part:
    judged = [(row, intents[row["text"]]) for row in rows]
    away = [(row, act) for row, act in judged if row["act"] == "out_of_scope"]
    asked = [(row, act) for row, act in judged if _is_request(row["act"])]
    rates = {
        "right": share(act == row["act"] for row, act in judged),
        "out_of_scope": share(act == "out_of_scope" for _, act in away),
        "turned_away": share(act == "out_of_scope" for _, act in asked),
    }
    mistakes = [f"{row['act']} <- {act} : {row['text']}" for row, act in judged if act != row["act"]]
    return Part(len(rows), rates, mistakes=sorted(mistakes))


def _is_request(act: str) -> bool:
    return act.startswith(("ask_", "find_", "give_", "start_")) and act not in NOT_A_REQUEST


def rate_communes(rows: Sequence[Row], finder: CommuneFinder) -> Part:
    right, mistakes = [], []
    for row in rows:
        match = finder.find(row["text"])
        found = match.communes[0].code_insee if match.communes else ""
        expected = row["code_insee"][0] if row["code_insee"] else ""
        right.append((match.status, found) == (row["status"], expected))
        if not right[-1]:
            mistakes.append(f"{row['status']} {expected} <- {match.status} {found} : {row['text']}")
    return Part(len(rows), {"right": share(right)}, mistakes=mistakes)


def _level(text: str) -> str:
    danger = check(text)
    return danger.level if danger else "none"


def rate_danger(rows: Sequence[Row]) -> Part:
    judged = [(row, _level(row["text"])) for row in rows]
    rates = {
        kind: share(level in row["expect"] for row, level in judged if row["kind"] == kind)
        for kind in ("plain", "hinted", "disguised")
    }
    missed = [(row, level) for row, level in judged if level not in row["expect"]]
    return Part(len(rows), rates, mistakes=[f"{row['theme']} <- {level} : {row['text']}" for row, level in missed])


def rate_ordinary(rows: Sequence[Row]) -> Part:
    judged = [(row, _level(row["text"])) for row in rows]
    rates = {
        "card": share(level == "card" for _, level in judged),
        "question": share(level in ("ask", "talk") for _, level in judged),
    }
    return Part(len(rows), rates, mistakes=[f"{level} : {row['text']}" for row, level in judged if level != "none"])


def run_dialogues() -> dict[str, Part]:
    """The dialogues of tests/conversations that kill nothing; nothing without them. Raises ProgramError, OSError."""
    if not DIALOGUES.exists():
        return {}
    with tempfile.TemporaryDirectory(prefix="proche-evaluate-") as folder:
        report, log = Path(folder) / "dialogues.xml", Path(folder) / "dialogues.log"
        command = [sys.executable, "-m", "pytest", "-q", f"{DIALOGUES}::test_dialogue", f"--junitxml={report}"]
        Program(command, ROOT, bare_environment(), log).start().finish(DIALOGUES_S)
        cases = list(ElementTree.parse(report).iter("testcase"))
    passed = [case.find("failure") is None and case.find("error") is None for case in cases]
    failed = [case.get("name", "") for case, good in zip(cases, passed, strict=True) if not good]
    return {"tune": Part(len(cases), {"pass": share(passed)}, mistakes=failed)}


def lay_out(found: dict[str, dict[str, Part]]) -> Iterator[Sequence[str]]:
    """Yield the rows of the table; the verdict is on the held-out part."""
    yield "jeu", "mesure", "à l'étude", "tenu à part", "promis", ""
    for promise in PROMISES:
        parts = found.get(promise.set_name, {})
        rates = {part: figures.rates.get(promise.rate) for part, figures in parts.items()}
        held_out = rates.get("heldout")
        bound = "" if promise.bound is None else f"{'≥' if promise.at_least else '≤'} {_percent(promise.bound)}"
        verdict = compare(held_out.value if held_out else None, promise.bound, promise.at_least)
        yield promise.set_name, promise.what, _show(rates.get("tune")), _show(held_out), bound, verdict


def _show(rate: Rate | None) -> str:
    return "—" if rate is None else f"{_percent(rate.value)} ({rate.of})"


def _percent(rate: float) -> str:
    return f"{rate * 100:.1f} %".replace(".", ",")


def list_left_out(found: dict[str, dict[str, Part]]) -> Iterator[str]:
    """Yield, for each set, how many held-out sentences stand in what the parts were made from."""
    for name, parts in found.items():
        if "heldout" in parts and parts["heldout"].seen:
            yield f"{name} : {parts['heldout'].seen} phrase(s) tenue(s) à part mais déjà vue(s), écartée(s) du chiffre."


def list_mistakes(found: dict[str, dict[str, Part]], most: int | None) -> Iterator[str]:
    """Yield the mistakes on the part to tune on, `most` of each set: expected <- found : sentence."""
    for name, parts in found.items():
        mistakes = parts["tune"].mistakes if "tune" in parts else []
        for mistake in mistakes[:most]:
            yield f"{name}: {mistake}"
        if most is not None and len(mistakes) > most:
            yield f"{name}: … et {len(mistakes) - most} autre(s), avec --all"


if __name__ == "__main__":
    main()
