"""How long a search of official pages takes at 3,000 pages, and their index to be built (8 ms at p95, 5 s)."""

import json
import random
import statistics
import time
from collections.abc import Sequence
from datetime import date

from assistance.fiche import THEMES, Fiche
from bench.search_bench import make_queries, read_fiches
from knowledge_base.official_page import ADDRESS, OfficialPage
from knowledge_base.official_search import OfficialIndex

PAGES = 3_000


def make_pages(fiches: Sequence[Fiche], count: int, chance: random.Random) -> list[OfficialPage]:
    """Return `count` pages with titles and summaries as long as the State's, of the words of the fiches at random."""
    words = sorted({word for fiche in fiches for text in fiche.sections.values() for word in text.split()})
    mots = [mot for fiche in fiches for mot in fiche.mots]
    return [
        OfficialPage(
            id=f"F{number}",
            title=" ".join([chance.choice(mots), *chance.choices(words, k=5)]),
            theme=f"{chance.choice(list(THEMES.values()))} > {chance.choice(mots)}",
            summary=" ".join([*chance.choices(words, k=25), *chance.choices(mots, k=3)]),
            url=f"{ADDRESS}F{number}",
            updated_on=date(2026, 11, 24),
            audience="Particuliers",
        )
        for number in range(count)
    ]


def run() -> dict[str, float]:
    """Return `pages`, `build_s`, `p50_ms`, `p95_ms`, `max_ms`, and `found`, the share of queries that find a page."""
    chance = random.Random(62)
    fiches = read_fiches()
    pages, queries = make_pages(fiches, PAGES, chance), make_queries(fiches, chance)
    start = time.perf_counter()
    index = OfficialIndex(pages)
    built_s = time.perf_counter() - start
    times, found = [], 0
    for query in queries:
        start = time.perf_counter()
        found += bool(index.search(query))
        times.append((time.perf_counter() - start) * 1_000)
    kept = sorted(times[20:])
    return {
        "pages": len(index),
        "build_s": built_s,
        "p50_ms": statistics.median(kept),
        "p95_ms": kept[int(len(kept) * 0.95)],
        "max_ms": kept[-1],
        "found": found / len(queries),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
