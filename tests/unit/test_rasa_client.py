"""What Rasa answers is checked; what a citizen types is never an order."""

import json

import pytest

from assistance.context import Context
from assistance.reply import Answer, Reply
from gateway.rasa_client import RasaError, neutralise, parse_answer

CONTEXT = Context(topic="rsa", failures=1)


def body(*entries: object) -> bytes:
    return json.dumps(list(entries)).encode()


def test_a_custom_payload_is_the_answer_and_its_text_twin_is_ignored() -> None:
    reply = Reply((Answer("Bonjour", fiches=("css",)),), Context(topic="css"))
    found = parse_answer(body({"text": "Bonjour"}, {"custom": {"proche": reply.to_json()}}), CONTEXT)
    assert found == reply


def test_a_plain_text_keeps_the_topic_and_forgets_the_failures() -> None:
    found = parse_answer(body({"recipient_id": "x", "text": "Je vous en prie."}), CONTEXT)
    assert (found.answers, found.context) == ((Answer("Je vous en prie."),), Context(topic="rsa"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"[]", id="silence"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b"{}", id="an object"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[1, 2]", id="a list of numbers"),
        pytest.param(body({"text": "  "}), id="only spaces"),
        pytest.param(body({"custom": {"proche": {}}}), id="a payload without messages"),
        pytest.param(
            body({"custom": {"proche": {"messages": [{"text": ""}], "context": {}, "outcome": "x"}}}), id="empty text"
        ),
        pytest.param(body({"custom": 3}), id="a custom number"),
        pytest.param(body({"image": "x"}), id="only an image"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(
            body({"custom": {"proche": {"messages": [{"text": "a"}], "context": {}, "outcome": "x"}}}),
            id="an outcome nobody knows",
        ),
        pytest.param(body({"text": "Bonjour \ud800"})[:-9] + b'\\ud800"}]', id="half a character"),
        pytest.param(b"\xff", id="bytes that are no text"),
        pytest.param(b"9" * 5000, id="a number without end"),
    ],
)
def test_silence_and_nonsense_are_failures(answer: bytes) -> None:
    with pytest.raises(RasaError):
        parse_answer(answer, CONTEXT)


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "  /restart",
        "///restart",
        "\n/ /restart",
        "\u00a0/restart",
        "/\u00a0/restart",
        "/\u3000\u2028/restart",
    ],
)
def test_an_order_becomes_words(text: str) -> None:
    assert neutralise(text) == "restart"


@pytest.mark.parametrize("text", ["", "/", " / ", "\u00a0/\u00a0"])
def test_rasa_never_gets_an_empty_text(text: str) -> None:
    assert neutralise(text) == "…"


def test_danger_said_by_rasa_is_not_believed() -> None:
    reply = Reply((Answer("Appelez.", danger={"level": "card", "theme": "suicide"}, urgent=({"number": "0899"},)),))
    (answer,) = parse_answer(body({"custom": {"proche": reply.to_json()}}), CONTEXT).answers
    assert (answer.danger, answer.urgent) == (None, ())


def test_rasa_gets_the_first_thousand_characters() -> None:
    assert len(neutralise("é" * 2000)) == 1000
