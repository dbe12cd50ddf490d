"""How often the search finds the right subject, on sentences written without having seen the fiches.

The part to tune on may be read; of the held-out part only figures are shown, and never on a sentence that stands in the
fiches or in the training data, or is nearly one of the fiches' `questions` or of the sayings.
"""

import argparse
import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import yaml
from rapidfuzz import fuzz, process

from assistance.fiche import Fiche
from assistance.french import fold
from bench.search_bench import ROOT, read_fiches
from knowledge_base.search import SAYINGS, Hit, SearchIndex

SETS = ("subjects", "queries_misspelt", "questions")
TUNED = ("subjects.tune", "subjects.tune2", "queries_misspelt.tune", "questions.tune")
FOLDER = ROOT / "data" / "evaluation"
OFFERED = 5  # subjects that a person may choose from
TOO_NEAR = 90  # rapidfuzz token_set_ratio with one of the fiches' questions
SHORTEST_COMPARED = 3  # words: a question of one or two is part of too many sentences to tell anything
T = TypeVar("T")
_ENTITY = re.compile(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Row:
    """A labelled sentence; `slugs` are the subjects that are right as first, `slug` the one it was written for."""

    text: str
    slugs: frozenset[str]
    slug: str
    style: str | None = None


Answered = tuple[Row, list[Hit]]


def evaluate() -> dict[str, Any]:
    """Return the figures of the sets to tune on, and of the held-out ones.

    Of a held-out set, sentences that were `copied` from what the search was made with, or are `near` it, are left out
    and counted; `copied_in` tells the files where copies stand.
    """
    fiches = read_fiches()
    index = SearchIndex(fiches, read_place_names())
    seen = _read_seen(fiches)
    held_out: dict[str, Any] = {
        f"{name}.heldout": _rate_unseen(_read_rows(f"{name}.heldout"), fiches, seen, index) for name in SETS
    }
    for path in sorted(FOLDER.glob("needs.heldout*.yml")):
        held_out[path.stem] = _rate_unseen_needs(_load(path.name), fiches, seen, index)
    return {**evaluate_tuned(index), **held_out, "out_of_scope.heldout": _rate_out_of_scope("heldout", index)}


def evaluate_tuned(index: SearchIndex) -> dict[str, Any]:
    """Return the figures of the sets to tune on, by set and part (`subjects.tune`…), and the `confusions` of two.

    Rates are of the sentences counted: `first`, `in_three`, `wrong_and_sure`, `right_and_sure`; where sentences have a
    style, `by_theme` and `by_style` too.
    """
    rates = {name: _rate(_read_rows(name), index) for name in TUNED}
    needs = {path.stem: _rate_needs(_load(path.name), index) for path in sorted(FOLDER.glob("needs.tune*.yml"))}
    return {
        **rates,
        **needs,
        "out_of_scope.tune": _rate_out_of_scope("tune", index),
        "confusions": _list_confusions(_read_rows("subjects.tune"), index),
        "confusions_of_questions": _list_confusions(_read_rows("questions.tune"), index),
    }


def read_place_names() -> frozenset[str]:
    """Return the names of the communes of the département."""
    with (ROOT / "data" / "territoire" / "communes.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["nom"] for row in csv.DictReader(file))


def _read_rows(name: str) -> list[Row]:
    rows = _load(f"{name}.yml")
    return [
        Row(row["text"], frozenset({row["slug"], *row.get("also", ())}), row["slug"], row.get("style")) for row in rows
    ]


def _load(file_name: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((FOLDER / file_name).read_text(encoding="utf-8"))
    return list(loaded)


def _rate(rows: Sequence[Row], index: SearchIndex) -> dict[str, Any]:
    answers = [(row, index.search(row.text, limit=3)) for row in rows]
    if not any(row.style for row in rows):
        return _shares(answers)
    themes = {fiche.slug: fiche.theme for fiche in read_fiches()}
    return {
        **_shares(answers),
        "by_theme": _by(answers, lambda row: themes[row.slug]),
        "by_style": _by(answers, lambda row: row.style or ""),
    }


def _by(answers: Sequence[Answered], key: Callable[[Row], str]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for row, hits in answers:
        groups[key(row)].append((row, hits))
    return {name: _shares(groups[name]) for name in sorted(groups)}


def _shares(answers: Sequence[Answered]) -> dict[str, Any]:
    return {
        "sentences": len(answers),
        "first": _share(answers, _is_right),
        "in_three": _share(answers, lambda row, hits: any(hit.slug in row.slugs for hit in hits)),
        "wrong_and_sure": _share(answers, lambda row, hits: _is_sure(hits) and not _is_right(row, hits)),
        "right_and_sure": _share(answers, lambda row, hits: _is_sure(hits) and _is_right(row, hits)),
    }


def _share(answers: Sequence[Answered], counts: Callable[[Row, Sequence[Hit]], bool]) -> float | None:
    return round(sum(counts(row, hits) for row, hits in answers) / len(answers), 4) if answers else None


def _is_right(row: Row, hits: Sequence[Hit]) -> bool:
    return bool(hits) and hits[0].slug in row.slugs


def _is_sure(hits: Sequence[Hit]) -> bool:
    return bool(hits) and hits[0].sure


def _rate_needs(rows: Sequence[dict[str, Any]], index: SearchIndex) -> dict[str, Any]:
    """Return how many of the needs told are `found`, how many are so or among the choices, the messages with a `wrong`.

    A row's `needs` lists, for each need, the subjects that are right for it; or its `slugs` gives one for each.
    """
    found = offered = wrong = told = 0
    for row in rows:
        needs = row.get("needs") or [[slug] for slug in row["slugs"]]
        slugs = {hit.slug for hit in index.needs(row["text"])}
        choices = slugs | {hit.slug for hit in index.search(row["text"], OFFERED)}
        told += len(needs)
        found += sum(not slugs.isdisjoint(right) for right in needs)
        offered += sum(not choices.isdisjoint(right) for right in needs)
        wrong += not slugs.issubset(chain.from_iterable(needs))
    rates = {"found": found / told, "found_or_offered": offered / told, "wrong": wrong / len(rows)} if rows else {}
    return {"messages": len(rows), **{name: round(rate, 4) for name, rate in rates.items()}}


def _rate_out_of_scope(part: str, index: SearchIndex) -> dict[str, Any]:
    texts = [row["text"] for row in _load(f"acts.{part}.yml") if row["act"] == "out_of_scope"]
    found = [index.search(text, limit=1) for text in texts]
    scores = sorted(hits[0].score if hits else 0.0 for hits in found)
    return {
        "sentences": len(texts),
        "sure": round(sum(_is_sure(hits) for hits in found) / len(found), 4),
        "no_hit": round(scores.count(0.0) / len(scores), 4),
        "median_score": scores[len(scores) // 2],
    }


def _read_seen(fiches: Iterable[Fiche]) -> dict[str, str]:
    """Return each folded sentence of the fiches and of the training data, and the file where it stands."""
    seen = {
        fold(sentence): f"knowledge_base/fiches/{fiche.slug}.md"
        for fiche in fiches
        for sentence in (*fiche.questions, *fiche.mots)
    }
    for saying in (saying for sayings in SAYINGS.values() for saying in sayings):
        seen.setdefault(fold(saying), "knowledge_base/sayings.yml")
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or ():
            for line in str(entry.get("examples", "")).splitlines():
                seen.setdefault(fold(_ENTITY.sub(r"\1", line.removeprefix("-"))), f"data/nlu/{path.name}")
    return seen


def _rate_unseen(
    rows: Sequence[Row], fiches: Iterable[Fiche], seen: Mapping[str, str], index: SearchIndex
) -> dict[str, Any]:
    unseen, left_out = _leave_out_seen(rows, lambda row: row.text, fiches, seen)
    return {**_rate(unseen, index), **left_out}


def _rate_unseen_needs(
    rows: Sequence[dict[str, Any]], fiches: Iterable[Fiche], seen: Mapping[str, str], index: SearchIndex
) -> dict[str, Any]:
    unseen, left_out = _leave_out_seen(rows, lambda row: str(row["text"]), fiches, seen)
    return {**_rate_needs(unseen, index), **left_out}


def _leave_out_seen(
    rows: Sequence[T], text_of: Callable[[T], str], fiches: Iterable[Fiche], seen: Mapping[str, str]
) -> tuple[list[T], dict[str, Any]]:
    """Return the rows whose text stands nowhere, nor nearly, and how many do: `copied`, `near`, `copied_in`."""
    asked = chain((question for fiche in fiches for question in fiche.questions), *SAYINGS.values())
    questions = [folded for text in asked if _is_long(folded := fold(text))]
    copied = [text for row in rows if fold(text := text_of(row)) in seen]
    near = [text for row in rows if (text := text_of(row)) not in copied and _nearest(text, questions) >= TOO_NEAR]
    left_out = {*copied, *near}
    counts = {"copied": len(copied), "near": len(near), "copied_in": dict(Counter(seen[fold(text)] for text in copied))}
    return [row for row in rows if text_of(row) not in left_out], counts


def _is_long(folded: str) -> bool:
    return len(folded.split()) >= SHORTEST_COMPARED


def _nearest(text: str, questions: Sequence[str]) -> float:
    found = process.extractOne(fold(text), questions, scorer=fuzz.token_set_ratio)
    return found[1] if found else 0.0


def _list_confusions(rows: Sequence[Row], index: SearchIndex) -> list[str]:
    confusions = []
    for row in rows:
        hits = index.search(row.text, limit=3)
        if not _is_right(row, hits):
            sure = " (sûr)" if _is_sure(hits) else ""
            found = ", ".join(f"{hit.slug} {hit.score:.2f}" for hit in hits) or "rien"
            confusions.append(f"{' ou '.join(sorted(row.slugs))} <- {found}{sure} : {row.text}")
    return sorted(confusions)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuned", action="store_true", help="only the sets to tune on: the others are not looked at")
    tuned = SearchIndex(read_fiches(), read_place_names()) if parser.parse_args().tuned else None
    print(json.dumps(evaluate_tuned(tuned) if tuned else evaluate(), indent=2, ensure_ascii=False))
