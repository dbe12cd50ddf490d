"""What costs microseconds, without any process: search, nearest place, commune in a sentence, danger check."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from assistance import safety
from bench import official_bench, places_bench, search_bench
from bench.proche import ROOT
from bench.talks import summarise
from knowledge_base.communes import CommuneFinder
from knowledge_base.territory import load_territory


def measure_all() -> dict[str, Any]:
    territory = load_territory(ROOT / "data" / "territoire")
    large = places_bench.make_large(territory, random.Random(62))
    return {
        "search": search_bench.run(),
        "official": official_bench.run(),
        "nearest": places_bench.measure_nearest(large),
        "for_need": places_bench.measure_for_need(large),
        "commune_us": measure_calls(CommuneFinder(territory).find, load_texts("communes", "subjects")),
        "danger_us": measure_calls(safety.check, load_texts("danger", "ordinary")),
    }


def load_texts(*names: str) -> list[str]:
    """The sentences of the tuned parts of these evaluation sets."""
    folder = ROOT / "data" / "evaluation"
    rows = [row for name in names for row in yaml.safe_load((folder / f"{name}.tune.yml").read_text(encoding="utf-8"))]
    return [row["text"] for row in rows]


def measure_calls(call: Callable[[str], object], texts: Sequence[str]) -> dict[str, float]:
    """Return `p50`, `p95` and `max` in µs of `call`, each text given once, the first twenty dropped."""
    times = []
    for text in texts:
        start = time.perf_counter()
        call(text)
        times.append((time.perf_counter() - start) * 1_000_000)
    return summarise(times[20:])
