"""A page of a wiki brought to the form of a fiche: its own words, plain defaults, and what is missing told."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from assistance.errors import ContentError, Fault
from assistance.fiche import SECTIONS, THEMES, VOIES, parse_fiche
from assistance.french import fold
from assistance.plain_text import plain_text
from knowledge_base.repository import FicheFile

MAX_SLUG, MAX_SUMMARY, MAX_SMS = 80, 200, 300  # as in the table, and as a fiche is checked
MAX_BRIEF = 2_000  # characters of « En bref » that are read for them
REVIEW_AFTER = timedelta(days=182)
TEXTS = ("slug", "title", "theme", "operateur", "summary", "source_url", "cout", "delai", "recours", "sms")
LISTS = ("publics", "territoire", "related", "lieux_kinds", "questions", "mots")
DATES = ("written_on", "review_after")
TABLES = ("numeros", "montants", "delais")
OTHERS = ("reserve_aux_professionnels", "numeros")
TAKEN = frozenset({*TEXTS, *LISTS, *DATES, *VOIES, *OTHERS})  # heads of a page that a fiche has a place for
# A fiche read again or checked is so by a person, here; amounts and legal delays need their day and their source.
LEFT_OUT = frozenset({"statut", "valide_par", "valide_le", "checked_on", "montants", "delais"})
DEFAULTS: Mapping[str, str] = yaml.safe_load(Path(__file__).with_name("draft_defaults.yml").read_text(encoding="utf-8"))

_DAYS = re.compile(r"^(?:written_on|review_after): \d{4}-\d\d-\d\d\n", re.MULTILINE)
_SECTION_NAMES = {fold(name): name for name in SECTIONS}
_THEME_NAMES = {fold(name): key for key, name in THEMES.items()}


@dataclass(frozen=True)
class WikiPage:
    """A page as it was read: its head by the names of a fiche's fields, its text in Markdown."""

    path: str
    line: int
    head: Mapping[str, str]
    text: str
    left_out: tuple[str, ...] = ()  # what the page holds that no fiche does: images, tables


@dataclass(frozen=True)
class Draft:
    """A fiche as far as its page says it; it may be served once there is no fault."""

    path: str
    line: int
    slug: str
    document: str
    told: tuple[str, ...]  # what whoever reads it again must know: defaults, what was left out
    faults: tuple[str, ...] = field(default=())

    def as_faults(self) -> list[Fault]:
        return [Fault(self.path, self.line, f"{self.slug or 'page sans titre'} : {reason}") for reason in self.faults]


def draft_fiche(page: WikiPage, today: date) -> Draft:
    """Return the fiche that `page` makes, checked like any fiche."""
    before, sections = split_sections(page.text)
    head, told = _head(page.head, sections, today)
    told += [f"laissé de côté : {what}" for what in page.left_out]
    document = _document(head, before, sections)
    return Draft(page.path, page.line, head["slug"], document, tuple(told), _faults(document))


def _faults(document: str) -> tuple[str, ...]:
    try:
        parse_fiche(document, "")
    except ContentError as error:
        return tuple(fault.reason for fault in error.faults)
    return ()


def check_drafts(drafts: Iterable[Draft], stored: Mapping[str, str]) -> list[FicheFile]:
    """Return the fiches of `drafts`; `stored` are the documents there already, by slug.

    A page imported again as it was keeps the day it was first written. Raises ContentError naming every fault.
    """
    drafts = list(drafts)
    slugs = {*stored, *(draft.slug for draft in drafts)}
    faults, files, seen = list[Fault](), list[FicheFile](), dict[str, Draft]()
    for draft in drafts:
        faults += draft.as_faults()
        if first := seen.get(draft.slug):
            faults.append(Fault(draft.path, draft.line, f"{draft.slug} : déjà écrite en {first.path}:{first.line}"))
        seen.setdefault(draft.slug, draft)
        if draft.faults:
            continue
        document = _as_before(draft.document, stored.get(draft.slug, ""))
        fiche = parse_fiche(document, draft.path)
        strangers = [slug for slug in fiche.related if slug not in slugs]
        faults += [Fault(draft.path, draft.line, f"{draft.slug} : fiche « {slug} » inconnue") for slug in strangers]
        files.append(FicheFile(fiche, document))
    if faults:
        raise ContentError(faults)
    return files


def _as_before(document: str, stored: str) -> str:
    """Return the stored document when the new one says the same, but for its days."""
    return stored if _DAYS.sub("", document) == _DAYS.sub("", stored) else document


def section_named(heading: str) -> str | None:
    """The section of a fiche that a heading names, in any spelling."""
    return _SECTION_NAMES.get(fold(heading))


def split_sections(text: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first section, and the sections in their order on the page.

    A heading of any level that names a section of a fiche opens it; another of the first two levels opens a section
    that no fiche has, for the check to tell.
    """
    title, parts = "", dict[str, list[str]]({"": []})
    for line in text.split("\n"):
        level, words = _heading(line.strip())
        named = section_named(words) if level else None
        if named or 0 < level <= 2:
            title = named or words
            parts.setdefault(title, [])
        else:
            parts[title].append(f"### {words}" if level else line)
    texts = {name: "\n".join(lines).strip() for name, lines in parts.items()}
    return texts.pop(""), texts


def _heading(line: str) -> tuple[int, str]:
    """The level and the words of a heading, as in Markdown (`## Nom`) or MediaWiki (`== Nom ==`); else 0 and ""."""
    mark = line[:1]
    level = len(line) - len(line.lstrip(mark)) if mark in ("#", "=") else 0
    words = line.strip(mark).strip() if level else ""
    is_one = line[level : level + 1] == " " if mark == "#" else level >= 2 and line.endswith("==")
    return (level, words) if words and is_one and level <= 6 else (0, "")


def _head(said: Mapping[str, str], sections: Mapping[str, str], today: date) -> tuple[dict[str, Any], list[str]]:
    """Return the head of the fiche, and what was filled in."""
    head: dict[str, Any] = {name: " ".join(said.get(name, "").split()) for name in TEXTS}
    head["slug"] = head["slug"] or "-".join(fold(head["title"]).split())[:MAX_SLUG].strip("-")
    head["theme"] = _THEME_NAMES.get(fold(head["theme"]), head["theme"])
    told = _fill_in(head, plain_text(sections.get("En bref", "")[:MAX_BRIEF]))
    head |= {name: _items(said.get(name, "")) for name in LISTS}
    head["territoire"] = head["territoire"] or ["62"]
    head |= {"statut": "amorce", "valide_par": None, "valide_le": None, "checked_on": None}
    head["written_on"] = _day(said.get("written_on")) or today
    written_on = head["written_on"] if isinstance(head["written_on"], date) else today
    head["review_after"] = _day(said.get("review_after")) or written_on + REVIEW_AFTER
    head["voies"] = {voie: said.get(voie, "").strip() or None for voie in VOIES}
    head["reserve_aux_professionnels"] = said.get("reserve_aux_professionnels", "").strip()
    head |= dict.fromkeys(TABLES, ()) | {"numeros": [_number(one) for one in _items(said.get("numeros", ""))]}
    told += [f"« {name} » laissé de côté" for name in sorted(LEFT_OUT & said.keys()) if said[name].strip()]
    return head | {name: list(head[name]) for name in TABLES}, told


def _fill_in(head: dict[str, Any], brief: str) -> list[str]:
    """Fill in what the page does not say, by its own words or by a text that claims nothing; return what was."""
    told = [f"« {name} » : texte par défaut" for name in DEFAULTS if not head[name]]
    head |= {name: head[name] or text for name, text in DEFAULTS.items()}
    for name, most in (("summary", MAX_SUMMARY), ("sms", MAX_SMS)):
        if not head[name] and brief:
            head[name] = textwrap.shorten(brief, most, placeholder=" …")
            told.append(f"« {name} » : repris de « En bref »")
    return told


def _items(cell: str) -> list[str]:
    return [item for part in re.split(r"[|\n]", cell) if (item := " ".join(part.split()))]


def _day(written: str | None) -> date | str:
    """The day, or what is written instead, for the check to tell."""
    text = (written or "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _number(written: str) -> dict[str, str]:
    number, _, label = written.partition(":")
    return {"number": number.strip(), "label": label.strip()}


def _document(head: Mapping[str, Any], before: str, sections: Mapping[str, str]) -> str:
    """The Markdown of a fiche: every section it needs, empty where the page has none, then whatever else it has."""
    written = yaml.safe_dump(dict(head), allow_unicode=True, sort_keys=False, width=1_000)
    names = [*SECTIONS, *(name for name in sections if name not in SECTIONS)]
    parts = [*([before] if before else []), *(f"## {name}\n{sections.get(name, '')}".strip() for name in names)]
    return f"---\n{written}---\n" + "\n\n".join(parts) + "\n"
