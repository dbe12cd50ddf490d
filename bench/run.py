"""`make bench`: how fast and how heavy Proche is, beside a stock Rasa bot in the same session (design §11)."""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench import micro, stock
from bench.processes import ProgramError, bare_environment, end_well_when_asked
from bench.proche import ROOT, Proche
from bench.stock import StockBot
from bench.table import Figure, align, show
from bench.talks import Bots, ProcheTalk, TalkError, load_questions

PARTS = ("turn", "throughput", "growth", "micro", "memory", "training")
AGAINST_STOCK = {"turn", "throughput", "growth"}
WITH_SERVICE = AGAINST_STOCK | {"memory"}
RESULTS = ROOT / "bench" / "results" / "bench.json"
AT_ONCE = (1, 4, 16)
Report = dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How much is asked: turns timed, seconds and rounds of each rate, long conversations with each bot."""

    turns: int = 240
    rate_s: float = 8.0
    rounds: int = 2
    long_talks: int = 6
    long_stock_talks: int = 2


QUICK = Effort(turns=60, rate_s=3.0, rounds=1, long_talks=2, long_stock_talks=1)


def main() -> None:
    options = read_options()
    end_well_when_asked()
    effort = QUICK if options.quick else Effort()
    if set(options.only) & AGAINST_STOCK and not (stock.is_trained() or (options.keep_stock and stock.MODEL.exists())):
        stock.train()
    with tempfile.TemporaryDirectory(prefix="proche-bench-") as folder:
        report, faults = measure(options.only, effort, Path(folder))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(align([("mesure", "valeur", "promis", ""), *(figure.cells for figure in list_figures(report))]))
    if "stock" in report and not report["stock_is_current"]:
        print("Le Rasa ordinaire est entraîné sur des exemples d'avant (--keep-stock).")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, comma-separated: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer turns: to see that it works, not to be quoted")
    parser.add_argument("--keep-stock", action="store_true", help="use the stock model although its sources changed")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the figures")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    return options


def measure(parts: Iterable[str], effort: Effort, folder: Path) -> tuple[Report, list[str]]:
    """Measure each part; return the figures by part, and a sentence for each that could not be measured."""
    report: Report = {"quick": effort == QUICK, "stock_is_current": stock.is_trained()}
    faults: list[str] = []
    alone: dict[str, Callable[[], Any]] = {"micro": micro.measure_all, "training": lambda: measure_training(folder)}
    for part, run in alone.items():
        if part in parts:
            _say(part)
            _try(faults, part, lambda part=part, run=run: report.update({part: run()}))  # type: ignore[misc]
    served = [part for part in PARTS if part in parts and part in WITH_SERVICE]
    if served:
        _try(faults, ", ".join(served), lambda: measure_served(served, effort, folder, report))
    return report, faults


def _try(faults: list[str], part: str, run: Callable[[], Any]) -> None:
    try:
        run()
    except (ProgramError, TalkError, aiohttp.ClientError, OSError) as error:
        faults.append(f"{part} : non mesuré, {type(error).__name__}: {error}")


def measure_training(folder: Path) -> dict[str, float]:
    """Return the seconds of deploy/train.sh with an empty cache, and the size of the model. Raises ProgramError."""
    environment = {"PROCHE_MODELS_DIR": str(folder), "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    start = time.monotonic()
    run = subprocess.run(
        [ROOT / "deploy" / "train.sh"],
        env=bare_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise ProgramError(run.stderr[-2_000:])
    return {"s": time.monotonic() - start, "model_mb": (folder / "proche.tar.gz").stat().st_size / 2**20}


def measure_served(parts: list[str], effort: Effort, folder: Path, report: Report) -> None:
    """Measure what needs the service, each figure put into `report` as soon as it is there."""
    with ExitStack() as running:
        _say("service")
        proche = running.enter_context(Proche(folder))
        asyncio.run(ask_first_question())
        first_answer_s = time.monotonic() - proche.program.started
        report["start"] = {"ready_s": proche.ready_s, "first_answer_s": first_answer_s}
        report["memory"] = {"ready": proche.program.memory_mb()}
        if AGAINST_STOCK & set(parts):
            _say("stock")
            stock_bot = running.enter_context(StockBot(folder))
            report["stock"] = {"ready_s": stock_bot.start_s}
            try:
                asyncio.run(measure_talks(parts, effort, report))
            finally:
                report["answered_by"] = proche.count_turns()
            report["memory"]["after"] = proche.program.memory_mb()
            report["stock"]["memory"] = stock_bot.memory_mb()
        _say("stop")


async def ask_first_question() -> None:
    async with aiohttp.ClientSession() as session:
        await (await ProcheTalk(session).open()).ask(load_questions()[0])


async def measure_talks(parts: list[str], effort: Effort, report: Report) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        bots = Bots(session, load_questions())
        if "turn" in parts:
            _say("turn")
            report["turn"] = await bots.measure_turns(effort.turns)
        if "throughput" in parts:
            report["throughput"] = {}
            for talks in AT_ONCE:
                _say(f"throughput {talks}")
                report["throughput"][str(talks)] = await bots.measure_rates(talks, effort.rate_s, effort.rounds)
        if "growth" in parts:
            report["growth"] = {}
            for name, talks in (("proche", effort.long_talks), ("stock", effort.long_stock_talks)):
                _say(f"growth {name}")
                report["growth"][name] = await bots.measure_growth(name, talks)


def _say(part: str) -> None:
    print(f"→ {part}", file=sys.stderr, flush=True)


def list_figures(report: Report) -> Iterable[Figure]:
    """The lines of the table, for what was measured."""
    if turn := report.get("turn"):
        yield from _list_turn(turn["proche"], turn["stock"])
    for talks, rate in report.get("throughput", {}).items():
        ratio = rate["proche"] / rate["stock"]
        shown = f"{show(rate['proche'])} /s contre {show(rate['stock'])}, × {show(ratio)}"
        bound = 2.0 if talks == "16" else None
        yield Figure(f"tours par seconde, {talks} conversation(s)", shown, ratio, bound, " ×", at_least=True)
    for name, growth in report.get("growth", {}).items():
        shown = f"{show(growth['late_ms'])} ms contre {show(growth['early_ms'])}, × {show(growth['ratio'])}"
        yield Figure(f"200e tour contre 5e, {name}", shown, growth["ratio"], 1.2 if name == "proche" else None, " ×")
    if "micro" in report:
        yield from _list_micro(report["micro"])
    yield from _list_weight(report)


def _list_turn(ours: dict[str, float], theirs: dict[str, float]) -> Iterable[Figure]:
    ratio = ours["p50"] / theirs["p50"]
    yield Figure("un tour, médiane", f"{show(ours['p50'])} ms", ours["p50"], 30, " ms")
    yield Figure("un tour, p95", f"{show(ours['p95'])} ms", ours["p95"], 90, " ms")
    yield Figure("un tour, Rasa ordinaire", f"{show(theirs['p50'])} ms, p95 {show(theirs['p95'])} ms")
    yield Figure("un tour, rapport des médianes", f"× {show(ratio)}", ratio, 0.5, " ×")
    yield Figure("questions suivies d'une fiche", f"{ours['answered']:.0%}")


def _list_micro(found: Report) -> Iterable[Figure]:
    for size, bound in (("today", 3), ("large", 8)):
        search = found["search"][size]
        shown = f"p50 {show(search['p50_ms'])} ms, p95 {show(search['p95_ms'])} ms"
        yield Figure(f"recherche, {search['documents']:.0f} documents", shown, search["p95_ms"], bound, " ms")
    official = found["official"]
    shown = f"p50 {show(official['p50_ms'])} ms, p95 {show(official['p95_ms'])} ms"
    yield Figure(f"pages officielles, {official['pages']:.0f}", shown, official["p95_ms"], 8, " ms")
    yield Figure("… départ allongé de", f"{show(official['build_s'])} s", official["build_s"], 5, " s")
    nearest = found["nearest"]
    shown = f"p50 {show(nearest['p50'])} ms, p95 {show(nearest['p95'])} ms"
    yield Figure("lieu le plus proche parmi 10 000", shown, nearest["p95"], 3, " ms")
    yield Figure("… autre réponse que par force brute", f"{nearest['wrong']:.0f}", nearest["wrong"], 0)
    for name, what in (("commune_us", "commune dans une phrase"), ("danger_us", "vérification du danger")):
        yield Figure(what, f"p50 {show(found[name]['p50'])} µs, p95 {show(found[name]['p95'])} µs")


def _list_weight(report: Report) -> Iterable[Figure]:
    names = {"ready": "au départ", "after": "après la séance"}
    for moment, memory in report.get("memory", {}).items():
        shown = f"{show(memory['rss_mb'])} Mo (partagée comptée une fois : {show(memory['pss_mb'])})"
        yield Figure(f"mémoire, {names[moment]}", shown, memory["rss_mb"], 1_400, " Mo")
    if start := report.get("start"):
        yield Figure("départ, jusqu'à /health/ready", f"{show(start['ready_s'])} s", start["ready_s"], 25, " s")
        yield Figure("départ, jusqu'à la première réponse", f"{show(start['first_answer_s'])} s")
    if stock_bot := report.get("stock"):
        weight = f", {show(stock_bot['memory']['rss_mb'])} Mo" if "memory" in stock_bot else ""
        yield Figure("départ du Rasa ordinaire", f"{show(stock_bot['ready_s'])} s{weight}")
    if training := report.get("training"):
        yield Figure("entraînement", f"{show(training['s'])} s", training["s"], 60, " s")
    if turns := report.get("answered_by"):
        share = turns.get("fallback", 0) / max(sum(turns.values()), 1)
        yield Figure("tours répondus sans Rasa", f"{share:.1%}".replace(".", ","), share * 100, 1, " %")


if __name__ == "__main__":
    main()
