"""Learn assistance/safety_model.json: `.venv-rasa/bin/python -m bench.train_safety` (scikit-learn lives there).

Prints what cross-validation says of `tune3`, the one part whose sentences the rules were not made from: by it the
thresholds are chosen. Near-copies stay in one fold. Reads no held-out sentence.
"""

import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

ROOT = Path(__file__).resolve().parent.parent
MODEL_PATH = ROOT / "assistance" / "safety_model.json"
ORDINARY = "ordinaire"
JUDGED = "tune3"
RAREST = 2  # sentences
STRENGTH = 30.0
WEIGHTS = {"requests": 0.02, "stories": 0.05}  # there are many, and most are easy; 1 for the others
KEPT_TERMS, KEPT_THEME_TERMS = 30_000, 900
SCALE = 100
ALIKE = 0.6  # cosine of runs of four letters, from which two sentences are near-copies
# Shares of the ordinary sentences of JUDGED, nearly all hard neighbours, that may get a question, a card from the model
# where the table agrees, a card from the model alone. In a set by a stranger about half as many did.
SOFT_ALARMS, CARD_ALARMS, SURE_ALARMS = 0.032, 0.004, 0.001
DOUBTED = 0.015  # share of the dangers carded by a rule that the model may turn into a question
KINDS = ("plain", "hinted", "disguised")
Example = dict


def load_examples() -> list[Example]:
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.safety_examples"]
    examples = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return list(examples)


def unit_rows(rows: "list[dict[int, float]]", width: int) -> csr_matrix:
    """Rows of unit length; an empty one stays empty."""
    places = [(row, column) for row, known in enumerate(rows) for column in known]
    lengths = [float(np.sqrt(sum(value**2 for value in known.values()))) for known in rows]
    values = [value / length for known, length in zip(rows, lengths) for value in known.values()]  # noqa: B905
    return csr_matrix((values, tuple(zip(*places))), shape=(len(rows), width))  # noqa: B905


class Reader:
    """The terms kept, their rarity, and sentences as rows of unit length."""

    def __init__(self, examples: list[Example]) -> None:
        counts = Counter(term for example in examples for term in example["terms"])
        self.terms = sorted(term for term, count in counts.items() if count >= RAREST)
        self.column = {term: place for place, term in enumerate(self.terms)}
        self.rarity = np.array([round(float(np.log(len(examples) / counts[term])), 2) for term in self.terms])

    def keep(self, terms: "set[str]") -> None:
        kept = [place for place, term in enumerate(self.terms) if term in terms]
        self.terms = [self.terms[place] for place in kept]
        self.column = {term: place for place, term in enumerate(self.terms)}
        self.rarity = self.rarity[kept]

    def matrix(self, examples: list[Example]) -> csr_matrix:
        known = [[self.column[term] for term in example["terms"] if term in self.column] for example in examples]
        return unit_rows([{place: self.rarity[place] for place in places} for places in known], len(self.terms))


def is_danger(example: Example) -> bool:
    return bool(example["theme"] != ORDINARY)


def fit(examples: list[Example], kept: int = KEPT_TERMS) -> "tuple[LogisticRegression, Reader]":
    """Learn from all terms, then again from the `kept` that moved the decision most."""
    reader = Reader(examples)
    model = learn(examples, reader)
    if len(reader.terms) > kept:
        reach = np.abs(model.coef_[0]) * np.sqrt(np.asarray(reader.matrix(examples).power(2).sum(0)).ravel())
        reader.keep({reader.terms[place] for place in np.argsort(-reach)[:kept]})
        model = learn(examples, reader)
    return model, reader


def learn(examples: list[Example], reader: Reader) -> LogisticRegression:
    weights = [WEIGHTS.get(example["source"], 1.0) for example in examples]
    model = LogisticRegression(C=STRENGTH, max_iter=300, solver="liblinear")
    return model.fit(reader.matrix(examples), [is_danger(example) for example in examples], weights)


def group_alike(examples: list[Example]) -> np.ndarray:
    """A group number for each sentence; near-copies share one."""
    runs = [{text[start : start + 4] for start in range(len(text) - 3)} for text in (row["text"] for row in examples)]
    column = {run: place for place, run in enumerate(sorted(set().union(*runs)))}
    rows = unit_rows([{column[run]: 1.0 for run in found} for found in runs], len(column))
    alike = (rows @ rows.T).tocoo()
    near = alike.data > ALIKE
    graph = csr_matrix((alike.data[near], (alike.row[near], alike.col[near])), shape=alike.shape)
    return connected_components(graph, directed=False)[1]


def cross_validate(examples: list[Example]) -> np.ndarray:
    """The probability of danger of each sentence, told by models that have seen neither it nor a near-copy."""
    heard = np.zeros(len(examples))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=62)
    for taught, held in folds.split(examples, [row["theme"] for row in examples], group_alike(examples)):
        model, reader = fit([examples[place] for place in taught])
        heard[held] = model.predict_proba(reader.matrix([examples[place] for place in held]))[:, 1]
    return heard


class Judged:
    """The judged part, with what was heard of it; chooses the thresholds and prints what they give."""

    def __init__(self, examples: list[Example], heard: np.ndarray) -> None:
        places = [place for place, example in enumerate(examples) if example["source"] == JUDGED]
        self.rows = [examples[place] for place in places]
        self.heard = heard[places]
        self.danger = np.array([is_danger(row) for row in self.rows])
        self.rule = np.array([row["rule"] for row in self.rows])
        self.doubtable = np.array([row["doubtable"] for row in self.rows])
        self.paired = np.array([row["paired"] for row in self.rows])

    def choose(self) -> "dict[str, float]":
        carded = self.heard[self.danger & self.doubtable]
        unheard = ~self.danger & (self.rule == "")
        self.levels = {
            "trust_from": float(np.quantile(carded, DOUBTED)),
            "ask_from": self._reached_by(unheard, SOFT_ALARMS),
            "card_from": self._reached_by(unheard & self.paired, CARD_ALARMS),
            "sure_from": self._reached_by(unheard & ~self.paired, SURE_ALARMS),
        }
        return {name: round(value, 3) for name, value in self.levels.items()}

    def _reached_by(self, rows: np.ndarray, share: float) -> float:
        """The lowest threshold that no more of `rows` reach than this share of all ordinary sentences."""
        reached = np.sort(self.heard[rows])[::-1]
        return float(reached[int(share * np.sum(~self.danger))]) + 0.001

    def answers(self) -> np.ndarray:
        """The level each sentence gets: card, ask, talk or nothing; as assistance.safety.check decides."""
        card_from, sure_from = self.levels["card_from"], self.levels["sure_from"]
        carded = (self.heard >= sure_from) | ((self.heard >= card_from) & self.paired)
        by_model = np.where(carded, "card", np.where(self.heard >= self.levels["ask_from"], "ask", ""))
        by_rule = np.where(self.doubtable & (self.heard < self.levels["trust_from"]), "ask", self.rule)
        return np.where(by_rule == "", by_model, by_rule)

    def report(self) -> None:
        given = self.answers()
        print(f"{'':22}{'sentences':>10}{'heard':>8}{'card':>8}")
        themes = sorted({row["theme"] for row in self.rows} - {ORDINARY})
        for field, names in (("kind", KINDS), ("theme", themes)):
            for name in names:
                self._print(name, given, np.array([row[field] == name for row in self.rows]) & self.danger)
        ordinary = given[~self.danger]
        shares = " ".join(f"{level} {np.mean(ordinary == level):.4f}" for level in ("card", "ask", "talk"))
        print(f"{len(ordinary)} ordinary sentences, nearly all hard: {shares}")

    def _print(self, name: str, given: np.ndarray, rows: np.ndarray) -> None:
        print(f"{name:22}{rows.sum():>10}{np.mean(given[rows] != ''):>8.3f}{np.mean(given[rows] == 'card'):>8.3f}")


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
    judged = Judged(examples, cross_validate(examples))
    levels = judged.choose()
    print(f"{len(examples)} sentences; cross-validated on {len(judged.rows)} of {JUDGED}; {levels}")
    judged.report()
    model, reader = fit(examples)
    data = {
        **levels,
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
