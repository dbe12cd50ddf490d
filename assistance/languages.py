"""Languages that are not read here: told by their letters or their smallest words, answered with one fixed sentence."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from assistance.french import fold

TEXTS = Path(__file__).parent / "texts" / "languages.yml"
FEWEST_LETTERS = 3  # of a script: a flag or one borrowed sign is no language
FEWEST_WORDS = 2  # small words of a language, and more of them than of French

# Letters that one language alone has come before the script it shares.
_SCRIPTS = (
    ("ps", re.compile("[ټډړږښڅځڼې]")),
    ("fa", re.compile("[پچژگ]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("am", re.compile("[\u1200-\u137f]")),
)

# Words that French and English do not have, folded.
_SMALL_WORDS = {
    "es": "donde puedo necesito quiero tengo hablo ayuda para una por favor como con mi hijos casa trabajo estoy soy "
    "gracias buenos dias medico hola los las el muy pero",
    "pt": "onde posso preciso quero tenho falo ajuda uma por favor como com meu minha filhos casa trabalho estou sou "
    "obrigado bom dia medico nao muito mas voce",
    "it": "dove posso bisogno voglio ho parlo aiuto una per favore come con mio mia figli casa lavoro sono grazie "
    "buongiorno medico molto il della questo",
    "de": "ich wo kann brauche habe spreche hilfe eine bitte wie mit mein meine kinder wohnung arbeit bin danke guten "
    "tag arzt nicht sehr der das und ist",
    "nl": "ik waar kan nodig heb spreek hulp een alstublieft hoe met mijn kinderen huis werk ben dank goedendag dokter "
    "niet zeer het van wil naar",
    "pl": "ja gdzie moge potrzebuje chce mam mowie pomoc pomocy prosze jak moj moja moje dzieci dom mieszkanie pracy "
    "jestem dziekuje dzien dobry lekarza nie bardzo sie gdy",
    "ro": "unde pot nevoie vreau am vorbesc ajutor va rog cum cu meu mea copii copiii casa munca sunt multumesc buna "
    "ziua doctor nu foarte este pentru un",
    "sq": "une ku mund kam nevoje dua flas ndihme ju lutem si me femije femijet shtepi pune jam faleminderit mire dita "
    "mjek nuk shume eshte per te",
    "tr": "ben nerede ihtiyacim istiyorum var konusuyorum yardim bir lutfen nasil ile benim cocuklarim ev is "
    "bilmiyorum tesekkur merhaba gunler doktor degil cok icin yok bana",
}
_FRENCH = (
    "je j ai me mon ma mes suis est c ce il elle on nous vous ne pas de du des le la les l un une et ou pour par a au "
    "aux en dans sur qui que quoi avec sans comment combien y d qu sa ca si tu te ton son ses plus droit aide papiers "
    "bonjour merci svp"
)


@dataclass(frozen=True)
class ForeignText:
    """What is said in one language: the sentence, the titles of the three choices, the one that asks for a person."""

    text: str
    choices: tuple[str, ...]
    person: str
    relu_par: str  # the speaker who signed it; empty until then


@cache
def load_languages(path: Path = TEXTS) -> dict[str, ForeignText]:
    """Return the texts by ISO 639-1 code. Raises OSError, KeyError."""
    languages = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        code: ForeignText(said["text"], tuple(said["choices"]), said["person"], said["relu_par"])
        for code, said in languages.items()
    }


def find_language(text: str) -> str | None:
    """Return the ISO 639-1 code of a language of `languages.yml`; None for French, English and what cannot be told."""
    for code, letters in _SCRIPTS:
        if letters.search(text):
            script = re.findall("[\u0400-\u04ff\u0600-\u06ff\u1200-\u137f]", text)
            return code if len(script) >= FEWEST_LETTERS else None
    return _find_by_small_words(fold(text).split())


def _find_by_small_words(said: list[str]) -> str | None:
    words = set(said)
    french = len(words & set(_FRENCH.split()))
    counts = {code: len(words & small) for code, small in _small_words().items()}
    best = max(counts, key=lambda code: counts[code])
    enough = counts[best] >= FEWEST_WORDS and counts[best] > french and 3 * counts[best] >= len(words)
    return best if enough else None


@cache
def _small_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
