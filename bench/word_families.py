"""Write assistance/word_families.txt: `.venv-rasa/bin/python -m bench.word_families` (spaCy lives there).

A family is a set of words met in the same places: the frequent words of fr_core_news_md, folded, grouped by k-means
over their vectors (fastText on OSCAR and Wikipedia, by Explosion: CC0). So a word that no example holds may be heard
by its kin.
"""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import spacy
from sklearn.cluster import MiniBatchKMeans

from assistance.french import fold

FAMILIES_PATH = Path(__file__).resolve().parent.parent / "assistance" / "word_families.txt"
WORDS, FAMILIES = 8_000, 400
_WORD = re.compile(r"[a-zàâäçéèêëîïôöùûüœæÿ]{2,}")


def list_words() -> "dict[str, np.ndarray]":
    """The most frequent words, folded, with the vector of their most frequent spelling."""
    language = spacy.load("fr_core_news_md", disable=["parser", "ner", "tagger", "morphologizer", "lemmatizer"])
    vectors = language.vocab.vectors
    found: dict = {}
    for key, row in list(vectors.key2row.items())[: 2 * WORDS]:  # by falling frequency
        word = language.vocab.strings[key].lower()
        if _WORD.fullmatch(word) and len(found) < WORDS:
            found.setdefault(fold(word), vectors.data[row])
    return found


def main() -> None:
    words = list_words()
    table = np.array(list(words.values()))
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-9
    families = defaultdict(list)
    for word, family in zip(words, MiniBatchKMeans(FAMILIES, random_state=0, n_init=3).fit_predict(table)):  # noqa: B905
        families[family].append(word)
    lines = sorted(" ".join(sorted(family)) for family in families.values())
    FAMILIES_PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(words)} words, {len(lines)} families, {FAMILIES_PATH.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
