"""Names whose words are cut short, found word by word."""

import pytest

from assistance.lieu import Commune
from knowledge_base.place_names import PlaceName
from knowledge_base.shortened_names import ShortenedNames


def _name(size: int) -> PlaceName:
    commune = Commune("62498", "Lens", ("62300",), size, "", "", "627", 50.43, 2.83)
    return PlaceName((commune,), size=size)


NAMES = ShortenedNames({
    "montigny en gohelle": _name(10_000),
    "noeux les mines": _name(12_000),
    "marles les mines": _name(5_400),
    "boulogne": _name(40_000),
    "wimereux": _name(6_500),
})  # fmt: skip


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("montigny en goh", "montignyengohelle"),
        ("mtg en g", "montignyengohelle"),
        ("montigny gohelle", "montignyengohelle"),
        ("montini en gohel", "montignyengohelle"),
        ("n les mines", "noeuxlesmines"),
        ("blg", "boulogne"),
        ("wimrx", "wimereux"),
    ],
)
def test_each_word_said_stands_for_a_word_of_the_name_in_order(said: str, name: str):
    assert list(NAMES.find(said.split())) == [name]


@pytest.mark.parametrize("said", ["en goh", "mo en g", "gohelle montigny", "les mines", "bl", "boul", "mtg en artois"])
def test_too_little_or_another_order_stands_for_nothing(said: str):
    assert NAMES.find(said.split()) == {}


def test_a_word_in_full_costs_less_than_its_initial():
    assert NAMES.find(["montigny", "en", "gohelle"]) == {"montignyengohelle": 0}
    assert NAMES.find(["montigny", "en", "g"])["montignyengohelle"] > 0
