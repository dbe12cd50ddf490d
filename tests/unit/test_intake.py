"""A citizen's text as it may be stored."""

import pytest

from assistance.intake import clean, take_in


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("  bonjour \n", "bonjour", id="trimmed"),
        pytest.param("a\x00b\x07c", "a b c", id="controls become spaces"),
        pytest.param("a\r\nb", "a\nb", id="lines are kept"),
        pytest.param("a\ud800b", "ab", id="lone surrogates go"),
        pytest.param("\u202egnp\u200b", "gnp", id="marks that reorder or hide go"),
        pytest.param("e\u0301te\u0301", "été", id="composed"),
        pytest.param("😀", "😀", id="emoji stay"),
        pytest.param("\u00a0/restart\u3000", "/restart", id="every blank at the ends goes"),
        pytest.param("\ud83da", "a", id="half an emoji goes"),
        pytest.param("a\x85b\x9bc", "a b c", id="controls of eight bits too"),
        pytest.param(" \x00\u200b\ufeff\n", "", id="nothing is nothing"),
    ],
)
def test_text_is_cleaned_without_losing_words(typed: str, stored: str) -> None:
    assert clean(typed) == stored


@pytest.mark.parametrize(
    "text", ["\u200b2 85 07 62\u200b 193 045 21", "2\u202e85 07 62 193 045 21", "2 85 07 62 193\x00045 21"]
)
def test_marks_taken_out_first_hide_no_number(text: str) -> None:
    assert "193" not in take_in(text)


@pytest.mark.parametrize("text", ["a\x00b", "e\u0301", "  /restart", "2 85 07 62 193 045 21"])
def test_what_was_taken_in_is_taken_in_again_as_it_is(text: str) -> None:
    assert take_in(take_in(text)) == take_in(text)
