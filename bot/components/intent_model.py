"""Two linear voices on French words: TF-IDF of words and letters, and averaged word vectors."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np

# Letters are read inside words, with a space at either end, so that "logment" still resembles "logement".
SHORTEST_LETTERS, LONGEST_LETTERS = 2, 5
LENGTHS = (1, 2, 4, 8, 14, 25)  # words: a story is long, an order is short


def list_word_terms(words: Sequence[str]) -> List[str]:
    """Return single words, pairs of neighbours with both ends of the message, and how long it is."""
    framed = ["<", *words, ">"]
    pairs = (f"{left} {right}" for left, right in pairwise(framed))
    return [*words, *pairs, f"length {sum(len(words) > limit for limit in LENGTHS)}"]


def list_letter_terms(words: Sequence[str]) -> List[str]:
    """Return the runs of 2 to 5 letters of each word, marked so that they never meet a whole word."""
    terms: List[str] = []
    for word in words:
        padded = f" {word} "
        for size in range(SHORTEST_LETTERS, LONGEST_LETTERS + 1):
            terms.extend("#" + padded[start : start + size] for start in range(len(padded) - size + 1))
    return terms


class TermWeights:
    """TF-IDF over words and letters, each block of length one so that neither drowns the other."""

    def __init__(self, vocabulary: Dict[str, int], idf: np.ndarray) -> None:
        self.vocabulary = vocabulary
        self.idf = idf

    @classmethod
    def learn(cls, documents: Sequence[Sequence[str]], rarest: int = 2) -> TermWeights:
        """Keep the terms seen in at least `rarest` of the `documents`."""
        seen: Counter = Counter()
        for words in documents:
            seen.update(set(list_word_terms(words)) | set(list_letter_terms(words)))
        terms = sorted(term for term, count in seen.items() if count >= rarest)
        counts = np.array([seen[term] for term in terms], dtype=np.float32)
        idf = np.log((1 + len(documents)) / (1 + counts)) + 1
        return cls({term: index for index, term in enumerate(terms)}, idf.astype(np.float32))

    def weigh(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the columns and the values of one document's row."""
        blocks = [self._weigh_block(list_word_terms(words)), self._weigh_block(list_letter_terms(words))]
        return np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks])

    def _weigh_block(self, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        counts = Counter(self.vocabulary[term] for term in terms if term in self.vocabulary)
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.idf[columns]
        length = float(np.linalg.norm(values))
        return columns, values / length if length else values


@dataclass(frozen=True)
class LinearVoice:
    """A multinomial logistic regression: one row of weights per feature, one column per intent."""

    weights: np.ndarray
    bias: np.ndarray

    def hear_terms(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        return soften(values.astype(np.float32) @ self.weights[columns] + self.bias)

    def hear_vector(self, vector: np.ndarray) -> np.ndarray:
        return soften(vector @ self.weights + self.bias)


def soften(scores: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def fit_voice(features: object, labels: np.ndarray, strength: float) -> LinearVoice:
    """Fit with scikit-learn, keep two arrays. `strength` is its C: larger follows the examples more closely."""
    from sklearn.linear_model import LogisticRegression

    # Classes are not balanced: most messages do name a need, and a doubt is best settled by a search.
    # Sixty steps: the acts given are those of hundreds, in a third of the time.
    model = LogisticRegression(C=strength, max_iter=60, tol=1e-3)
    model.fit(features, labels)
    return LinearVoice(np.ascontiguousarray(model.coef_.T.astype(np.float32)), model.intercept_.astype(np.float32))


@dataclass(frozen=True)
class IntentModel:
    """What the classifier has learnt; plain arrays and names, loaded without unpickling anything."""

    intents: List[str]
    terms: TermWeights
    term_voice: LinearVoice
    vector_voice: Optional[LinearVoice]
    vector_weight: float

    @classmethod
    def learn(
        cls,
        documents: Sequence[Sequence[str]],
        labels: Sequence[str],
        vectors: Optional[np.ndarray],
        vector_weight: float,
        term_strength: float,
        vector_strength: float,
    ) -> IntentModel:
        from scipy.sparse import csr_matrix

        intents = sorted(set(labels))
        targets = np.array([intents.index(label) for label in labels])
        terms = TermWeights.learn(documents)
        rows = [terms.weigh(words) for words in documents]
        starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
        matrix = csr_matrix(
            (np.concatenate([row[1] for row in rows]), np.concatenate([row[0] for row in rows]), starts),
            shape=(len(rows), len(terms.vocabulary)),
        )
        return cls(
            intents=intents,
            terms=terms,
            term_voice=fit_voice(matrix, targets, term_strength),
            vector_voice=None if vectors is None else fit_voice(vectors, targets, vector_strength),
            vector_weight=vector_weight,
        )

    def rank(self, words: Sequence[str], vector: Optional[np.ndarray]) -> np.ndarray:
        """Return the probability of each of `intents`."""
        probabilities = self.term_voice.hear_terms(*self.terms.weigh(words))
        if self.vector_voice is None or vector is None or not vector.any():
            return probabilities
        heard = self.vector_voice.hear_vector(vector)
        return (1 - self.vector_weight) * probabilities + self.vector_weight * heard

    def knows_any(self, words: Sequence[str]) -> bool:
        """Tell whether at least one of `words` was among the examples."""
        return any(word in self.terms.vocabulary for word in words)

    def save(self, folder: Path) -> None:
        arrays = {
            "idf": self.terms.idf,
            "term_weights": self.term_voice.weights.astype(np.float16),
            "term_bias": self.term_voice.bias,
        }
        if self.vector_voice is not None:
            arrays.update(vector_weights=self.vector_voice.weights, vector_bias=self.vector_voice.bias)
        np.savez(folder / "arrays.npz", **arrays)
        names = {
            "intents": self.intents,
            "terms": sorted(self.terms.vocabulary, key=self.terms.vocabulary.__getitem__),
            "vector_weight": self.vector_weight,
        }
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            vocabulary = {term: index for index, term in enumerate(names["terms"])}
            vector_voice = None
            if "vector_weights" in arrays:
                vector_voice = LinearVoice(arrays["vector_weights"], arrays["vector_bias"])
            return cls(
                intents=names["intents"],
                terms=TermWeights(vocabulary, arrays["idf"]),
                term_voice=LinearVoice(arrays["term_weights"].astype(np.float32), arrays["term_bias"]),
                vector_voice=vector_voice,
                vector_weight=names["vector_weight"],
            )
