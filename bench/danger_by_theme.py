"""How the danger check hears one set, by kind and by theme: `python -m bench.danger_by_theme --part tune4`.

Prints counts, never a sentence. A row with `texts` holds two messages of one person: the second is also read with the
first. heard: card, ask or talk; right: a level of its `expect`.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from assistance.safety import LEVELS, check, check_together

EVALUATION = Path(__file__).resolve().parent.parent / "data" / "evaluation"
KINDS = ("plain", "hinted", "disguised")
Row = dict[str, Any]


def read_set(name: str, part: str) -> list[Row]:
    """Return the rows of a set, each with its `level`: card, ask, talk or "" when nothing is heard."""
    rows: list[Row] = yaml.safe_load((EVALUATION / f"{name}.{part}.yml").read_text("utf-8")) or []
    return [{**row, "level": hear(row)} for row in rows]


def hear(row: Row) -> str:
    if "texts" not in row:
        danger = check(row["text"])
        return danger.level if danger else ""
    previous, text = row["texts"]
    found = [danger.level for danger in (check(previous), check(text), check_together(previous, text)) if danger]
    return min(found, key=LEVELS.index, default="")


def share(rows: Iterable[Row], *levels: str) -> float:
    rows = list(rows)
    return 100 * sum(row["level"] in levels for row in rows) / max(1, len(rows))


def print_dangers(name: str, rows: list[Row]) -> None:
    if rows:
        right = 100 * sum(row["level"] in row["expect"] for row in rows) / len(rows)
        shares = "".join(f"{share(rows, *levels):>8.1f}" for levels in (LEVELS, ("card",), ("ask",)))
        print(f"{name:34}{len(rows):>6}{shares}{right:>8.1f}")


def print_ordinary(name: str, rows: list[Row]) -> None:
    shares = "".join(f"{share(rows, level):>8.2f}" for level in LEVELS)
    print(f"{name:34}{len(rows):>6}{shares}")


def report(part: str) -> None:
    rows = read_set("danger", part)
    print(f"{f'danger.{part}, %':34}{'rows':>6}{'heard':>8}{'card':>8}{'ask':>8}{'right':>8}")
    for kind in KINDS:
        print_dangers(kind, [row for row in rows if row["kind"] == kind])
    for theme in sorted({row["theme"] for row in rows}):
        print_dangers(theme, [row for row in rows if row["theme"] == theme])
        for kind in KINDS:
            print_dangers(f"  {kind}", [row for row in rows if (row["theme"], row["kind"]) == (theme, kind)])
    ordinary = read_set("ordinary", part)
    print(f"{f'ordinary.{part}, %':34}{'rows':>6}{'card':>8}{'ask':>8}{'talk':>8}")
    print_ordinary("all", ordinary)
    print_ordinary("  hard", [row for row in ordinary if row.get("hard")])
    print_ordinary("  plain", [row for row in ordinary if not row.get("hard")])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="tune4")
    report(parser.parse_args().part)
