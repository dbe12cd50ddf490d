"""Averaged word vectors of a spaCy model, loaded without the parts nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import numpy as np

if TYPE_CHECKING:
    from spacy.language import Language

# Only the tokenizer and the vectors are used: the rest would cost half a gigabyte and seconds at start.
UNREAD_PARTS = ["tok2vec", "morphologizer", "tagger", "parser", "senter", "ner", "lemmatizer", "attribute_ruler"]


def load_language(name: str) -> Language:
    """Load the spaCy model `name` with its vectors only; raises OSError when it is not installed."""
    import spacy

    return spacy.load(name, exclude=UNREAD_PARTS)


def average_vector(language: Language, words: Sequence[str]) -> np.ndarray:
    """Return the mean vector of `words`, of length one; zeros when no word is known."""
    mean = np.asarray(language.make_doc(" ".join(words)).vector, dtype=np.float32)
    length = float(np.linalg.norm(mean))
    return mean / length if length else mean
