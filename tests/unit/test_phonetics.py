"""French sounds: spellings heard alike share a sound."""

import pytest

from knowledge_base.phonetics import said_quickly, sounds, sounds_of_all

HEARD_ALIKE = [
    ("odruick", "audruicq"),
    ("lievain", "lievin"),
    ("bapome", "bapaume"),
    ("betune", "bethune"),
    ("ochel", "auchel"),
    ("ouissant", "wissant"),
    ("izberg", "isbergues"),
    ("zutkerk", "zutkerque"),
    ("enne", "haisnes"),
    ("kalais", "calais"),
    ("hayicour", "haillicourt"),
    ("baieul", "bailleul"),
    ("coulonye", "coulogne"),
    ("hedin", "hesdin"),
    ("lombre", "lumbres"),
    ("ognie", "oignies"),
    ("bertou", "berthoult"),
]


@pytest.mark.parametrize(("said", "name"), HEARD_ALIKE)
def test_two_spellings_heard_alike_share_a_sound(said: str, name: str):
    assert not set(sounds(said)).isdisjoint(sounds(name))


@pytest.mark.parametrize(
    ("one", "other"), [("arras", "arques"), ("lens", "lillers"), ("carvin", "calais"), ("puisieux", "puisay")]
)
def test_two_names_heard_otherwise_share_none(one: str, other: str):
    assert set(sounds(one)).isdisjoint(sounds(other))


def test_last_letters_are_mute_or_spoken():
    assert sounds("berck") == ("berk", "berk")
    assert sounds("mont") == ("mO", "mOt")


def test_several_words_sound_as_the_words_joined():
    assert not sounds_of_all(["henin", "bomon"]).isdisjoint(sounds_of_all(["henin", "beaumont"]))


@pytest.mark.parametrize(("said", "name"), [("roctoire", "roquetoire"), ("wimreu", "wimereux"), ("rinsent", "rinxent")])
def test_a_name_is_heard_without_its_mute_e_and_with_s_for_x(said: str, name: str):
    assert not set(sounds(said)).isdisjoint(said_quickly(sounds(name)))
