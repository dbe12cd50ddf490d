"""One message for one client_id, answered once, in order; an event stream that loses and doubles nothing (R1, R22)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.service import Service
from tests.stub_rasa import StubRasa, answer_slowly, answers, only_for
from tests.talk import Talk


@pytest.fixture
async def talking(gateway: Service, session: aiohttp.ClientSession) -> Talk:
    return await Talk(session, gateway.url).open()


async def listed(talk: Talk) -> list[dict[str, Any]]:
    """The whole conversation, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        after = {"after": found[-1]["seq"] if found else 0}
        async with talk.session.get(f"{talk.path}/messages", params=after, headers=talk.headers) as response:
            assert response.status == 200
            page = (await response.json())["messages"]
        if not page:
            return found
        found += page


def texts_of(messages: list[dict[str, Any]], sender: str) -> list[str]:
    return [one["text"] for one in messages if one["sender"] == sender]


async def test_the_same_client_id_twenty_times_at_once_is_one_message_with_one_answer(
    talking: Talk, rasa: StubRasa
) -> None:
    rasa.behaviour = answer_slowly(0.3)

    given = await asyncio.gather(*(talking.say("bonjour", "le-meme") for _ in range(20)))

    assert all(messages == given[0] for messages in given)
    shown = await listed(talking)
    assert texts_of(shown, "citizen") == ["bonjour"]
    assert texts_of(shown, "assistant")[1:] == ["Réponse à : bonjour"]
    assert rasa.heard("bonjour") == 1


async def test_a_repeat_long_after_gets_the_same_answer(talking: Talk, rasa: StubRasa) -> None:
    first = await talking.say("bonjour", "un")
    await talking.say("merci", "deux")
    assert await talking.say("bonjour", "un") == first
    assert len(await listed(talking)) == 5


async def test_the_same_client_id_with_other_words_keeps_the_first(talking: Talk, rasa: StubRasa) -> None:
    first = await talking.say("bonjour", "un")
    assert await talking.say("autre chose", "un") == first
    assert await talking.say("mon mari me frappe", "un") == first
    assert texts_of(await listed(talking), "citizen") == ["bonjour"]
    assert rasa.heard("autre chose") == 0


async def test_a_danger_told_twice_is_one_message_with_one_card(talking: Talk) -> None:
    given = await asyncio.gather(*(talking.say("mon mari me frappe", "un") for _ in range(10)))
    assert given[0][0]["danger"]["level"] == "card"
    assert all(messages == given[0] for messages in given)
    assert len(await listed(talking)) == 3


async def test_one_client_id_in_two_conversations_is_two_messages(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    for text in ("bonjour", "bonsoir"):
        talk = await Talk(session, gateway.url).open()
        assert (await talk.say(text, "un"))[0]["text"] == f"Réponse à : {text}"


async def test_twenty_messages_at_once_are_each_answered_once_and_in_order(talking: Talk, rasa: StubRasa) -> None:
    rasa.behaviour = answer_slowly(0.05)

    given = await asyncio.gather(*(talking.say(f"question {number}") for number in range(20)))

    for number, messages in enumerate(given):
        assert [one["text"] for one in messages] == [f"Réponse à : question {number}"]
    shown = await listed(talking)
    assert [one["seq"] for one in shown] == list(range(1, 42))
    asked = texts_of(shown, "citizen")
    assert sorted(asked) == sorted(f"question {number}" for number in range(20))
    assert texts_of(shown, "assistant")[1:] == [f"Réponse à : {text}" for text in asked]
    assert [turn["message"] for turn in rasa.turns if turn["message"] in asked] == asked
    assert rasa.overlaps == 0


async def test_order_holds_when_rasa_fails_on_one_message_of_many(talking: Talk, rasa: StubRasa) -> None:
    rasa.behaviour = only_for("zblorg", answers(b"[]"))
    words = ["un", "zblorg", "trois", "quatre"]
    turns = []
    for word in words:
        turns.append(asyncio.create_task(talking.say(word)))
        while word not in texts_of(await listed(talking), "citizen"):
            pass

    given = await asyncio.gather(*turns)

    assert [messages[0]["text"] for messages in (given[0], *given[2:])] == [
        "Réponse à : un", "Réponse à : trois", "Réponse à : quatre"
    ]  # fmt: skip
    assert texts_of(await listed(talking), "citizen") == words
    assert len(texts_of(await listed(talking), "assistant")) == 5


async def test_many_conversations_at_once_keep_their_answers_apart(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    talks = [await Talk(session, gateway.url).open() for _ in range(10)]

    async def chat(rank: int) -> None:
        for turn in range(5):
            answer = await talks[rank].say(f"conversation {rank} tour {turn}")
            assert [one["text"] for one in answer] == [f"Réponse à : conversation {rank} tour {turn}"]

    await asyncio.gather(*(chat(rank) for rank in range(10)))
    assert rasa.overlaps == 0


async def events(talk: Talk, after: int) -> AsyncIterator[dict[str, Any]]:
    """Messages of the event stream from `after` on, until the caller leaves."""
    headers = {**talk.headers, "Last-Event-ID": str(after)}
    async with talk.session.get(f"{talk.path}/events", headers=headers) as response:
        assert response.status == 200
        number = None
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = int(value)
            elif name == "data":
                message = json.loads(value)
                assert message["seq"] == number
                yield message


async def test_a_stream_cut_a_hundred_times_loses_and_doubles_nothing(talking: Talk, rasa: StubRasa) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    finished = asyncio.Event()
    seen: list[dict[str, Any]] = []

    async def speak() -> None:
        while not finished.is_set():
            await asyncio.gather(talking.say("bonjour"), talking.say("mon mari me frappe"), talking.say("merci"))

    async def read_until(cut: asyncio.Event) -> None:
        async for one in events(talking, seen[-1]["seq"] if seen else 0):
            seen.append(one)
            if cut.is_set():
                return

    speaking = asyncio.create_task(speak())
    for _ in range(100):
        cut = asyncio.Event()
        reading = asyncio.create_task(read_until(cut))
        await asyncio.wait({reading, speaking}, timeout=chance.uniform(0, 0.1))
        assert not speaking.done(), speaking.exception()
        if chance.random() < 0.5:
            cut.set()  # after the next message
            await asyncio.wait_for(reading, 5)
        else:
            reading.cancel()  # at whatever byte it is
            await asyncio.gather(reading, return_exceptions=True)
    finished.set()
    await speaking

    stored = await listed(talking)
    await asyncio.wait_for(_read_the_rest(talking, seen, stored[-1]["seq"]), 5)
    assert [one["seq"] for one in seen] == list(range(1, len(seen) + 1))
    assert [one["text"] for one in seen] == [one["text"] for one in stored]
    assert len(seen) > 100


async def _read_the_rest(talk: Talk, seen: list[dict[str, Any]], last: int) -> None:
    while seen[-1]["seq"] < last:
        async for one in events(talk, seen[-1]["seq"]):
            seen.append(one)
            if one["seq"] >= last:
                return


async def test_an_open_stream_brings_answers_as_they_come(talking: Talk, rasa: StubRasa) -> None:
    async def read() -> list[str]:
        found: list[str] = []
        async for one in events(talking, 0):
            found.append(one["text"])
            if one["text"] == "Réponse à : merci":
                break
        return found[1:]

    reading = asyncio.create_task(read())
    await talking.say("bonjour")
    await talking.say("merci")
    assert await asyncio.wait_for(reading, 2) == ["bonjour", "Réponse à : bonjour", "merci", "Réponse à : merci"]


async def test_a_stream_ends_when_the_conversation_is_erased(talking: Talk) -> None:
    async def read_to_the_end() -> int:
        return len([one async for one in events(talking, 0)])

    reading = asyncio.create_task(read_to_the_end())
    await talking.say("bonjour")
    async with talking.session.delete(talking.path, headers=talking.headers) as response:
        assert response.status == 204
    assert await asyncio.wait_for(reading, 2) >= 1


@pytest.mark.parametrize("last", ["-1", "x", "1e9", "9" * 20, "1.0", "0x1", "²"])
async def test_a_stream_asked_from_a_number_that_is_none_is_refused(talking: Talk, last: str) -> None:
    headers = {**talking.headers, "Last-Event-ID": last}
    async with talking.session.get(f"{talking.path}/events", headers=headers) as response:
        assert response.status == 422
        assert (await response.json())["error"]["message"]


async def test_two_messages_that_tell_a_danger_only_together_get_its_card(talking: Talk) -> None:
    assert (await talking.say("mon père est tombé", "un"))[0]["danger"] is None
    assert (await talking.say("il ne répond plus", "deux"))[0]["danger"] == {
        "level": "card",
        "theme": "urgence_medicale",
    }


async def test_two_ordinary_messages_are_left_in_peace(talking: Talk) -> None:
    assert (await talking.say("j'ai pris mes médicaments", "un"))[0]["danger"] is None
    assert (await talking.say("où est la pharmacie de garde", "deux"))[0]["danger"] is None
