"""Finds official pages by the words of their titles, summaries and themes: apart from the one ranking of subjects.

It reads, weighs and narrows as the search of fiches does; it says nothing of how sure it is, since nothing is answered
from it: these are links to the State's site.
"""

from collections.abc import Iterable, Mapping, Sequence

from knowledge_base.candidates import Candidates
from knowledge_base.official_page import OfficialPage
from knowledge_base.reading import Reader, Reading
from knowledge_base.weighing import FIELD_WEIGHTS, unknown_weight, weigh

TEXT_LIMIT = 500  # characters of a query that are read
MOST_TERMS = 24  # rarest terms of a query that pages are looked for with
CANDIDATES = 40  # pages that are weighed
NAMED = 0.9  # of what was asked, the least that the title of a page named must hold
NAMED_TITLE = 0.4  # of a title, the least that must be asked for
LEAST_COVER = 0.5  # of what was asked, the least that a page shown must hold


class OfficialIndex:
    """Built once from the pages of an edition and never changed."""

    def __init__(self, pages: Iterable[OfficialPage], place_words: frozenset[str] = frozenset()) -> None:
        """Index `pages`; `place_words` are the names of communes, in any spelling: they say where, not what."""
        self._pages = sorted(pages, key=lambda page: page.id)
        self._by_id = {page.id: page for page in self._pages}
        fields = [_fields(page) for page in self._pages]
        self._reader = Reader((), fields, place_words)
        read = [{name: [self._terms(text) for text in texts] for name, texts in one.items()} for one in fields]
        self._weights, self._gains = weigh(read)
        self._candidates = Candidates(read)

    def __len__(self) -> int:
        return len(self._pages)

    def search(self, text: str, limit: int = 5) -> list[OfficialPage]:
        """Return the pages that hold most of what `text` asks, the nearest first; there may be none."""
        asked = self._terms(text[:TEXT_LIMIT]).marks
        rarest = sorted(asked.keys() & self._weights.keys(), key=lambda term: (-self._weights[term], term))[:MOST_TERMS]
        if not rarest:
            return []
        needed = LEAST_COVER * self._weight_of(asked)
        points = {
            number: sum(asked[term] * self._gains[term].get(number, 0.0) for term in rarest)
            for number in self._candidates.find(rarest, CANDIDATES)
            if self._weight_of({term: asked[term] for term in rarest if number in self._gains[term]}) >= needed
        }
        best = sorted(points, key=lambda number: (-points[number], number))
        return [self._pages[number] for number in best[:limit]]

    def get(self, page_id: str) -> OfficialPage | None:
        return self._by_id.get(page_id)

    def named(self, text: str) -> OfficialPage | None:
        """Return the page whose title `text` says, and says nothing else; None when no title is so clearly meant."""
        found = self.search(text, limit=1)
        if not found:
            return None
        asked, title = self._terms(text[:TEXT_LIMIT]).marks, self._terms(found[0].title).marks
        common = self._weight_of({term: sureness for term, sureness in asked.items() if term in title})
        is_named = common >= NAMED * self._weight_of(asked) and common >= NAMED_TITLE * self._weight_of(title)
        return found[0] if is_named else None

    def _terms(self, text: str) -> Reading:
        """Read `text` for its single terms: titles are short, and no page is answered for how it is worded."""
        read = self._reader.read(text)
        return Reading({term: read.marks[term] for term in read.terms}, read.terms)

    def _weight_of(self, asked: Mapping[str, float]) -> float:
        return sum(sureness * (self._weights.get(term) or unknown_weight(term)) for term, sureness in asked.items())


def _fields(page: OfficialPage) -> dict[str, Sequence[str]]:
    said = {"title": page.title, "summary": page.summary, "theme": page.theme}
    return {name: [said[name]] if said.get(name) else [] for name in FIELD_WEIGHTS}
