"""Conversations with either bot, as a client sees them, and how long their turns take."""

import asyncio
import itertools
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import yaml

from assistance.safety import check
from bench.proche import ROOT, Proche
from bench.stock import StockBot

TURNS_PER_TALK = 10
WARM_UP = 20
EARLY, LATE = 5, 200  # turns compared, with two on each side
CYCLE = 13  # questions of a long talk; 200 - 5 is a multiple of it: the same ones are asked early and late


class Talk(Protocol):
    async def ask(self, text: str) -> bool:
        """Send a message and wait for its answer; tell whether it is about a subject. Raises TalkError without one."""
        ...


OpenTalk = Callable[[], Awaitable[Talk]]


class TalkError(Exception):
    """A bot refused a message, or said nothing to it: its times would mean nothing."""


class ProcheTalk:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.path, self.sent = "", 0
        self.headers: dict[str, str] = {}

    async def open(self) -> "ProcheTalk":
        opened = await self._post(f"{Proche.url}/api/v1/conversations", {"locale": "fr"})
        self.path = f"{Proche.url}/api/v1/conversations/{opened['id']}/messages"
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        return self

    async def ask(self, text: str) -> bool:
        self.sent += 1
        answer = await self._post(self.path, {"client_id": f"turn-{self.sent}", "text": text})
        if not answer["messages"]:
            raise TalkError("Proche : pas de réponse")
        return any(message["fiches"] for message in answer["messages"])

    async def _post(self, url: str, body: Mapping[str, str]) -> dict[str, Any]:
        async with self.session.post(url, json=body, headers=self.headers) as response:
            if response.status not in (200, 201):
                raise TalkError(f"Proche : {response.status} {await response.text()}")
            return dict(await response.json())


class StockTalk:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.sender = uuid.uuid4().hex

    async def ask(self, text: str) -> bool:
        async with self.session.post(StockBot.url, json={"sender": self.sender, "message": text}) as response:
            if response.status != 200 or not await response.json():
                raise TalkError(f"Rasa ordinaire : pas de réponse ({response.status})")
            return True


def load_questions() -> list[str]:
    """The tuned part's sentences about a subject, without those that a danger card interrupts."""
    rows = yaml.safe_load((ROOT / "data" / "evaluation" / "subjects.tune.yml").read_text(encoding="utf-8"))
    return [row["text"] for row in rows if check(row["text"]) is None]


class Bots:
    """Both bots, asked by one client."""

    def __init__(self, session: aiohttp.ClientSession, questions: Sequence[str]) -> None:
        self.questions = questions
        self.openers: dict[str, OpenTalk] = {
            "proche": lambda: ProcheTalk(session).open(),
            "stock": lambda: _ready(StockTalk(session)),
        }

    async def measure_turns(self, count: int) -> dict[str, dict[str, float]]:
        """Ask both the same `count` questions in turn, the first twenty dropped; return figures by bot."""
        times: dict[str, list[float]] = {name: [] for name in self.openers}
        answered = dict.fromkeys(self.openers, 0)
        talks: dict[str, Talk] = {}
        for number, question in enumerate(itertools.islice(itertools.cycle(self.questions), count + WARM_UP)):
            if number % TURNS_PER_TALK == 0:
                talks = {name: await opener() for name, opener in self.openers.items()}
            for name in sorted(talks, reverse=bool(number % 2)):
                elapsed, is_answer = await _time(talks[name], question)
                times[name].append(elapsed)
                answered[name] += is_answer
        return {
            name: {**summarise(times[name][WARM_UP:]), "answered": answered[name] / (count + WARM_UP)} for name in times
        }

    async def measure_rates(self, talks: int, seconds: float, rounds: int) -> dict[str, float]:
        """Return the turns per second of each bot with `talks` at once: `rounds` stretches, one bot after the other."""
        turns = dict.fromkeys(self.openers, 0)
        spent = dict.fromkeys(self.openers, 0.0)
        for _ in range(rounds):
            for name in self.openers:
                done, took = await self._talk_at_once(name, talks, seconds)
                turns[name] += done
                spent[name] += took
        return {name: turns[name] / spent[name] for name in turns}

    async def _talk_at_once(self, name: str, talks: int, seconds: float) -> tuple[int, float]:
        start = time.perf_counter()
        done = await asyncio.gather(*(self._talk_until(name, start + seconds, first) for first in range(talks)))
        return sum(done), time.perf_counter() - start

    async def _talk_until(self, name: str, end: float, first: int) -> int:
        """Talk until `end`, a new conversation every ten turns; return the number of turns."""
        step = len(self.questions) // 16
        for done, question in enumerate(itertools.islice(itertools.cycle(self.questions), first * step, None)):
            if time.perf_counter() >= end:
                return done
            if done % TURNS_PER_TALK == 0:
                talk = await self.openers[name]()
            await talk.ask(question)
        return 0

    async def measure_growth(self, name: str, talks: int) -> dict[str, float]:
        """Return the median time of a bot's 5th and 200th turn (two on each side) over `talks` long conversations."""
        early: list[float] = []
        late: list[float] = []
        for number in range(talks):
            talk = await self.openers[name]()
            asked = self.questions[number * CYCLE : (number + 1) * CYCLE]
            for turn, question in enumerate(itertools.islice(itertools.cycle(asked), LATE + 2), start=1):
                elapsed, _ = await _time(talk, question)
                if abs(turn - EARLY) <= 2:
                    early.append(elapsed)
                if abs(turn - LATE) <= 2:
                    late.append(elapsed)
        first, last = statistics.median(early), statistics.median(late)
        return {"early_ms": first, "late_ms": last, "ratio": last / first}


async def _ready(talk: Talk) -> Talk:
    return talk


async def _time(talk: Talk, question: str) -> tuple[float, bool]:
    start = time.perf_counter()
    is_answer = await talk.ask(question)
    return (time.perf_counter() - start) * 1_000, is_answer


def summarise(times: Sequence[float]) -> dict[str, float]:
    """Return the `p50`, `p95` and `max` of `times`, in their unit."""
    ordered = sorted(times)
    return {"p50": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95)], "max": ordered[-1]}
