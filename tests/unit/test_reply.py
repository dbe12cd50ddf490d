"""An answer is text and references; another shape is refused rather than half believed."""

import json

import pytest

from assistance.context import Context
from assistance.reply import ASKED, Answer, Choice, Reply

WHOLE = Answer(
    "Voici.", (Choice("Oui", {"act": "affirm"}),), ("css",), ("mds-1",), "62498",
    handoff={"state": "offered", "phone": "03 21 21 62 16"},
)  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    reply = Reply((WHOLE, Answer("Et encore.")), Context(topic="css"), ASKED)
    assert Reply.from_json(json.loads(json.dumps(reply.to_json()))) == reply


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="no text"),
        pytest.param({"text": ""}, id="an empty text"),
        pytest.param({"text": " \n"}, id="only spaces"),
        pytest.param({"text": 3}, id="a number"),
        pytest.param({"text": "a", "choices": [{"title": "Oui"}]}, id="a button that does nothing"),
        pytest.param({"text": "a", "choices": [3]}, id="a button that is none"),
        pytest.param({"text": "a", "fiches": 3}, id="fiches that are no list"),
        pytest.param({"text": "a", "choices": [{"title": "Oui", "do": "go"}]}, id="an effect that is no table"),
    ],
)
def test_an_answer_of_another_shape_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Answer.from_json(data)


@pytest.mark.parametrize("missing", ["messages", "context", "outcome"])
def test_half_a_reply_is_refused(missing: str) -> None:
    data = Reply((WHOLE,)).to_json()
    del data[missing]
    with pytest.raises(KeyError):
        Reply.from_json(data)
