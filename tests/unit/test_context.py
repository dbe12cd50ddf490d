"""What a conversation remembers survives a trip through Rasa, and nothing else is believed."""

import json

import pytest

from assistance.context import Context

FULL = Context(
    topic="css", commune="62498", kinds=("mds",), awaiting="commune", aspect="ask_papers", others=("rsa",), last="more",
    failures=1,
)  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    assert Context.from_json(json.loads(json.dumps(FULL.to_json()))) == FULL


@pytest.mark.parametrize("data", [None, [], "css", 3, {}, {"surprise": 1}])
def test_what_is_no_context_is_an_empty_one(data: object) -> None:
    assert Context.from_json(data) == Context()


@pytest.mark.parametrize("wrong", [3, {}, [1], True, [["a"]], None])
@pytest.mark.parametrize("name", ["topic", "commune", "awaiting", "aspect", "last", "kinds", "others"])
def test_a_field_of_the_wrong_shape_is_forgotten_and_the_rest_kept(name: str, wrong: object) -> None:
    found = Context.from_json(FULL.to_json() | {name: wrong})
    assert found == FULL.but(**{name: getattr(Context(), name)})


def test_a_change_leaves_the_old_one_as_it_was() -> None:
    assert (FULL.but(topic="rsa").topic, FULL.topic) == ("rsa", "css")
