"""Pages of service-public.fr, from the XML files that the State publishes for others to link to (« co-marquage »).

Source of the names: DILA, Guide vos droits et démarches particuliers, schema Publication.xsd 3.x.
"""

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, ErrorHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.sax import parseString

from assistance.errors import ContentError, Fault
from knowledge_base.importers.source_file import read_markup, refuse
from knowledge_base.official_page import ADDRESS, OfficialPage

MAX_MB = 20  # of one file; the longest that is published has less than one
MAX_FILES = 20_000
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000
MAX_TITLE, MAX_THEME, MAX_SUMMARY = 300, 500, 400
AUDIENCE = "Particuliers"  # the one whose pages stand under ADDRESS

_ID = re.compile(r"F\d{1,8}")
_UPDATED = re.compile(r"(?:modified )?(\d{4}-\d\d-\d\d)")
_ENCODING = re.compile(r"<\?xml[^>]*\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_HOME = "Particuliers"  # the first step of every path
_TEXTS = {
    ("dc:title",), ("dc:description",), ("dc:date",), ("Audience",), ("FilDAriane", "Niveau"), ("Theme", "Titre"),
    ("DossierPere", "Titre"),
}  # fmt: skip
_INTRODUCTION = ("Introduction", "Texte")


@dataclass(frozen=True)
class OfficialReading:
    """What the files hold: pages, and names of files set aside with the reason."""

    pages: list[OfficialPage] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)


def read_official(path: Path, max_mb: int = MAX_MB) -> OfficialReading:
    """Read one XML file, or those of a folder. Raises ContentError naming every fault: all are read or none."""
    reading, faults, files = OfficialReading(), list[Fault](), dict[str, Path]()
    for file in _list_files(path):
        try:
            found = _read_page(file, max_mb)
        except ContentError as error:
            faults += error.faults
            continue
        if isinstance(found, str):
            reading.ignored.append((file.name, found))
            continue
        if first := files.get(found.id):
            faults.append(Fault(str(file), 1, f"la page {found.id} est déjà dans {first.name}"))
        files.setdefault(found.id, file)
        reading.pages.append(found)
    if not reading.pages and not faults:
        faults.append(Fault(str(path), 1, f"aucune page pour les particuliers{_counted(reading.ignored)}"))
    if faults:
        raise ContentError(faults)
    return reading


def _counted(ignored: Sequence[tuple[str, str]]) -> str:
    counts = Counter(reason for _, reason in ignored)
    return "".join(f" ; {count} : {reason}" for reason, count in counts.most_common(3))


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".xml")
    if not files:
        raise refuse(path, 1, "aucun fichier XML dans ce dossier")
    if len(files) > MAX_FILES:
        raise refuse(path, 1, f"plus de {MAX_FILES} fichiers")
    return files


def _read_page(path: Path, max_mb: int) -> OfficialPage | str:
    """Return the page of a file, or why it is none. Raises ContentError."""
    said = _parse(path, read_markup(path, max_mb))
    if said.root != "Publication":
        return "pas une publication"
    page_id = said.id
    if not page_id:
        raise refuse(path, 1, "<Publication> n'a pas d'attribut ID")
    if not _ID.fullmatch(page_id):
        return "dossier ou thème"
    if said.audience not in ("", AUDIENCE):
        return "pour un autre public que les particuliers"
    return _to_page(path, said)


def _to_page(path: Path, said: "_Said") -> OfficialPage:
    title, updated = said.text("dc:title"), _UPDATED.fullmatch(said.text("dc:date"))
    faults = []
    if not title:
        faults.append("<dc:title> manque")
    if len(title) > MAX_TITLE:
        faults.append(f"<dc:title> a plus de {MAX_TITLE} caractères")
    if not said.audience:
        faults.append("<Audience> manque")
    updated_on = _day(updated[1]) if updated else None
    if updated_on is None:
        faults.append("<dc:date> n'est pas « modified AAAA-MM-JJ »")
    if faults or updated_on is None:
        raise ContentError([Fault(str(path), 1, reason) for reason in faults])
    summary = said.text(*_INTRODUCTION) or said.text("dc:description")
    return OfficialPage(
        id=said.id, title=title, theme=_cut(" > ".join(said.path()), MAX_THEME), summary=_cut(summary, MAX_SUMMARY),
        url=ADDRESS + said.id, updated_on=updated_on, audience=AUDIENCE,
    )  # fmt: skip


def _cut(text: str, most: int) -> str:
    return textwrap.shorten(text, most, placeholder=" …")


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _parse(path: Path, document: str) -> "_Said":
    """Parse XML without entities, document type or anything outside the file. Raises ContentError."""
    encoding = _ENCODING.match(document)
    if encoding and encoding[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise refuse(path, 1, f"le fichier se dit en « {encoding[1][:20]} » : l'enregistrer en UTF-8")
    said = _Said()
    try:
        parseString(document.encode(), said, ErrorHandler(), forbid_dtd=True)
    except _ReadEnoughError:
        pass
    except DTDForbidden:
        raise refuse(path, 1, "le fichier a un type de document (<!DOCTYPE>) : refusé") from None
    except DefusedXmlException:
        raise refuse(path, 1, "le fichier a des entités ou renvoie à un autre fichier : refusé") from None
    except _TooMuchError as error:
        raise refuse(path, 1, str(error)) from None
    except SAXParseException as error:
        reason = f"le XML est mal formé ({error.getMessage()})"
        raise refuse(path, error.getLineNumber() or 1, reason) from None
    return said


class _ReadEnoughError(Exception):
    """What the file holds is no page."""


class _TooMuchError(Exception):
    """The file is not of the shape of a page."""


class _Said(ContentHandler):
    """Hears a document pass by and keeps the few texts a page is known by: memory does not grow with the file."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.id = ""
        self._path: list[str] = []
        self._elements = 0
        self._texts: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
        self._steps: list[str] = []  # the ids of the steps of the path

    def text(self, *path: str) -> str:
        """The first text at `path`, spaces made one; "" when there is none."""
        return next((" ".join("".join(pieces).split()) for pieces in self._texts.get(path, ())), "")

    @property
    def audience(self) -> str:
        """Whom the page is for; the first step of its path when it is not said."""
        return self.text("Audience") or next(iter(self._steps), "")

    def path(self) -> list[str]:
        """The names of the subjects this page stands under, the widest first."""
        steps = [" ".join("".join(pieces).split()) for pieces in self._texts.get(("FilDAriane", "Niveau"), ())]
        above = [name for name, step in zip(steps, self._steps, strict=True) if step not in (_HOME, self.id)]
        return [name for name in above or (self.text("Theme", "Titre"), self.text("DossierPere", "Titre")) if name]

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - named by SAX
        self._elements += 1
        self._path.append(name)
        if self._elements > MAX_ELEMENTS or len(self._path) > MAX_DEPTH:
            raise _TooMuchError(f"plus de {MAX_ELEMENTS} éléments, ou de {MAX_DEPTH} niveaux")
        if self._elements == 1:
            self.root, self.id = name, attrs.get("ID", "")
            if name != "Publication":
                raise _ReadEnoughError
        inside = tuple(self._path[1:])
        if inside in _TEXTS or inside == _INTRODUCTION:
            self._texts[inside].append([])
        if inside == ("FilDAriane", "Niveau"):
            self._steps.append(attrs.get("ID", ""))

    def endElement(self, name: str) -> None:  # noqa: N802 - named by SAX
        self._hear(" " if name in ("Titre", "Paragraphe", "Item", "Cellule") else "")
        self._path.pop()

    def characters(self, content: str) -> None:
        self._hear(content)

    def _hear(self, content: str) -> None:
        inside = tuple(self._path[1:3])
        kept = _INTRODUCTION if inside == _INTRODUCTION else tuple(self._path[1:])
        if kept in self._texts:
            self._texts[kept][-1].append(content)
