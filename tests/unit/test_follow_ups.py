"""Short messages that mean something only after others, subjects refused, languages that are not read here."""

import pytest

from assistance.languages import find_language, load_languages
from gateway.dialogue.follow_ups import is_for_somebody, read_number
from gateway.dialogue.rights import refuses_subject


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("un", 1), ("le 2", 2), ("numéro trois", 3)])
def test_a_number_alone_is_read(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["62300", "j'ai un enfant", "deux enfants", "le rsa", ""])
def test_a_number_among_other_words_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize("text", ["et pour mon fils ?", "pour ma mère de 80 ans", "pr lui aussi"])
def test_somebody_else_is_heard(text: str) -> None:
    assert is_for_somebody(text)


@pytest.mark.parametrize("text", ["pour lens", "et pour les papiers", "je cherche pour mon fils un logement"])
def test_another_matter_is_not_somebody_else(text: str) -> None:
    assert not is_for_somebody(text)


@pytest.mark.parametrize(
    "text", ["je ne veux pas parler du RSA", "non je parle pas de la caf", "je n'ai pas parlé de l'APA"]
)
def test_a_subject_only_refused_is_heard(text: str) -> None:
    assert refuses_subject(text)


@pytest.mark.parametrize(
    "text",
    [
        "je ne veux pas perdre mon logement",
        "j'ai pas de voiture",
        "je parle pas du rsa mais des apl",
        "je parlais du loyer",
    ],
)
def test_a_need_or_a_correction_is_no_refusal(text: str) -> None:
    assert not refuses_subject(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("no hablo francés, necesito ayuda", "es"),
        ("gdzie mogę znaleźć lekarza", "pl"),
        ("أين يمكنني النوم", "ar"),
        ("من پناهنده هستم", "fa"),
        ("де я можу знайти лікаря", "uk"),
        ("nu vorbesc franceza, am nevoie de ajutor", "ro"),
    ],
)
def test_a_language_not_read_here_is_told(text: str, language: str) -> None:
    assert find_language(text) == language


@pytest.mark.parametrize("text", ["where can I sleep tonight", "non non et non", "g pa de koi manjé", "c'est ou", "لا"])
def test_french_english_and_a_single_word_are_none(text: str) -> None:
    assert find_language(text) is None


def test_each_language_has_a_sentence_three_choices_and_a_person() -> None:
    for code, said in load_languages().items():
        assert "112" in said.text, code
        assert len(said.choices) == 3, code
        assert said.person, code
