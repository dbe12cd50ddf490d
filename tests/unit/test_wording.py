"""Every sentence has exactly the fields the code gives it."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistance.wording import Wording

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Wording.load().texts
ERRORS = TEXTS["errors"]
SENTENCES = {name: text for name, text in TEXTS.items() if name != "errors"}
SOURCES = {path: path.read_text() for path in (ROOT / "gateway").rglob("*.py")}


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def calls_of(name: str) -> Iterator[tuple[ast.Call, Path]]:
    for path, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and name == getattr(node.func, "attr", getattr(node.func, "id", None)):
                yield node, path


def words_in(node: ast.expr) -> set[str]:
    """The names a call may be given, written out or chosen between."""
    branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return {one.value for one in branches if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def given(call: ast.Call) -> set[str]:
    return {keyword.arg for keyword in call.keywords if keyword.arg}


def test_every_sentence_said_is_given_exactly_its_fields() -> None:
    for call, path in calls_of("say"):
        for name in words_in(call.args[0]) & set(SENTENCES):
            assert fields_of(SENTENCES[name]) == given(call), f"{path.name}:{call.lineno} {name}"


def test_every_error_raised_has_a_sentence_and_its_fields() -> None:
    for call, path in calls_of("ApiError"):
        for name in words_in(call.args[1]):
            assert fields_of(ERRORS[name]) == given(call) - {"headers"}, f"{path.name}:{call.lineno} {name}"


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_a_sentence_that_says_the_next_step(name: str) -> None:
    text = str(ERRORS[name])
    assert text[0].isupper() and text.endswith(".") and len(text) <= 160
    assert len(text.split(". ")) > 1 or name in ("unknown_message", "method")


def test_a_missing_field_is_an_error_never_a_hole() -> None:
    with pytest.raises(KeyError):
        Wording.load().say("commune_noted")
