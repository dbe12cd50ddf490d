"""Stored messages, fiches and places as the chat API shows them (design §5.1)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from assistance.fiche import Fiche
from assistance.lieu import Commune, Lieu
from gateway.dialogue.place_words import PlaceWords
from gateway.inbox.records import StoredMessage
from gateway.knowledge import Edition
from knowledge_base.communes import CommuneFinder
from knowledge_base.official_page import OfficialPage


@dataclass(frozen=True)
class Views:
    """Turns references into cards; a fiche or place gone meanwhile is left out."""

    communes: CommuneFinder
    words: PlaceWords

    def message(self, message: StoredMessage, edition: Edition | None, now: datetime) -> dict[str, Any]:
        content = message.content
        return {
            "seq": message.seq,
            "at": message.at.isoformat(),
            "sender": message.sender,
            "text": message.text,
            "choices": [
                {"id": f"{message.seq}.{rank}", "title": choice["title"]}
                for rank, choice in enumerate(content.get("choices", ()))
            ],
            "fiches": self._cards(content.get("fiches", ()), edition, now.date()),
            "lieux": self.lieux(content.get("lieux", ()), content.get("origin"), edition, now),
            "danger": content.get("danger"),
            "urgent": content.get("urgent", []),
            "handoff": content.get("handoff"),
            "official": self._official(content.get("official", ()), edition),
        }

    def _cards(self, slugs: list[str], edition: Edition | None, today: date) -> list[dict[str, Any]]:
        if edition is None:
            return []
        return [card(edition.fiches[slug], today) for slug in slugs if slug in edition.fiches]

    def _official(self, ids: Sequence[str], edition: Edition | None) -> list[dict[str, Any]]:
        pages = (edition.official.get(page_id) for page_id in ids) if edition else ()
        return [official_view(page) for page in pages if page is not None]

    def lieux(
        self, ids: Sequence[str], origin: str | None, edition: Edition | None, now: datetime
    ) -> list[dict[str, Any]]:
        if edition is None:
            return []
        commune = self.communes.by_code(origin) if origin else None
        found = (edition.locator.by_id(place, now, commune) for place in ids)
        return [self.lieu(lieu, now) for lieu in found if lieu is not None]

    def lieu(self, lieu: Lieu, now: datetime) -> dict[str, Any]:
        """Lieu of design §5.1; `opening_text` says in French whether it is open."""
        view = asdict(lieu)
        for name in ("closes_at", "next_opening"):
            view[name] = view[name].isoformat() if view[name] else None
        view["source_date"] = str(lieu.source_date) if lieu.source_date else None
        view["opening_text"] = self.words.opening(lieu, now)
        return view


def card(fiche: Fiche, today: date) -> dict[str, Any]:
    """FicheCard of design §5.1."""
    return {
        "slug": fiche.slug,
        "title": fiche.title,
        "summary": fiche.summary,
        "url": f"/fiches/{fiche.slug}",
        "source_url": fiche.source_url,
        "statut": fiche.statut,
        "checked_on": _day(fiche.checked_on),
        "stale": fiche.is_stale(today),
        "numbers": [asdict(number) for number in fiche.numeros],
    }


def fiche_view(fiche: Fiche, today: date) -> dict[str, Any]:
    """The whole fiche but for what is reserved to professionals."""
    return {
        **card(fiche, today),
        "theme": fiche.theme,
        "publics": fiche.publics,
        "operateur": fiche.operateur,
        "territoire": fiche.territoire,
        "written_on": _day(fiche.written_on),
        "valide_par": fiche.valide_par,
        "valide_le": _day(fiche.valide_le),
        "review_after": _day(fiche.review_after),
        "related": fiche.related,
        "lieux_kinds": fiche.lieux_kinds,
        "voies": {voie: value or None for voie, value in fiche.voies.items()},
        "cout": fiche.cout,
        "delai": fiche.delai,
        "recours": fiche.recours,
        "mots": fiche.mots,
        "sms": fiche.sms,
        "montants": [_dated(item) for item in fiche.montants],
        "delais": [_dated(item) for item in fiche.delais],
        "sections": fiche.sections,
    }


def commune_view(commune: Commune) -> dict[str, Any]:
    return {"code_insee": commune.code_insee, "nom": commune.nom, "codes_postaux": list(commune.codes_postaux)}


def official_view(page: OfficialPage) -> dict[str, Any]:
    """A page of the State's site, as it describes it."""
    return {**asdict(page), "updated_on": _day(page.updated_on)}


def unsaved_message(text: str, content: dict[str, Any]) -> StoredMessage:
    """A message that could not be stored, or must not be: shown once, without number."""
    return StoredMessage(0, datetime.now(UTC), "assistant", text, content, None, False, None)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _dated(item: Any) -> dict[str, Any]:
    return {"value": item.value, "from": item.since.isoformat(), "source": item.source}
