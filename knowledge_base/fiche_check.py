"""Every fiche read again before it is served: the rules on one, and those between several."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from rapidfuzz import fuzz

from assistance.errors import Fault
from assistance.fiche import Fiche
from assistance.fiche_rules import Known, check_fiche
from assistance.french import fold
from assistance.written_fiche import Sentence, WrittenFiche
from knowledge_base.glossary import load_glossary
from knowledge_base.repository import read_fiches
from knowledge_base.search import SearchIndex
from knowledge_base.territory import Territory

MOST_SHARING = 3  # fiches that may say one sentence
SHORT_SENTENCE = 8  # words up to which a sentence may come back as often as it likes
SAME_BODY = 85  # percent of likeness


@dataclass(frozen=True)
class CheckReport:
    """What a check found. Only `faults` refuse; the other numbers count fiches."""

    count: int
    faults: tuple[Fault, ...]
    amorce: int  # written, not yet read by an agent
    unread: int  # never compared with their source
    due: int  # to be read again

    @property
    def told(self) -> str:
        return f"{self.amorce} en amorce, {self.unread} jamais comparée(s) à leur source, {self.due} à revoir."


def check_folder(folder: Path, glossary: Path, territory: Territory, today: date) -> CheckReport:
    """Read every fiche of `folder` against all rules. Raises ContentError when the glossary cannot be read."""
    files, faults = read_fiches(folder)
    written = [WrittenFiche(file.fiche, file.document, file.path) for file in files]
    numbers = frozenset("".join(filter(str.isdigit, number.number)) for number in territory.numbers)
    known = Known(numbers, load_glossary(glossary), frozenset(file.fiche.slug for file in files))
    for one in written:
        faults += check_fiche(one, known)
    places = frozenset(commune.nom for commune in territory.communes.values())
    faults += check_between(written, places)
    fiches = [file.fiche for file in files]
    return CheckReport(
        len(files), tuple(sorted(faults, key=lambda fault: (fault.path, fault.line))), *_count(fiches, today)
    )


def _count(fiches: Sequence[Fiche], today: date) -> tuple[int, int, int]:
    amorce = sum(fiche.statut == "amorce" for fiche in fiches)
    unread = sum(fiche.checked_on is None for fiche in fiches)
    return amorce, unread, sum(fiche.is_stale(today) for fiche in fiches)


def check_between(written: Sequence[WrittenFiche], places: frozenset[str]) -> list[Fault]:
    """Return the faults of fiches beside one another; `places` are names of communes, as SearchIndex takes them."""
    return [*repeated_sentences(written), *same_titles(written), *same_bodies(written), *stolen(written, places)]


def repeated_sentences(written: Sequence[WrittenFiche]) -> Iterator[Fault]:
    said: dict[str, dict[str, tuple[WrittenFiche, Sentence]]] = defaultdict(dict)
    for one in written:
        for sentence in one.sentences:
            words = fold(sentence.text)
            if sentence.section != "Où aller" and len(words.split()) > SHORT_SENTENCE:
                said[words].setdefault(one.path, (one, sentence))
    for places in said.values():
        if len(places) > MOST_SHARING:
            for one, sentence in places.values():
                reason = f"phrase écrite dans {len(places)} fiches, {MOST_SHARING} au plus : « {sentence.text} »"
                yield one.fault(sentence.line, reason)


def same_titles(written: Sequence[WrittenFiche]) -> Iterator[Fault]:
    """Slugs too: a slug is a file name, so two may differ by their hyphens alone."""
    for key, name in (("slug", "slug"), ("title", "titre")):
        counted = Counter(_squeezed(getattr(one.fiche, key)) for one in written)
        for one in written:
            value = getattr(one.fiche, key)
            if counted[_squeezed(value)] > 1:
                yield one.fault(one.line_of(key), f"{name} « {value} » déjà pris par une autre fiche")


def _squeezed(text: str) -> str:
    return fold(text).replace(" ", "")


def same_bodies(written: Sequence[WrittenFiche]) -> Iterator[Fault]:
    bodies = [fold("\n".join(one.fiche.sections.values())) for one in written]
    for (one, body), (other, other_body) in combinations(zip(written, bodies, strict=True), 2):
        likeness = fuzz.ratio(body, other_body, score_cutoff=SAME_BODY)
        if likeness:
            line = next((line for line, *_ in other.body), 1)
            yield other.fault(line, f"texte presque le même ({likeness:.0f} %) que {one.path}")


def stolen(written: Sequence[WrittenFiche], places: frozenset[str]) -> Iterator[Fault]:
    """A question of a fiche that brings another first: one of the two has the other's words."""
    index = SearchIndex([one.fiche for one in written], places)
    for one in written:
        for question in one.fiche.questions:
            hits = index.search(question, 1)
            if not hits or hits[0].slug != one.fiche.slug:
                thief = f"trouve d'abord « {hits[0].slug} »" if hits else "ne trouve rien"
                yield one.fault(one.line_of("questions", question), f"la question « {question} » {thief}")
