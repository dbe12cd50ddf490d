"""A fiche with the document it was read from: its sentences, and the line where each is written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from assistance.errors import Fault
from assistance.fiche import Fiche
from assistance.plain_text import plain_text


@dataclass(frozen=True)
class Sentence:
    """A sentence of the body, without Markdown; `line` is where its paragraph or list item starts."""

    section: str
    line: int
    text: str

    @property
    def longest(self) -> int:
        """Its words, or those of its longest parenthesis: what is between parentheses is read apart.

        A telephone number, an hour and words between « » count for one; "l'aide" and "rendez-vous" are one word.
        """
        apart = _PARENTHESIS.findall(self.text)
        return max(_count(text) for text in (_PARENTHESIS.sub(" ", self.text), *apart))


@dataclass(frozen=True)
class WrittenFiche:
    """A fiche, its Markdown document with the head, and its path as faults name it."""

    fiche: Fiche
    document: str
    path: str

    def fault(self, line: int, reason: str) -> Fault:
        return Fault(self.path, line, reason)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.document.split("\n"))

    @cached_property
    def body(self) -> tuple[tuple[int, str, str], ...]:
        """The lines of the body that are not blank: number, section, Markdown."""
        return tuple(self._read_body())

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the body. A list item is a block of its own, and so is a line after a finished one."""
        return tuple(
            Sentence(section, line, sentence)
            for line, section, text in self._read_blocks()
            for sentence in split_sentences(text)
        )

    @cached_property
    def shown(self) -> tuple[tuple[int, str], ...]:
        """What residents read, line by line as the page lays it out: title, summary, body, the rest of the head."""
        body = [(line, plain_text(text)) for line, _, text in self.body]
        before, after = ("title", "summary"), ("sms", "cout", "delai", "recours", "operateur")
        return (*self._texts_of(before), *body, *self._texts_of(after))

    def _texts_of(self, keys: Iterable[str]) -> Iterator[tuple[int, str]]:
        return ((self.line_of(key), getattr(self.fiche, key)) for key in keys)

    def line_of(self, key: str, item: str = "") -> int:
        """The line of a field of the head, or of the `item` that it lists; 1 when it is not there."""
        start = next((n for n, line in enumerate(self.lines, 1) if line.startswith(f"{key}:")), 1)
        following = enumerate(self.lines[start - 1 :], start)
        return next((n for n, line in following if item in line), start) if item else start

    def _read_body(self) -> Iterator[tuple[int, str, str]]:
        section = ""
        for number, line in enumerate(self.lines, 1):
            if line.startswith("## "):
                section = line[3:].strip()
            elif section and line.strip():
                yield number, section, line

    def _read_blocks(self) -> Iterator[tuple[int, str, str]]:
        first, inside, block = 0, "", ""
        last = 0
        for number, section, line in self.body:
            goes_on = number == last + 1 and not _LIST_ITEM.match(line) and not _FINISHED.search(block)
            if block and not goes_on:
                yield first, inside, block
            first, block = (first, f"{block} {line.strip()}") if block and goes_on else (number, line)
            inside, last = section, number
        if block:
            yield first, inside, block


def split_sentences(markdown: str) -> list[str]:
    """Return the sentences of a paragraph or of a list item, without marks.

    >>> split_sentences("1. Appelez M. Petit (**3230**). C'est gratuit !")
    ['Appelez M Petit (3230).', "C'est gratuit !"]
    """
    text = plain_text(_LIST_ITEM.sub("", markdown))
    text = _ABBREVIATION.sub(r"\1", text)
    return [found[0].strip() for found in _SENTENCE.finditer(text) if found[0].strip()]


def _count(text: str) -> int:
    text = _QUOTED.sub(" citation ", _HOUR.sub(" heure ", text))
    text = PHONE.sub(" numéro ", text)
    return sum(1 for word in text.split() if any(letter.isalnum() for letter in word))


# Ten digits, or as many as were mistyped after a first 0; then the short numbers.
PHONE = re.compile(
    r"(?<![\w/.,-])(?:0(?:[ .]?\d){9}(?!\d)|0(?:[ .]?\d){5,}|\+33(?: ?\d){9}"
    r"|11[68][ .]?\d{3}|3\d[ .]?\d\d|10\d\d|1[19]\d)(?![\w/-]|[ .,]\d{3}(?!\d))"
)
_HOUR = re.compile(r"\b\d{1,2} ?h(?: ?\d\d)?\b")
_QUOTED = re.compile(r"«[^»]*»")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_FINISHED = re.compile(r"[.!?…:;][\s*_»)]*$")
_ABBREVIATION = re.compile(r"\b(MM?|Dr|Me|St|Ste|ex|tél|art|env|p|etc(?=\.\s+[a-zà-ÿ(]))\.")
# A point ends a sentence before a space or the end; never inside « » or ( ).
_SENTENCE = re.compile(r"(?:«[^»]*»|\([^()]*\)|[^.!?…]|[.!?…](?=[^\s.!?…]))+[.!?…]*")
