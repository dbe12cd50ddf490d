"""Parts of the real service killed or put to sleep: each message answered once, nothing forgotten (R8, R9, R13, V2)."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from signal import Signals
from typing import Any
from urllib.request import urlopen

import aiohttp
import pytest

from tests.patience import until
from tests.service import Service
from tests.talk import Talk

LENS = "62498"
KILL, STOP, WAKE = Signals.SIGKILL, Signals.SIGSTOP, Signals.SIGCONT
DANGERS = ["mon mari me frappe", "je veux mourir", "on dort dehors ce soir", "ma fille a avalé des cachets"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = {"PROCHE_MESSAGES_PER_SECOND_PER_ADDRESS": "1000"}
    running = Service(tmp_path_factory.mktemp("killed") / "var", limits)
    try:
        yield running.start().wait_ready()
    finally:
        running.stop()


@pytest.fixture
async def sound(whole: Service) -> AsyncIterator[Service]:
    """The service, all its parts awake and well before and after."""
    await until(lambda: whole.health().get("status") == "ok", 60)
    yield whole
    for part in ("rasa", "actions"):
        whole.signal(part, WAKE)


@pytest.fixture
async def talking(sound: Service, session: aiohttp.ClientSession) -> Talk:
    """Somebody in Lens who has asked about the RSA."""
    talk = await Talk(session, sound.url).open()
    await talk.say("comment demander le rsa")
    messages = await talk.say("j'habite à Lens")
    assert is_near_lens(messages), messages
    return talk


def is_about_rsa(messages: list[dict[str, Any]]) -> bool:
    return "rsa" in [card["slug"] for one in messages for card in one["fiches"]]


def is_near_lens(messages: list[dict[str, Any]]) -> bool:
    places = [place for one in messages for place in one["lieux"]]
    return bool(places) and all(place["distance_km"] < 15 for place in places)


async def say_within(talk: Talk, text: str, limit_s: float) -> list[dict[str, Any]]:
    started = time.monotonic()
    messages = await talk.say(text)
    assert time.monotonic() - started <= limit_s, text
    assert messages, text
    return messages


async def listed(talk: Talk) -> list[dict[str, Any]]:
    async with talk.session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert response.status == 200
        return list((await response.json())["messages"])


async def assert_nothing_is_added_later(talk: Talk, sound: Service) -> None:
    """Once Rasa answers again, what it had been asked in its sleep has been dropped."""
    before = await listed(talk)
    await until(lambda: sound.health().get("rasa") == "ok", 60)
    assert await listed(talk) == before
    citizen = [one for one in before if one["sender"] == "citizen"]
    assert len({one["seq"] for one in citizen}) == len(citizen)


async def test_rasa_killed_between_two_turns_loses_neither_subject_nor_commune(talking: Talk, sound: Service) -> None:
    sound.signal("rasa", KILL)
    assert is_about_rsa(await say_within(talking, "et quels papiers il faut", 10))
    assert is_near_lens(await say_within(talking, "c'est où", 10))

    await until(lambda: sound.health().get("rasa") == "away", 10)
    assert sound.status("/health/ready") == 200
    back = await until(lambda: sound.health().get("rasa") == "ok", 60)
    print(f"rasa back after {back:.1f} s")
    assert is_about_rsa(await say_within(talking, "combien de temps ça prend", 10))


async def test_rasa_asleep_is_answered_for_within_ten_seconds_and_used_again_when_it_wakes(
    talking: Talk, sound: Service
) -> None:
    sound.signal("rasa", STOP)
    first = await say_within(talking, "et quels papiers il faut", 10)
    second = await say_within(talking, "c'est où", 10)
    third = await say_within(talking, "et si on me le refuse", 10)
    assert is_about_rsa(first)
    assert is_near_lens(second)
    assert any(one["handoff"] for one in (*second, *third))
    assert is_about_rsa(await say_within(talking, "quels papiers", 1))  # the circuit is open

    sound.signal("rasa", WAKE)
    await until(lambda: sound.health().get("rasa") == "ok", 30)
    await assert_nothing_is_added_later(talking, sound)
    assert is_about_rsa(await say_within(talking, "et quels papiers il faut", 10))


@pytest.mark.parametrize("blow", [KILL, STOP])
async def test_the_actions_gone_before_the_call(blow: Signals, talking: Talk, sound: Service) -> None:
    sound.signal("actions", blow)
    assert is_about_rsa(await say_within(talking, "et quels papiers il faut", 10))
    sound.signal("actions", WAKE)
    await assert_nothing_is_added_later(talking, sound)
    assert is_near_lens(await say_within(talking, "c'est où", 10))


@pytest.mark.parametrize("part", ["rasa", "actions"])
async def test_a_part_killed_while_the_action_runs(part: str, talking: Talk, sound: Service) -> None:
    sound.signal("actions", STOP)
    turn = asyncio.create_task(say_within(talking, "et quels papiers il faut", 10))
    await until(lambda: waits_at(sound.ports["PROCHE_ACTIONS_PORT"]), 8, "the action called")

    sound.signal(part, KILL)

    assert is_about_rsa(await turn)
    sound.signal("actions", WAKE)
    await assert_nothing_is_added_later(talking, sound)


async def test_the_actions_asleep_while_they_work_and_awake_in_time_give_their_own_answer(
    talking: Talk, sound: Service
) -> None:
    sound.signal("actions", STOP)
    turn = asyncio.create_task(say_within(talking, "et quels papiers il faut", 10))
    await until(lambda: waits_at(sound.ports["PROCHE_ACTIONS_PORT"]), 8, "the action called")
    answered_by_rasa = turns_of(sound, "rasa")

    sound.signal("actions", WAKE)

    assert is_about_rsa(await turn)
    assert turns_of(sound, "rasa") == answered_by_rasa + 1


@pytest.mark.parametrize("blow", [KILL, STOP])
async def test_rasa_gone_after_the_action_and_before_the_answer(blow: Signals, talking: Talk, sound: Service) -> None:
    """The action has asked the gateway and answered; Rasa never passes it on."""
    sound.signal("actions", STOP)
    turn = asyncio.create_task(say_within(talking, "et quels papiers il faut", 10))
    await until(lambda: waits_at(sound.ports["PROCHE_ACTIONS_PORT"]), 8, "the action called")
    acted = acts_of(sound)
    sound.signal("rasa", STOP)
    sound.signal("actions", WAKE)
    await until(lambda: acts_of(sound) == acted + 1, 5, "the action done")

    if blow == KILL:
        sound.signal("rasa", KILL)

    assert is_about_rsa(await turn)
    sound.signal("rasa", WAKE)
    await assert_nothing_is_added_later(talking, sound)
    assert is_near_lens(await say_within(talking, "c'est où", 10))


def waits_at(port: str) -> bool:
    """Whether a listener sleeps over bytes it has been sent (a socket of /proc/net/tcp with a receive queue)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues = line.split()[:5]
        if int(local.rpartition(":")[2], 16) == int(port) and state == "01" and int(queues.split(":")[1], 16) > 0:
            return True
    return False


def metric(running: Service, pattern: str) -> int:
    """The value of a line of /metrics; 0 while there is none."""
    with urlopen(f"{running.url}/metrics", timeout=5) as response:
        found = re.search(rf"^{pattern} (\d+)", response.read().decode(), re.MULTILINE)
    return int(found[1]) if found else 0


def acts_of(running: Service) -> int:
    return metric(running, r'proche_http\w*_total\{route="/internal/acts/\{act\}",status="2xx"\}')


def turns_of(running: Service, answered_by: str) -> int:
    return metric(running, rf'proche_turns_total\{{answered_by="{answered_by}"\}}')


async def test_danger_is_answered_within_two_seconds_a_hundred_times_of_a_hundred_with_rasa_and_actions_dead(
    sound: Service, session: aiohttp.ClientSession
) -> None:
    """Asleep rather than dead: nothing starts them again, and who asks them waits."""
    for part in ("rasa", "actions"):
        sound.signal(part, STOP)
    talks = [await Talk(session, sound.url).open() for _ in range(10)]
    for number in range(100):
        messages = await say_within(talks[number % 10], DANGERS[number % 4], 2)
        assert messages[0]["danger"], messages
        assert messages[0]["urgent"] or messages[0]["danger"]["level"] == "ask"


async def test_the_gateway_killed_with_messages_acknowledged_answers_each_of_them_once(
    sound: Service, session: aiohttp.ClientSession
) -> None:
    talks = [await Talk(session, sound.url).open() for _ in range(10)]
    sound.signal("rasa", STOP)
    turns = [asyncio.create_task(talk.say("comment demander le rsa", "un")) for talk in talks]
    for talk in talks:
        while len(await listed(talk)) < 2:
            pass  # the second message of a person comes after the first
    turns += [asyncio.create_task(talk.say("et quels papiers il faut", "deux")) for talk in talks[:5]]
    for rank, talk in enumerate(talks):
        while len(await listed(talk)) < (3 if rank < 5 else 2):
            pass  # the messages appear when they are on disk

    killed = time.monotonic()
    sound.signal("gateway", KILL)
    ended = await asyncio.gather(*turns, return_exceptions=True)
    assert all(isinstance(one, aiohttp.ClientError) for one in ended), ended
    first_s = await _first_acknowledgement(sound, killed)
    print(f"first acknowledgement {first_s:.1f} s after the kill")
    assert first_s <= 20  # a gateway that never comes back; the figure itself belongs to the closing note

    sound.signal("rasa", WAKE)
    for rank, talk in enumerate(talks):
        first = await talk.say("comment demander le rsa", "un")
        assert is_about_rsa(first)
        if rank < 5:
            assert is_about_rsa(await talk.say("et quels papiers il faut", "deux"))
        shown = await listed(talk)
        assert [one["sender"] for one in shown].count("citizen") == (2 if rank < 5 else 1)
        assert [one for one in shown if one["seq"] == first[0]["seq"]] == [first[0]]
    await _assert_one_outcome_each(sound, talks)


async def _first_acknowledgement(sound: Service, since: float) -> float:
    """Seconds until a conversation is opened: its id is given once it is on disk."""
    async with aiohttp.ClientSession() as session:
        while time.monotonic() - since < 30:
            try:
                await Talk(session, sound.url).open()
                return time.monotonic() - since
            except (aiohttp.ClientError, AssertionError):
                await asyncio.sleep(0.02)
    raise TimeoutError


async def _assert_one_outcome_each(sound: Service, talks: list[Talk]) -> None:
    """After the words of the second message, nothing comes any more."""
    before = [await listed(talk) for talk in talks]
    await until(lambda: sound.health().get("rasa") == "ok", 60)
    assert [await listed(talk) for talk in talks] == before
    for shown in before:
        answers = [one["text"] for one in shown if one["sender"] == "assistant"]
        assert len(answers) == len(set(answers)), answers


async def test_the_gateway_told_to_stop_answers_what_is_under_way_and_leaves_with_zero(
    sound: Service, session: aiohttp.ClientSession
) -> None:
    talk = await Talk(session, sound.url).open()
    (pid,) = sound.pids("gateway")
    sound.signal("actions", STOP)
    turn = asyncio.create_task(talk.say("comment demander le rsa"))
    while len(await listed(talk)) < 2:
        pass

    started = time.monotonic()
    sound.signal("gateway", signal.SIGTERM)
    assert is_about_rsa(await turn)
    await until(lambda: not Path(f"/proc/{pid}").exists(), 10)
    assert time.monotonic() - started <= 10
    await until(lambda: "gateway.cli serve » s'est arrêté (code 0)" in sound.log.read_text(errors="replace"), 5)


async def test_the_service_told_to_stop_leaves_nothing_behind(whole: Service) -> None:
    """The last of these tests: the service is gone after it."""
    process = whole.process
    assert process is not None
    process.terminate()
    await until(lambda: process.poll() is not None, 15)
    assert [whole.pids(part) for part in ("gateway", "rasa", "actions")] == [[], [], []]
