"""Learn assistance/safety_model.json: `.venv-rasa/bin/python -m bench.train_safety` (scikit-learn lives there).

Prints what models that have read no sentence of an author say of his parts: by it the thresholds are chosen. Reads no
held-out sentence.
"""

import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from assistance.safety_model import RUN, URGENT, list_runs

ROOT = Path(__file__).resolve().parent.parent
MODEL_PATH = ROOT / "assistance" / "safety_model.json"
ORDINARY = "ordinaire"
# Part judged -> parts its judge may not have read: no rule was made from these two, tune5 aims at what they missed.
JUDGED = {"tune3": {"tune3", "tune5"}, "tune4": {"tune4", "tune5"}}
RAREST, RAREST_RUN = 2, 3  # sentences
STRENGTH = 20.0
RUNS_SHARE = 0.7  # of the row that runs of letters fill, beside the other terms
WEIGHTS = {"requests": 0.05, "stories": 0.1, "talks": 0.2}  # there are many, and most are easy; 1 for the others
KEPT_TERMS, KEPT_THEME_TERMS = 60_000, 900
SCALE = 100
# Shares of ordinary sentences of JUDGED, hard and plain ones counting half each, that may get a card, a question, and
# a question more when the theme is one where minutes count.
CARD_ALARMS, SOFT_ALARMS, URGENT_ALARMS = 0.01, 0.03, 0.01
RULE_WEIGHT = 1.4  # what the card of a rule adds to the logit: learnt on tune3, tune4 alike
UNPAIRED = 0.3  # of the logit, more asked for a card where no two notions of a danger stand together
KINDS = ("plain", "hinted", "disguised")
Example = dict


def load_examples() -> list[Example]:
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.safety_examples"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return [{**row, "terms": [*row["terms"], *sorted(set(list_runs(row["text"])))]} for row in found]


class Reader:
    """The terms kept, their rarity, and sentences as two rows of set length: runs of letters, other terms."""

    def __init__(self, examples: list[Example]) -> None:
        counts = Counter(term for example in examples for term in example["terms"])
        kept = (term for term, count in counts.items() if count >= (RAREST_RUN if term[0] == RUN else RAREST))
        self.rarity = {term: round(float(np.log(len(examples) / counts[term])), 2) for term in sorted(kept)}

    def keep(self, terms: "set[str]") -> None:
        self.rarity = {term: rarity for term, rarity in self.rarity.items() if term in terms}

    def matrix(self, examples: list[Example]) -> csr_matrix:
        """Columns in the order of `rarity`, where runs stand first."""
        runs = [term for term in self.rarity if term[0] == RUN]
        others = [term for term in self.rarity if term[0] != RUN]
        return hstack([RUNS_SHARE * self._rows(examples, runs), self._rows(examples, others)]).tocsr()

    def list_terms(self) -> list[str]:
        return sorted(self.rarity, key=lambda term: term[0] != RUN)

    def _rows(self, examples: list[Example], terms: list[str]) -> csr_matrix:
        column = {term: place for place, term in enumerate(terms)}
        values, places, starts = [], [], [0]
        for example in examples:
            known = [term for term in example["terms"] if term in column]
            length = float(np.sqrt(sum(self.rarity[term] ** 2 for term in known)))
            values += [self.rarity[term] / length for term in known]
            places += [column[term] for term in known]
            starts.append(len(places))
        return csr_matrix((values, places, starts), shape=(len(examples), len(terms)))


def is_danger(example: Example) -> bool:
    return bool(example["theme"] != ORDINARY)


def fit(examples: list[Example], kept: int = KEPT_TERMS) -> "tuple[LogisticRegression, Reader]":
    """Learn from all terms, then again from the `kept` that moved the decision most."""
    reader = Reader(examples)
    rows = reader.matrix(examples)
    model = learn(examples, rows)
    reach = np.abs(model.coef_[0]) * np.sqrt(np.asarray(rows.power(2).sum(0)).ravel())
    terms = reader.list_terms()
    reader.keep({terms[place] for place in np.argsort(-reach)[:kept]})
    return learn(examples, reader.matrix(examples)), reader


def learn(examples: list[Example], rows: csr_matrix) -> LogisticRegression:
    weights = [WEIGHTS.get(example["source"], 1.0) for example in examples]
    model = LogisticRegression(C=STRENGTH, max_iter=300, solver="liblinear")
    return model.fit(rows, [is_danger(example) for example in examples], weights)


class Judged:
    """The judged parts, each heard by a model that has read nothing of its author: chooses the thresholds."""

    def __init__(self, examples: list[Example]) -> None:
        heard = [self._hear(examples, part, unread) for part, unread in JUDGED.items()]
        self.rows = [row for rows, _, _ in heard for row in rows]
        self.logit = np.concatenate([logit for _, logit, _ in heard])
        self.theme = np.concatenate([theme for _, _, theme in heard])
        self.danger = self._field(is_danger)
        self.rule = self._field(lambda row: row["rule"])
        self.doubtable = self._field(lambda row: row["doubtable"])
        self.paired = self._field(lambda row: row["paired"])
        self.share = self._weigh(self._field(lambda row: row["hard"]))

    def _hear(self, examples: list[Example], part: str, unread: "set[str]") -> "tuple[list[Example], ...]":
        taught = [example for example in examples if example["source"] not in unread]
        rows = [example for example in examples if example["source"] == part]
        model, reader = fit(taught)
        themes, themed = ThemeReader(taught), [example for example in taught if is_danger(example)]
        theme = themes.learn(themed).predict(themes.matrix(rows))
        return rows, model.decision_function(reader.matrix(rows)), theme

    def _field(self, read) -> np.ndarray:  # type: ignore[no-untyped-def]
        return np.array([read(row) for row in self.rows])

    def _weigh(self, hard: np.ndarray) -> np.ndarray:
        """What each ordinary sentence counts for: hard ones half of the whole, plain ones half."""
        return np.where(self.danger, 0, np.where(hard, 0.5 / np.sum(hard), 0.5 / np.sum(~hard & ~self.danger)))

    def choose(self) -> "dict[str, float]":
        self.urgent = np.isin(self.theme, URGENT)
        ruled = np.where((self.rule == "card") & self.doubtable, RULE_WEIGHT, 0)
        unpaired = np.where((self.rule == "") & ~self.paired, UNPAIRED, 0)
        carded = (self.rule == "card") & ~self.doubtable
        never = np.isin(self.rule, ("ask", "talk"))
        card = self._lowest(
            np.where(carded, np.inf, np.where(never, -np.inf, self.logit + ruled - unpaired)), CARD_ALARMS
        )
        self.levels = {"trust_from": card - RULE_WEIGHT, "card_from": card, "sure_from": card + UNPAIRED}
        self.levels |= {"ask_from": np.inf, "urgent_from": np.inf}
        given = self.answers()
        spent = float(np.sum(self.share[given == "ask"]))
        silent = np.where(given == "", self.logit, -np.inf)
        self.levels["ask_from"] = self._lowest(silent, max(SOFT_ALARMS - spent, 0.001))
        given = self.answers()
        silent = np.where((given == "") & self.urgent, self.logit, -np.inf)
        self.levels["urgent_from"] = self._lowest(silent, URGENT_ALARMS)
        return {name: round(1 / (1 + float(np.exp(-level))), 3) for name, level in self.levels.items()}

    def _lowest(self, logit: np.ndarray, alarms: float) -> float:
        """The lowest threshold that no larger share of the ordinary sentences reaches."""
        order = np.argsort(-np.where(self.danger, -np.inf, logit))
        within = np.cumsum(self.share[order]) <= alarms
        return float(logit[order][int(np.sum(within))]) + 1e-3

    def answers(self) -> np.ndarray:
        """The level each sentence gets: card, ask, talk or nothing; as assistance.safety.check decides."""
        level = self.levels
        carded = self.logit >= np.where(self.paired, level["card_from"], level["sure_from"])
        asked = (self.logit >= level["ask_from"]) | (self.urgent & (self.logit >= level["urgent_from"]))
        by_model = np.where(carded, "card", np.where(asked, "ask", ""))
        by_rule = np.where(self.doubtable & (self.logit < level["trust_from"]), "ask", self.rule)
        return np.where(self.rule == "", by_model, by_rule)

    def report(self) -> None:
        given, source = self.answers(), self._field(lambda row: row["source"])
        for part in JUDGED:
            print(f"{part:22}{'sentences':>10}{'heard':>8}{'card':>8}")
            for field, names in (("kind", KINDS), ("theme", sorted({row["theme"] for row in self.rows} - {ORDINARY}))):
                for name in names:
                    rows = self._field(lambda row: row[field]) == name  # noqa: B023
                    self._print(name, given, rows & self.danger & (source == part))
            for hard in (True, False):
                rows = ~self.danger & (source == part) & (self._field(lambda row: row["hard"]) == hard)
                shares = " ".join(f"{level} {np.mean(given[rows] == level):.4f}" for level in ("card", "ask", "talk"))
                print(f"{np.sum(rows)} ordinary sentences, {'hard' if hard else 'plain'}: {shares}")

    def _print(self, name: str, given: np.ndarray, rows: np.ndarray) -> None:
        print(f"{name:22}{rows.sum():>10}{np.mean(given[rows] != ''):>8.3f}{np.mean(given[rows] == 'card'):>8.3f}")


class ThemeReader:
    """The terms most often met in danger: notions alone, and words as they sound."""

    def __init__(self, examples: list[Example]) -> None:
        terms = [
            term for row in examples if is_danger(row) for term in row["terms"] if term[0] in "=@" and " " not in term
        ]
        self.terms = [term for term, _ in Counter(terms).most_common(KEPT_THEME_TERMS)]
        self.column = {term: place for place, term in enumerate(self.terms)}

    def matrix(self, examples: list[Example]) -> csr_matrix:
        rows, columns = [], []
        for row, example in enumerate(examples):
            known = [self.column[term] for term in example["terms"] if term in self.column]
            rows, columns = rows + [row] * len(known), columns + known
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(examples), len(self.terms)))

    def learn(self, dangerous: list[Example]) -> LogisticRegression:
        themes = [example["theme"] for example in dangerous]
        return LogisticRegression(C=0.5, max_iter=400).fit(self.matrix(dangerous), themes)


def fit_themes(examples: list[Example]) -> dict:
    """Weights by theme."""
    reader = ThemeReader(examples)
    model = reader.learn([example for example in examples if is_danger(example)])
    return {
        "themes": list(model.classes_),
        "theme_bias": [round(float(bias), 2) for bias in model.intercept_],
        "theme_terms": {
            term: [round(float(weight) * SCALE) for weight in model.coef_[:, place]]
            for term, place in reader.column.items()
        },
    }


def main() -> None:
    examples = load_examples()
    judged = Judged(examples)
    levels = judged.choose()
    print(f"{len(examples)} sentences; {len(judged.rows)} judged by models that have not read their author; {levels}")
    judged.report()
    model, reader = fit(examples)
    data = {
        **levels,
        "bias": round(float(model.intercept_[0]), 3),
        "scale": SCALE,
        "terms": {
            term: [
                round(reader.rarity[term] * SCALE),
                round(float(weight) * (RUNS_SHARE if term[0] == RUN else 1) * SCALE),
            ]
            for term, weight in zip(reader.list_terms(), model.coef_[0])  # noqa: B905
        },
        **fit_themes(examples),
    }
    MODEL_PATH.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{MODEL_PATH.name}: {MODEL_PATH.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
