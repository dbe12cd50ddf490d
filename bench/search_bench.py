"""How long a search takes, at today's size and at 3,000 documents (design §11: p95 ≤ 3 ms and ≤ 8 ms)."""

import dataclasses
import json
import random
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from assistance.fiche import Fiche, parse_fiche
from knowledge_base.search import SearchIndex

ROOT = Path(__file__).resolve().parent.parent
LARGE = 3_000
QUERIES = 400
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def read_fiches(folder: Path = ROOT / "knowledge_base" / "fiches") -> list[Fiche]:
    """Read the fiches that are well formed, in the order of their names."""
    return [parse_fiche(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.md"))]


def make_synthetic(fiches: Sequence[Fiche], count: int, chance: random.Random) -> list[Fiche]:
    """Return `count` fiches as long as the real ones, each made of their sentences, titles and words at random."""
    questions = [question for fiche in fiches for question in fiche.questions]
    mots = [mot for fiche in fiches for mot in fiche.mots]
    sentences = [part for fiche in fiches for text in fiche.sections.values() for part in _SENTENCE.split(text)]
    made = []
    for number in range(count):
        like = chance.choice(fiches)
        body = " ".join(chance.choices(sentences, k=30))
        made.append(
            dataclasses.replace(
                like,
                slug=f"{like.slug}-{number}",
                title=f"{like.title} {chance.choice(mots)} {number}",
                questions=tuple(chance.sample(questions, k=min(12, len(questions)))),
                mots=tuple(chance.sample(mots, k=min(10, len(mots)))),
                sections={"En bref": body},
            )
        )
    return made


def make_queries(fiches: Sequence[Fiche], chance: random.Random) -> list[str]:
    """Return what people might send: a question, one with letters swapped, one in ten a story of 2,000 characters."""
    questions = [question for fiche in fiches for question in fiche.questions]
    asked = []
    for number in range(QUERIES):
        question = chance.choice(questions)
        if number % 10 == 0:
            asked.append(". ".join(chance.choices(questions, k=40))[:2_000])
        elif number % 2:
            asked.append(_misspell(question, chance))
        else:
            asked.append(question)
    return asked


def _misspell(question: str, chance: random.Random) -> str:
    words = question.split()
    for place, word in enumerate(words):
        if len(word) > 4 and chance.random() < 0.5:
            at = chance.randrange(1, len(word) - 2)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def measure(index: SearchIndex, queries: Sequence[str]) -> dict[str, float]:
    """Return `p50_ms`, `p95_ms` and `max_ms` of a search, each query asked once, the first twenty dropped."""
    times = []
    for query in queries:
        start = time.perf_counter()
        index.search(query)
        times.append((time.perf_counter() - start) * 1_000)
    kept = sorted(times[20:])
    return {"p50_ms": statistics.median(kept), "p95_ms": kept[int(len(kept) * 0.95)], "max_ms": kept[-1]}


def run() -> dict[str, dict[str, float]]:
    """Measure both sizes; keys `today` and `large`, each with its number of documents and the time to build."""
    chance = random.Random(62)
    fiches = read_fiches()
    queries = make_queries(fiches, chance)
    return {
        "today": _run_one(fiches, queries),
        "large": _run_one(make_synthetic(fiches, LARGE, chance), queries),
    }


def _run_one(fiches: Sequence[Fiche], queries: Sequence[str]) -> dict[str, float]:
    start = time.perf_counter()
    index = SearchIndex(fiches)
    built_s = time.perf_counter() - start
    return {"documents": len(fiches), "build_s": built_s, **measure(index, queries)}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
