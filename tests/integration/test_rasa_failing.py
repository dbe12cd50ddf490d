"""Rasa silent, late, raving or cut off: every turn gets a readable French answer (R8, R9, R18)."""

import asyncio
import json
import random
import re
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.conftest import RASA_TIMEOUT_S
from tests.patience import until
from tests.service import GATEWAY_ALONE, Service
from tests.stub_rasa import (
    Behaviour,
    StubRasa,
    answer_slowly,
    answer_well,
    answers,
    cut_before,
    cut_within,
    drip,
    hang,
    only_for,
    well,
)
from tests.talk import Talk

WELL = json.loads(well("Une réponse"))[0]
PROCHE = WELL["custom"]["proche"]
MESSAGE = PROCHE["messages"][0]


def entries(*items: Any) -> Behaviour:
    return answers(json.dumps(items).encode())


def custom(**changes: Any) -> Behaviour:
    return entries({"recipient_id": "x", "custom": {"proche": {**PROCHE, **changes}}})


def message(**changes: Any) -> Behaviour:
    return custom(messages=[{**MESSAGE, **changes}])


FAILURES: list[Any] = [
    pytest.param(answers(b"[]"), id="an empty list"),
    pytest.param(answers(b""), id="an empty body"),
    pytest.param(answers(b"null"), id="null"),
    pytest.param(answers(b"{}"), id="an object"),
    pytest.param(answers(b"42"), id="a number"),
    pytest.param(answers(b'"bonjour"'), id="a string"),
    pytest.param(answers(b"<html>Internal error</html>"), id="a page"),
    pytest.param(answers(well("coupé")[:-9]), id="half a JSON text"),
    pytest.param(answers(b"\xff\xfe\x00\x81"), id="bytes that are no text"),
    pytest.param(answers(b"[" * 100_000), id="brackets without end"),
    pytest.param(answers(b'[{"text": "' + b"a" * 5_000_000 + b'"}]'), id="5 MB"),
    pytest.param(answers(b"[]", 500), id="status 500"),
    pytest.param(answers(b"[]", 404), id="status 404"),
    pytest.param(answers(well("Une réponse"), 503), id="an answer under status 503"),
    pytest.param(answers(well("Une réponse"), 204), id="an answer under status 204"),
    pytest.param(cut_before, id="cut before the answer"),
    pytest.param(cut_within, id="cut within the answer"),
    pytest.param(hang, id="hung"),
    pytest.param(drip, id="a byte now and then"),
    pytest.param(entries(None), id="a list of nothing"),
    pytest.param(entries([]), id="a list of lists"),
    pytest.param(entries({"recipient_id": "x"}), id="an entry with nothing to say"),
    pytest.param(entries({"text": ""}), id="an empty text"),
    pytest.param(entries({"text": " \n\t "}), id="a text of spaces"),
    pytest.param(entries({"text": None}), id="no text"),
    pytest.param(entries({"text": 12}), id="a text that is a number"),
    pytest.param(entries({"text": {"fr": "bonjour"}}), id="a text that is an object"),
    pytest.param(entries({"text": "\ud800"}), id="half a character"),
    pytest.param(entries({"text": "\u200b\u2060"}), id="only invisible marks"),
    pytest.param(entries({"custom": None}), id="custom of nothing"),
    pytest.param(entries({"custom": "proche"}), id="custom as a word"),
    pytest.param(entries({"custom": {"proche": None}}), id="payload of nothing"),
    pytest.param(entries({"custom": {"proche": []}}), id="payload as a list"),
    pytest.param(custom(messages=[]), id="no messages"),
    pytest.param(custom(messages=None), id="messages of nothing"),
    pytest.param(custom(messages="bonjour"), id="messages as a word"),
    pytest.param(custom(messages=[{}]), id="a message without text"),
    pytest.param(message(text=""), id="a message with an empty text"),
    pytest.param(message(text=[1]), id="a message whose text is a list"),
    pytest.param(message(text="\udfff"), id="a message of half a character"),
    pytest.param(message(choices=[{"title": "Oui"}]), id="a button that does nothing"),
    pytest.param(message(choices={"a": 1}), id="buttons as an object"),
    pytest.param(message(choices=[{"title": "Oui", "do": {"act": "\ud800"}}]), id="a button of half a character"),
    pytest.param(message(fiches=3), id="fiches as a number"),
    pytest.param(message(lieux=3), id="places as a number"),
    pytest.param(message(origin=[62]), id="an origin as a list"),
    pytest.param(message(handoff="offered"), id="a person as a word"),
]

# Rasa may say this: an answer, whatever else comes with it.
HARMLESS: list[Any] = [
    pytest.param(entries({"recipient_id": "x"}, {"text": "Bonjour"}), "Bonjour", id="a partial list"),
    pytest.param(entries({"text": None, "image": "x"}, {"text": "Bonjour"}), "Bonjour", id="an image, then a text"),
    pytest.param(entries({"custom": {"autre": 1}, "text": "Bonjour"}), "Bonjour", id="another payload"),
    pytest.param(message(fiches=["inconnue"], text="Voici"), "Voici", id="an unknown fiche"),
    pytest.param(message(lieux=["inconnu"], text="Voici"), "Voici", id="an unknown place"),
    pytest.param(message(origin="99999", lieux=["mds-1033"], text="Voici"), "Voici", id="an unknown origin"),
    pytest.param(custom(context=None, messages=[{"text": "Voici"}]), "Voici", id="no context"),
    pytest.param(custom(context={"topic": 3}, messages=[{"text": "Voici"}]), "Voici", id="a context of wrong types"),
    pytest.param(entries({"text": "Bon\u0000jour"}), "Bon jour", id="a NUL in the text"),
]


def is_readable(messages: list[dict[str, Any]]) -> bool:
    """Whether there is something to read, in French, and nothing of a machine's."""
    text = " ".join(one["text"] for one in messages)
    return bool(re.search(r"\b(vous|votre|vos|quel|quelle|appelez|une?|les?|la|des?)\b", text, re.IGNORECASE)) and not (
        re.search(r"None|Traceback|[{}]|Error|null", text)
    )


@pytest.fixture
async def talking(gateway: Service, session: aiohttp.ClientSession) -> Talk:
    return await Talk(session, gateway.url).open()


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failing_turn_is_answered_and_the_second_in_a_row_proposes_a_person(
    failure: Behaviour, talking: Talk, rasa: StubRasa
) -> None:
    rasa.behaviour = failure

    first = await talking.say("zblorg frrt")
    second = await talking.say("zblorg plouf")

    assert is_readable(first), first
    assert is_readable(second), second
    assert any(one["handoff"] and one["handoff"]["phone"] for one in second), second
    assert rasa.heard("zblorg frrt") == 1
    rasa.behaviour = answer_well
    assert (await talking.say("bonjour"))[0]["text"] == "Réponse à : bonjour"


async def test_rasa_failing_on_a_question_we_understand_gives_the_fiche_and_then_a_person_too(
    talking: Talk, rasa: StubRasa
) -> None:
    rasa.behaviour = answers(b"[]")

    first = await talking.say("comment demander le rsa")
    second = await talking.say("et quels papiers il faut")

    assert "rsa" in [card["slug"] for one in first for card in one["fiches"]]
    assert "rsa" in [card["slug"] for one in second for card in one["fiches"]]
    assert any(one["handoff"] for one in second), second
    rasa.behaviour = answer_well
    assert not any(one["handoff"] for one in await talking.say("merci"))


@pytest.mark.parametrize(("behaviour", "text"), HARMLESS)
async def test_an_odd_answer_that_says_something_is_given(
    behaviour: Behaviour, text: str, talking: Talk, rasa: StubRasa
) -> None:
    rasa.behaviour = behaviour
    assert [one["text"] for one in await talking.say("bonjour")] == [text]


async def test_rasa_cannot_raise_a_danger_of_its_own(talking: Talk, rasa: StubRasa) -> None:
    rasa.behaviour = message(danger={"level": "card", "theme": "suicide"}, urgent=[{"number": "0"}], text="Voici")
    (answer,) = await talking.say("bonjour")
    assert answer["danger"] is None
    assert answer["urgent"] == []


async def test_after_three_failures_answers_are_fast_and_rasa_is_used_again_once_it_recovers(
    talking: Talk, rasa: StubRasa, gateway: Service
) -> None:
    rasa.behaviour = hang
    for _ in range(3):
        await talking.say("zblorg")
    asked = rasa.heard("zblorg")

    delays = []
    for _ in range(10):
        started = time.monotonic()
        assert is_readable(await talking.say("zblorg"))
        delays.append(time.monotonic() - started)
    assert sorted(delays)[7] < 0.5, delays  # a probe on the way may cost one its time
    assert rasa.heard("zblorg") <= asked + 2
    assert gateway.health()["status"] == "degraded"

    rasa.behaviour = answer_well
    recovered = await asyncio.to_thread(gateway.wait_part, "rasa", "ok", 30)
    assert recovered <= 30
    assert (await talking.say("bonjour"))[0]["text"] == "Réponse à : bonjour"


async def test_an_answer_that_comes_too_late_is_dropped(talking: Talk, rasa: StubRasa, gateway: Service) -> None:
    rasa.behaviour = only_for("zblorg", hang)
    given = await talking.say("zblorg")

    rasa.released.set()
    await talking.say("bonjour")

    shown = await listed(talking)
    texts = [one["text"] for one in shown if one["sender"] == "assistant"][1:]
    assert texts == [given[0]["text"], "Réponse à : bonjour"]


async def test_a_message_that_hangs_rasa_delays_no_other_conversation(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    rasa.behaviour = only_for("poison", hang)
    poisoned, *others = [await Talk(session, gateway.url).open() for _ in range(11)]
    poisoning = asyncio.create_task(poisoned.say("poison"))
    await until(lambda: rasa.heard("poison") == 1)

    started = time.monotonic()
    for answer in await asyncio.gather(*(talk.say("bonjour") for talk in others)):
        assert answer[0]["text"] == "Réponse à : bonjour"
    assert time.monotonic() - started < 1
    assert not poisoning.done()

    assert is_readable(await poisoning)
    assert (await poisoned.say("bonjour"))[0]["text"] == "Réponse à : bonjour"
    assert rasa.heard("poison") == 1


async def test_twenty_conversations_with_a_hung_rasa_are_all_answered_within_ten_seconds(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    talks = [await Talk(session, gateway.url).open() for _ in range(20)]
    rasa.behaviour = hang
    started = time.monotonic()
    answered = await asyncio.gather(*(talk.say("zblorg") for talk in talks))
    assert all(is_readable(messages) for messages in answered)
    assert time.monotonic() - started < 10


async def test_hundreds_of_strange_messages_are_answered(
    gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession
) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    parts = ["😀", "👩‍👩‍👧", "\x00", "\u202e", "\u2066", "é", "e\u0301", "\ufeff", "/restart", "/", "{", "}", '"', "\\"]
    parts += ["%s", "<script>", "${x}", "\U0010ffff", "  ", "\n", "مرحبا", "שלום", "你好", "a" * 300, "1 2", "[]"]
    texts = ["x" + "".join(chance.choices(parts, k=chance.randrange(1, 7))) for _ in range(500)]

    async def say_all(mine: list[str]) -> None:
        talk = await Talk(session, gateway.url).open()
        for text in mine:
            messages = await talk.say(text[:2000])
            assert messages, text
            assert all(one["text"].strip() for one in messages), text

    await asyncio.gather(*(say_all(texts[start::10]) for start in range(10)))
    assert not [turn for turn in rasa.turns if turn["message"].startswith("/") and turn["message"] != "/session_start"]


async def test_told_to_stop_the_gateway_finishes_what_is_under_way_and_leaves_with_zero(tmp_path: Path) -> None:
    gateway = Service(tmp_path / "var", what=GATEWAY_ALONE)
    with StubRasa(int(gateway.ports["PROCHE_RASA_PORT"])).serving() as rasa:
        try:
            await asyncio.to_thread(gateway.start().wait_ready, 30)
            async with aiohttp.ClientSession() as session:
                await _stop_while_answering(gateway, rasa, session)
        finally:
            gateway.stop()


async def _stop_while_answering(gateway: Service, rasa: StubRasa, session: aiohttp.ClientSession) -> None:
    process = gateway.process
    assert process is not None
    talks = [await Talk(session, gateway.url).open() for _ in range(5)]
    stream = await session.get(f"{talks[0].path}/events", headers=talks[0].headers)  # an open page holds nothing up
    rasa.behaviour = only_for("zblorg", hang, otherwise=answer_slowly(3))
    turns = [asyncio.create_task(talk.say("bonjour")) for talk in talks[1:]]
    hung = asyncio.create_task(talks[0].say("zblorg"))
    await until(lambda: rasa.heard("bonjour") == 4 and rasa.heard("zblorg") == 1)

    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    await until(lambda: not gateway.status("/health/live"), 1, "the door closed to newcomers")
    answered = await asyncio.gather(*turns)
    assert [messages[0]["text"] for messages in answered] == ["Réponse à : bonjour"] * 4
    assert is_readable(await hung)
    assert await asyncio.to_thread(process.wait, 12) == 0
    assert time.monotonic() - started <= 10
    stream.close()


async def listed(talk: Talk) -> list[dict[str, Any]]:
    async with talk.session.get(f"{talk.path}/messages", headers=talk.headers) as response:
        assert response.status == 200
        return list((await response.json())["messages"])


def test_the_timeout_of_these_tests_is_within_what_the_service_allows() -> None:
    assert 0 < RASA_TIMEOUT_S <= 8
