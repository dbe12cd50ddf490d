"""The fiches and places as they are now: parsed and indexed once per revision of the database."""

import asyncio
from dataclasses import dataclass, field
from datetime import date

from assistance.errors import ContentError, FicheNotFoundError
from assistance.fiche import Fiche, parse_fiche
from gateway.database import Database
from gateway.logs import log
from knowledge_base.locator import Locator
from knowledge_base.official_page import OfficialPage
from knowledge_base.official_repository import fetch_official
from knowledge_base.official_search import OfficialIndex
from knowledge_base.place_record import PlaceChecks
from knowledge_base.place_repository import StoredPlace, fetch_places, parse_stored
from knowledge_base.repository import fetch_documents, fetch_revision
from knowledge_base.search import SearchIndex
from knowledge_base.territory import Territory


@dataclass(frozen=True)
class Edition:
    """All fiches, places and official pages of one revision, and what finds them."""

    revision: int
    fiches: dict[str, Fiche]
    index: SearchIndex
    locator: Locator
    official: OfficialIndex

    def get(self, slug: str) -> Fiche:
        """Raises FicheNotFoundError."""
        try:
            return self.fiches[slug]
        except KeyError:
            raise FicheNotFoundError(slug) from None

    def is_stale(self, slug: str, today: date) -> bool:
        return self.get(slug).is_stale(today)


@dataclass
class Knowledge:
    """Gives the edition of the moment: an edit published in the database answers the next message."""

    database: Database
    territory: Territory
    _edition: Edition | None = None
    _documents: dict[str, str] = field(default_factory=dict)
    _places: dict[str, StoredPlace] = field(default_factory=dict)
    _official: dict[str, OfficialPage] = field(default_factory=dict)
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> Edition:
        """The edition of the database's revision; the last good one while the database is away."""
        try:
            async with self.database.read() as connection:
                revision = await fetch_revision(connection)
        except Exception as error:
            if self._edition is None:
                raise
            log.warning("knowledge unreachable", error=type(error).__name__)
            return self._edition
        if self._edition is None or self._edition.revision != revision:
            async with self._loading:
                if self._edition is None or self._edition.revision != revision:
                    await self._load()
        assert self._edition is not None
        return self._edition

    @property
    def loaded(self) -> Edition | None:
        """The edition loaded last, without asking the database."""
        return self._edition

    async def _load(self) -> None:
        async with self.database.read() as connection:
            revision = await fetch_revision(connection)
            documents = await fetch_documents(connection)
            places = await fetch_places(connection)
            official = await fetch_official(connection)
        fiches = {}
        for slug, document in documents.items():
            fiche = self._parse(slug, document)
            if fiche is not None:
                fiches[slug] = fiche
        old, same_fiches = self._edition, self._edition is not None and self._edition.fiches == fiches
        index = old.index if old and same_fiches else await asyncio.to_thread(self._build_index, list(fiches.values()))
        locator = old.locator if old and places == self._places else await asyncio.to_thread(self._locate, places)
        known = old.official if old and official == self._official else await asyncio.to_thread(self._index, official)
        self._places, self._official = places, official
        self._edition = Edition(revision, fiches, index, locator, known)
        log.info("knowledge loaded", revision=revision, count=len(fiches))

    def _build_index(self, fiches: list[Fiche]) -> SearchIndex:
        return SearchIndex(fiches, self._place_words())

    def _index(self, official: dict[str, OfficialPage]) -> OfficialIndex:
        return OfficialIndex(official.values(), self._place_words())

    def _place_words(self) -> frozenset[str]:
        return frozenset(commune.nom for commune in self.territory.communes.values())

    def _locate(self, stored: dict[str, StoredPlace]) -> Locator:
        """A place that an edit has broken is left out: better no door than a wrong one."""
        codes = {*self.territory.communes, *(commune.code_insee for commune in self.territory.outside)}
        places, broken = parse_stored(stored.values(), PlaceChecks(codes, self.territory.communes))
        for place_id in broken:
            log.error("faulty place refused", reason=place_id)
        return Locator(self.territory, places)

    def _parse(self, slug: str, document: str) -> Fiche | None:
        """A fiche that an edit has broken keeps its last good text: one bad edit silences nobody."""
        if self._documents.get(slug) == document and self._edition and slug in self._edition.fiches:
            return self._edition.fiches[slug]
        try:
            fiche = parse_fiche(document, slug)
            if fiche.slug != slug:
                raise ContentError([])
        except ContentError:
            log.error("faulty fiche refused", reason=slug)
            return self._edition.fiches.get(slug) if self._edition else None
        self._documents[slug] = document
        return fiche
