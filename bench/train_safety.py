"""Learn assistance/safety_model.json: `.venv-rasa/bin/python -m bench.train_safety` (scikit-learn lives there).

Prints what cross-validation says of the tuned parts, by which the threshold is chosen. Reads no held-out sentence.
"""

import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).resolve().parent.parent
MODEL_PATH = ROOT / "assistance" / "safety_model.json"
ORDINARY = "ordinaire"
TUNED = ("tune", "tune2", "tune3")
RAREST = 2  # sentences
STRENGTH = 30.0
WEIGHTS = {"requests": 0.1, "stories": 0.2}  # there are many, and most are easy; 1 for the others
KEPT_TERMS, KEPT_THEME_TERMS = 15_000, 900
SCALE = 100
# Shares of the ordinary sentences of TUNED that may get a question, a card; those that a rule hears are counted in.
SOFT_ALARMS, HARD_ALARMS = 0.02, 0.004
KINDS = ("plain", "hinted", "disguised")
Example = dict


def load_examples() -> list[Example]:
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.safety_examples"]
    examples = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return list(examples)


class Reader:
    """The terms kept, their rarity, and sentences as rows of unit length."""

    def __init__(self, examples: list[Example], kept: int = 10**9) -> None:
        counts = Counter(term for example in examples for term in example["terms"])
        terms = [term for term, count in counts.items() if count >= RAREST]
        if len(terms) > kept:
            terms = most_telling(terms, examples)[:kept]
        self.column = {term: place for place, term in enumerate(sorted(terms))}
        self.rarity = np.array([round(float(np.log(len(examples) / counts[term])), 2) for term in sorted(terms)])

    def matrix(self, examples: list[Example]) -> csr_matrix:
        rows, columns, values = [], [], []
        for row, example in enumerate(examples):
            known = [self.column[term] for term in example["terms"] if term in self.column]
            length = float(np.sqrt((self.rarity[known] ** 2).sum())) or 1.0
            rows += [row] * len(known)
            columns += known
            values += list(self.rarity[known] / length)
        return csr_matrix((values, (rows, columns)), shape=(len(examples), len(self.column)))


def most_telling(terms: list[str], examples: list[Example]) -> list[str]:
    """The terms whose shares among dangerous and ordinary sentences differ most, and not by one sentence."""
    seen = {True: Counter(), False: Counter()}
    for example in examples:
        seen[is_danger(example)].update(example["terms"])
    total = Counter(is_danger(example) for example in examples)

    def telling(term: str) -> float:
        shares = [(seen[danger][term] + 0.5) / total[danger] for danger in (True, False)]
        return abs(float(np.log(shares[0] / shares[1]))) * sum(shares)

    return sorted(terms, key=telling, reverse=True)


def is_danger(example: Example) -> bool:
    return bool(example["theme"] != ORDINARY)


def fit(examples: list[Example], kept: int = KEPT_TERMS) -> "tuple[LogisticRegression, Reader]":
    reader = Reader(examples, kept)
    weights = [WEIGHTS.get(example["source"], 1.0) for example in examples]
    model = LogisticRegression(C=STRENGTH, max_iter=300, solver="liblinear")
    return model.fit(reader.matrix(examples), [is_danger(example) for example in examples], weights), reader


def cross_validate(judged: list[Example], others: list[Example]) -> np.ndarray:
    """The probability of danger of each judged sentence, told by models that have not seen it."""
    heard = np.zeros(len(judged))
    folds = StratifiedKFold(5, shuffle=True, random_state=62)
    for taught, held in folds.split(judged, [example["theme"] for example in judged]):
        model, reader = fit([*(judged[place] for place in taught), *others])
        heard[held] = model.predict_proba(reader.matrix([judged[place] for place in held]))[:, 1]
    return heard


def choose_threshold(judged: list[Example], heard: np.ndarray, levels: "tuple[str, ...]", share: float) -> float:
    """The lowest probability at which rules (of `levels`) and model together reach no more than `share`."""
    ordinary = [place for place, example in enumerate(judged) if not is_danger(example)]
    by_rule = sum(judged[place]["rule"] in levels for place in ordinary)
    unheard = [place for place in ordinary if not judged[place]["rule"]]
    may = [place for place in unheard if "card" not in levels or judged[place]["paired"]]
    reached = sorted((heard[place] for place in may), reverse=True)
    return float(np.ceil(reached[max(1, int(share * len(ordinary)) - by_rule)] * 1000) / 1000) + 0.001


def report(judged: list[Example], heard: np.ndarray, ask_from: float, card_from: float) -> None:
    asked = heard >= ask_from
    carded = (heard >= card_from) & np.array([row["paired"] for row in judged])
    by_rule = np.array([row["rule"] == "card" for row in judged])
    for part in TUNED:
        for kind in KINDS:
            rows = [place for place, row in enumerate(judged) if row["source"] == part and row["kind"] == kind]
            ruled = np.array([bool(judged[place]["rule"]) for place in rows])
            both = np.mean(ruled | asked[rows])
            cards = f"cards: rules {by_rule[rows].mean():.3f}, model {carded[rows].mean():.3f}"
            heard_by = f"rules {ruled.mean():.3f}, model {asked[rows].mean():.3f}, both {both:.3f}"
            print(f"  {part} {kind}: {heard_by}; {cards}")
        rows = [place for place, row in enumerate(judged) if row["source"] == part and not is_danger(row)]
        print(f"  {part} ordinary: model {asked[rows].mean():.4f}, card {carded[rows].mean():.4f}")


def fit_themes(examples: list[Example]) -> dict:
    """Weights by theme of the terms most often met in danger: notions alone, and words as they sound."""
    dangerous = [example for example in examples if is_danger(example)]
    counts = Counter(term for example in dangerous for term in example["terms"] if term[0] in "=@" and " " not in term)
    terms = [term for term, _ in counts.most_common(KEPT_THEME_TERMS)]
    column = {term: place for place, term in enumerate(terms)}
    rows, columns = [], []
    for row, example in enumerate(dangerous):
        known = [column[term] for term in example["terms"] if term in column]
        rows, columns = rows + [row] * len(known), columns + known
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(dangerous), len(terms)))
    model = LogisticRegression(C=0.5, max_iter=400).fit(matrix, [example["theme"] for example in dangerous])
    return {
        "themes": list(model.classes_),
        "theme_bias": [round(float(bias), 2) for bias in model.intercept_],
        "theme_terms": {
            term: [round(float(weight) * SCALE) for weight in model.coef_[:, place]] for term, place in column.items()
        },
    }


def main() -> None:
    examples = load_examples()
    judged = [example for example in examples if example["source"] in TUNED]
    others = [example for example in examples if example["source"] not in TUNED]
    heard = cross_validate(judged, others)
    ask_from = choose_threshold(judged, heard, ("ask", "talk"), SOFT_ALARMS)
    card_from = max(ask_from, choose_threshold(judged, heard, ("card",), HARD_ALARMS))
    print(f"{len(examples)} sentences, {len(judged)} cross-validated; asks from {ask_from:.3f}, card {card_from:.3f}:")
    report(judged, heard, ask_from, card_from)
    model, reader = fit(examples)
    data = {
        "ask_from": round(ask_from, 3),
        "card_from": round(card_from, 3),
        "bias": round(float(model.intercept_[0]), 3),
        "scale": SCALE,
        "terms": {
            term: [round(float(reader.rarity[place]) * SCALE), round(float(model.coef_[0, place]) * SCALE)]
            for term, place in reader.column.items()
        },
        **fit_themes(examples),
    }
    MODEL_PATH.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{MODEL_PATH.name}: {MODEL_PATH.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
