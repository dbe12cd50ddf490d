"""Dialogues in the French residents type, run through the chat API against the trained model and the real parts.

Every file `*.yml` of this folder is a list of dialogues; README.md says how one is written.
"""

import asyncio
import json
import signal
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import aiohttp
import pytest

from tests.conversations.dialogue import Break, Dialogue, Turn, load_dialogues
from tests.conversations.expectations import find_faults, show
from tests.service import Service
from tests.talk import Talk

DIALOGUES = load_dialogues()
ORDINARY = [one for one in DIALOGUES if one.rasa and not one.breaks]
WITHOUT_RASA = [one for one in DIALOGUES if not one.rasa]
BREAKING = [one for one in DIALOGUES if one.breaks]
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "cont": signal.SIGCONT}
UNDER_WAY_S = 0.5  # a message sent this long ago has reached the part that does not answer
RESTART_S = 120.0


@pytest.fixture(scope="module")
def breakable_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of which parts are killed; one for all, whole again before each dialogue."""
    running = Service(tmp_path_factory.mktemp("breakable") / "var").start()
    try:
        yield running.wait_ready(RESTART_S)
    finally:
        running.stop()


def by_title(dialogues: list[Dialogue]) -> list[Any]:
    return [pytest.param(one, id=one.title) for one in dialogues]


@pytest.mark.parametrize("dialogue", by_title(ORDINARY))
async def test_dialogue(dialogue: Dialogue, service: Service, session: aiohttp.ClientSession) -> None:
    await play(dialogue, service, session)


@pytest.mark.parametrize("dialogue", by_title(WITHOUT_RASA))
async def test_dialogue_without_rasa(
    dialogue: Dialogue, service_without_rasa: Service, session: aiohttp.ClientSession
) -> None:
    await play(dialogue, service_without_rasa, session)


@pytest.mark.parametrize("dialogue", by_title(BREAKING))
async def test_dialogue_with_a_part_killed(
    dialogue: Dialogue, breakable_service: Service, session: aiohttp.ClientSession
) -> None:
    await wait_whole(breakable_service)
    try:
        await play(dialogue, breakable_service, session)
    finally:
        for part in ("rasa", "actions", "gateway"):
            breakable_service.signal(part, signal.SIGCONT)


def test_the_dialogues_cover_what_they_are_for() -> None:
    titles = [one.title for one in DIALOGUES]
    assert len(set(titles)) == len(titles) >= 70
    assert sum(len(one.turns) >= 3 for one in DIALOGUES) * 2 >= len(DIALOGUES)
    assert sum("correction" in one.tags for one in DIALOGUES) >= 18
    assert sum({"place", "first_place"} & set(one.turns[-1].expect) != set() for one in DIALOGUES) >= 18
    assert len(BREAKING) + len(WITHOUT_RASA) >= 10


async def play(dialogue: Dialogue, service: Service, session: aiohttp.ClientSession) -> None:
    """Run a dialogue to its end or to the first turn that brings something else than it should."""
    talk = await Talk(session, service.url).open()
    answered = len(talk.welcome)
    for number, step in enumerate(dialogue.steps, 1):
        if isinstance(step, Break):
            await break_part(service, step)
            continue
        status, messages = await take_turn(talk, service, step)
        wanted = step.expect.get("status", 200)
        assert status == wanted, f"step {number}: « {step.words} »: status {status}"
        if status != 200:
            continue
        faults = find_faults(step.expect, messages)
        assert not faults, f"step {number}: « {step.words} »\n" + "\n".join(faults) + "\n" + show(messages)
        answered += len(messages)
    await check_nothing_else_was_sent(talk, dialogue, answered)


async def take_turn(talk: Talk, service: Service, turn: Turn) -> tuple[int, list[dict[str, Any]]]:
    """Send a message as the page does: the same one again when the line breaks."""
    body = {"client_id": uuid.uuid4().hex}
    body |= {"choice": choice_id(talk, turn.words)} if turn.pressed else {"text": turn.words}
    sending = asyncio.create_task(send(talk, body))
    if turn.meanwhile:
        await asyncio.sleep(UNDER_WAY_S)
    for one in turn.meanwhile:
        await break_part(service, one)
    status, answer = await sending
    if status == 200:
        talk.last = answer["messages"]
    return status, answer.get("messages", [])


async def send(talk: Talk, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    deadline = time.monotonic() + RESTART_S
    while True:
        try:
            status, answer = await talk.post(body)
            if status != 200 or answer["messages"]:
                return status, answer
        except aiohttp.ClientError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("no answer")
        await asyncio.sleep(0.2)


def choice_id(talk: Talk, title: str) -> str:
    """The id of the button that bears `title`; fails when none does."""
    choices = {choice["title"]: choice["id"] for message in talk.last for choice in message["choices"]}
    assert title in choices, f"no button « {title} » among {list(choices)}"
    return str(choices[title])


async def break_part(service: Service, one: Break) -> None:
    if one.act == "wait":
        await wait_whole(service)
        return
    assert service.pids(one.part), f"{one.part} is not running"
    service.signal(one.part, SIGNALS[one.act])
    if (one.act, one.part) == ("kill", "gateway"):
        await wait_alive(service)


async def wait_alive(service: Service) -> None:
    """Return when the gateway answers, whatever the state of the others."""
    deadline = time.monotonic() + RESTART_S
    while await asyncio.to_thread(service.status, "/health/live") != 200:
        assert time.monotonic() < deadline, "the gateway has not come back"
        await asyncio.sleep(0.1)


async def wait_whole(service: Service) -> None:
    """Return when every part answers again, Rasa included."""
    deadline = time.monotonic() + RESTART_S
    while not await asyncio.to_thread(is_whole, service):
        assert time.monotonic() < deadline, "a part has not come back"
        await asyncio.sleep(0.2)


def is_whole(service: Service) -> bool:
    """Whether Rasa and its actions answer, and the gateway knows it."""
    rasa, actions = service.ports["PROCHE_RASA_PORT"], service.ports["PROCHE_ACTIONS_PORT"]
    try:
        for url in (f"http://127.0.0.1:{rasa}/", f"http://127.0.0.1:{actions}/health"):
            urlopen(url, timeout=1).close()
        with urlopen(f"{service.url}/health/ready", timeout=5) as response:
            return bool(json.load(response)["status"] == "ok")
    except OSError:
        return False


async def check_nothing_else_was_sent(talk: Talk, dialogue: Dialogue, answered: int) -> None:
    """Each message stands once in the conversation, and so does each answer."""
    async with talk.session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        if response.status == 404:  # erased at the resident's wish
            return
        messages = (await response.json())["messages"]
    senders = [message["sender"] for message in messages]
    assert senders.count("citizen") == len(dialogue.turns)
    assert len(senders) - senders.count("citizen") == answered
