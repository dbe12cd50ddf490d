"""A citizen's text as it may be stored."""

import pytest

from assistance.intake import clean


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
    ],
)
def test_text_is_cleaned_without_losing_words(typed: str, stored: str) -> None:
    assert clean(typed) == stored
