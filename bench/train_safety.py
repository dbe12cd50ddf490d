"""Learn assistance/safety_model.json: `.venv-rasa/bin/python -m bench.train_safety` (scikit-learn lives there).

Prints what cross-validation says of the tune part, by which the two thresholds are chosen. Reads no held-out sentence.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from assistance.safety_model import MODEL_PATH, ORDINARY, list_terms

ROOT = Path(__file__).resolve().parent.parent
RAREST = 2  # documents
STRENGTH = 30.0
KEPT_TERMS = 10_000
SCALE = 100
SOFT_ALARMS, HARD_ALARMS = 0.015, 0.006  # shares of ordinary sentences allowed to reach each threshold


def load(name: str) -> object:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def load_examples() -> tuple[list[str], list[str], int]:
    """Return texts, labels, and how many of the first are the tune part, on which the model is judged."""
    danger, ordinary = load("data/evaluation/danger.tune.yml"), load("data/evaluation/ordinary.tune.yml")
    pairs = [(row["text"], row["theme"]) for row in danger] + [(row["text"], ORDINARY) for row in ordinary]
    judged = len(pairs)
    pairs += [(row["text"], row["theme"]) for row in load("data/evaluation/danger.tune2.yml")]
    pairs += [(row["text"], ORDINARY) for row in load("data/evaluation/ordinary.tune2.yml")]
    pairs += [(text, theme) for theme, texts in load("data/safety/phrases.yml").items() for text in texts]
    for theme, rules in load("assistance/safety_rules.yml")["regles"].items():
        for rule in rules:
            pairs += [(rule["exemple"], theme), (rule["contre_exemple"], ORDINARY)]
    pairs += [(text, ORDINARY) for text in load_requests()]
    return [text for text, _ in pairs], [label for _, label in pairs], judged


def load_requests() -> list[str]:
    """Ordinary requests, read in the gateway's environment, where the rules run."""
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.ordinary_requests"]
    return list(json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout))


Vocabulary = dict[str, tuple[int, float]]  # a term to its column and its rarity (inverse document frequency)


def to_matrix(texts: list[str], vocabulary: Vocabulary) -> csr_matrix:
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        known = [vocabulary[term] for term in set(list_terms(text)) if term in vocabulary]
        length = sum(rarity**2 for _, rarity in known) ** 0.5
        rows += [row] * len(known)
        columns += [column for column, _ in known]
        values += [rarity / length for _, rarity in known]
    return csr_matrix((values, (rows, columns)), shape=(len(texts), len(vocabulary)))


def learn_vocabulary(texts: list[str], labels: list[str]) -> Vocabulary:
    """The terms seen often enough and most unlike between danger and ordinary."""
    seen: dict[str, list[int]] = {}
    for text, label in zip(texts, labels, strict=False):
        for term in set(list_terms(text)):
            seen.setdefault(term, [0, 0])[label != ORDINARY] += 1
    known = {term: counts for term, counts in seen.items() if sum(counts) >= RAREST}
    total = [max(1, labels.count(ORDINARY)), max(1, len(labels) - labels.count(ORDINARY))]

    def telling(term: str) -> float:
        ordinary, danger = (known[term][0] + 0.5) / total[0], (known[term][1] + 0.5) / total[1]
        return abs(float(np.log(danger / ordinary))) * (danger + ordinary)

    kept = sorted(known, key=telling, reverse=True)[:KEPT_TERMS]
    rarity = {term: round(float(np.log(len(texts) / sum(known[term]))), 2) for term in kept}
    return {term: (place, rarity[term]) for place, term in enumerate(sorted(kept))}


def fit(texts: list[str], labels: list[str]) -> tuple[LogisticRegression, Vocabulary]:
    vocabulary = learn_vocabulary(texts, labels)
    model = LogisticRegression(C=STRENGTH, max_iter=400)
    model.fit(to_matrix(texts, vocabulary), labels)
    return model, vocabulary


def probability_of_danger(model: LogisticRegression, vocabulary: Vocabulary, texts: list[str]) -> np.ndarray:
    return 1 - model.predict_proba(to_matrix(texts, vocabulary))[:, list(model.classes_).index(ORDINARY)]


def cross_validate(texts: list[str], labels: list[str], judged: int) -> np.ndarray:
    """The probability of danger of each judged sentence, told by models that have not seen it."""
    heard = np.zeros(judged)
    for _, held in StratifiedKFold(5, shuffle=True, random_state=62).split(texts[:judged], labels[:judged]):
        apart = set(held.tolist())
        kept = [place for place in range(len(texts)) if place not in apart]
        model, vocabulary = fit([texts[place] for place in kept], [labels[place] for place in kept])
        heard[held] = probability_of_danger(model, vocabulary, [texts[place] for place in held])
    return heard


def main() -> None:
    texts, labels, judged = load_examples()
    heard = cross_validate(texts, labels, judged)
    is_danger = np.array([label != ORDINARY for label in labels[:judged]])
    ask_from = float(np.quantile(heard[~is_danger], 1 - SOFT_ALARMS))
    card_from = float(np.quantile(heard[~is_danger], 1 - HARD_ALARMS))
    print(f"{len(texts)} sentences; cross-validated on {judged}:")
    print(f"  asked from {ask_from:.3f}: {np.mean(heard[is_danger] >= ask_from):.3f} of the dangerous")
    print(f"  carded from {card_from:.3f}: {np.mean(heard[is_danger] >= card_from):.3f}")
    model, vocabulary = fit(texts, labels)
    order = [list(model.classes_).index(label) for label in [ORDINARY, *sorted(set(labels) - {ORDINARY})]]
    data = {
        "themes": [str(model.classes_[place]) for place in order],
        "bias": [round(float(model.intercept_[place]), 3) for place in order],
        "ask_from": round(ask_from, 3),
        "card_from": round(card_from, 3),
        "scale": SCALE,
        "weights": {
            term: [rarity, *(round(float(model.coef_[place, column]) * SCALE) for place in order)]
            for term, (column, rarity) in vocabulary.items()
        },
    }
    MODEL_PATH.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    print(f"{MODEL_PATH.name}: {MODEL_PATH.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
