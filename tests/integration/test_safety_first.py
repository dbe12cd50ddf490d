"""A person in danger gets the right number at once, whatever is wrong with the request (promise 1, V2 web)."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.service import GATEWAY_ALONE, Service
from tests.talk import Talk

PLAIN, HINTED = "mon mari me frappe", "j'en peux plus"
YES, NO = "Oui, maintenant", "Non"


def safety_messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for message in body.get("messages", []) if message["danger"]]


def assert_card_first(messages: list[dict[str, Any]], theme: str) -> None:
    first = messages[0]
    assert first["danger"] == {"level": "card", "theme": theme}
    assert first["text"] and first["urgent"] and not first["choices"]


def assert_police_first(body: dict[str, Any]) -> None:
    assert_card_first(body["messages"], "violences_conjugales")
    assert body["messages"][0]["urgent"][0]["number"] == "17"


@pytest.fixture
async def closed(talk_without_rasa: Talk, session: aiohttp.ClientSession) -> Talk:
    """A conversation erased a moment ago: its token is stale."""
    async with session.delete(talk_without_rasa.path, headers=talk_without_rasa.headers) as response:
        assert response.status == 204
    return talk_without_rasa


async def test_danger_said_with_a_stale_token_is_answered_beside_the_error(closed: Talk) -> None:
    status, body = await closed.post({"client_id": "1", "text": PLAIN})
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert_police_first(body)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, 401, id="no token"),
        pytest.param({"Authorization": "Bearer "}, 401, id="an empty token"),
        pytest.param({"Authorization": "Basic abc"}, 401, id="another scheme"),
        pytest.param({"Authorization": "Bearer wrong"}, 404, id="a wrong token"),
    ],
)
async def test_danger_said_without_the_right_token_is_answered_beside_the_error(
    talk_without_rasa: Talk, session: aiohttp.ClientSession, headers: dict[str, str], expected: int
) -> None:
    body = {"client_id": "1", "text": PLAIN}
    async with session.post(f"{talk_without_rasa.path}/messages", json=body, headers=headers) as response:
        assert response.status == expected
        assert_police_first(await response.json())


async def test_danger_said_with_another_talks_token_is_answered_and_written_nowhere(
    talk_without_rasa: Talk, service_without_rasa: Service, session: aiohttp.ClientSession
) -> None:
    other = await Talk(session, service_without_rasa.url).open()
    other.token = talk_without_rasa.token
    status, body = await other.post({"client_id": "1", "text": PLAIN})
    assert status == 404
    assert_police_first(body)
    async with session.get(f"{talk_without_rasa.path}/messages", headers=talk_without_rasa.headers) as response:
        assert len((await response.json())["messages"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"text": PLAIN}, id="no id"),
        pytest.param({"client_id": 3, "text": PLAIN}, id="an id that is a number"),
        pytest.param({"client_id": "", "text": PLAIN}, id="an empty id"),
        pytest.param({"client_id": "x" * 65, "text": PLAIN}, id="an id too long"),
        pytest.param({"client_id": "a\x00", "text": PLAIN}, id="an id with a control"),
        pytest.param({"client_id": "1", "text": PLAIN, "surprise": 1}, id="an unknown field"),
        pytest.param({"client_id": "1", "text": PLAIN, "choice": "1.0"}, id="a button besides"),
        pytest.param({"client_id": "1", "text": PLAIN + " tous les jours" * 200}, id="a text too long"),
        pytest.param({"client_id": "1", "text": "il ne se passe rien. " * 150 + PLAIN}, id="the danger at the end"),
    ],
)
async def test_danger_said_in_a_request_that_is_refused_is_answered_beside_the_error(
    talk_without_rasa: Talk, body: dict[str, Any]
) -> None:
    status, answer = await talk_without_rasa.post(body)
    assert status == 422 and answer["error"]["message"].endswith(".")
    assert_police_first(answer)


async def test_an_ordinary_text_refused_has_only_the_error_beside_it(talk_without_rasa: Talk) -> None:
    _, body = await talk_without_rasa.post({"client_id": 3, "text": "je veux la css"})
    assert set(body) == {"error"}


async def test_a_hint_of_danger_is_asked_about_and_yes_brings_the_numbers(talk_without_rasa: Talk) -> None:
    asked = (await talk_without_rasa.say(HINTED))[0]
    assert (asked["danger"]["level"], asked["urgent"]) == ("ask", [])
    assert [choice["title"] for choice in asked["choices"]] == [YES, NO]
    assert_card_first(await talk_without_rasa.press(YES), "suicide")


@pytest.mark.parametrize("word", ["oui", "Oui !", "OUI", "ouais", "yes"])
async def test_yes_in_words_brings_the_numbers(talk_without_rasa: Talk, word: str) -> None:
    await talk_without_rasa.say(HINTED)
    assert_card_first(await talk_without_rasa.say(word), "suicide")


async def test_no_by_the_button_brings_someone_to_talk_to(talk_without_rasa: Talk) -> None:
    await talk_without_rasa.say(HINTED)
    answer = (await talk_without_rasa.press(NO))[0]
    assert answer["danger"]["level"] == "talk" and answer["urgent"]


@pytest.mark.parametrize("word", ["non", "Non merci", "nan", "pas maintenant"])
async def test_no_in_words_brings_someone_to_talk_to(talk_without_rasa: Talk, word: str) -> None:
    await talk_without_rasa.say(HINTED)
    answer = (await talk_without_rasa.say(word))[0]
    assert answer["danger"]["level"] == "talk" and answer["urgent"]


async def test_yes_to_another_question_is_no_danger(talk_without_rasa: Talk) -> None:
    await talk_without_rasa.say("je veux la css")
    assert not safety_messages({"messages": await talk_without_rasa.say("oui")})


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One message a second for a conversation, three for an address."""
    limits = {"PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "1", "PROCHE_MESSAGES_PER_SECOND_PER_ADDRESS": "3"}
    running = Service(tmp_path_factory.mktemp("narrow") / "var", limits | {"PROCHE_RASA": "off"}, what=GATEWAY_ALONE)
    try:
        yield running.start().wait_ready()
    finally:
        running.stop()


async def flood(talk: Talk) -> None:
    """Write so much at once that some of it is too many."""
    posts = [talk.post({"client_id": uuid.uuid4().hex, "text": "bonjour"}) for _ in range(10)]
    assert 429 in {status for status, _ in await asyncio.gather(*posts)}


@pytest.mark.parametrize("text", [PLAIN, "je veux mourir", "au secours il y a le feu"])
async def test_danger_beyond_the_limit_is_answered(narrow: Service, session: aiohttp.ClientSession, text: str) -> None:
    talk = await Talk(session, narrow.url).open()
    await flood(talk)
    posts = [talk.post({"client_id": uuid.uuid4().hex, "text": text}) for _ in range(20)]
    for status, body in await asyncio.gather(*posts):
        assert status == 200 and body["messages"][0]["danger"]["level"] == "card"


@pytest.mark.parametrize("way", ["button", "word"])
async def test_yes_beyond_the_limit_is_answered(narrow: Service, session: aiohttp.ClientSession, way: str) -> None:
    talk = await Talk(session, narrow.url).open()
    body: dict[str, Any] = {}
    while not body or not body["messages"][0]["seq"]:  # the address is beyond its limit since the test before
        _, body = await talk.post({"client_id": uuid.uuid4().hex, "text": HINTED})
    choice = next(choice["id"] for choice in body["messages"][0]["choices"] if choice["title"] == YES)
    yes = {"choice": choice} if way == "button" else {"text": "oui"}
    posts = [talk.post({"client_id": uuid.uuid4().hex, **yes}) for _ in range(10)]
    for status, answer in await asyncio.gather(*posts):
        assert status == 200
        assert_card_first(answer["messages"], "suicide")
