"""Pages exported from a wiki: a CSV file, one page a row, or web pages, one a file."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from assistance.errors import ContentError, Fault
from assistance.french import fold
from knowledge_base.importers.cells import has_control
from knowledge_base.importers.fiche_draft import LEFT_OUT, TAKEN, Draft, WikiPage, draft_fiche, section_named
from knowledge_base.importers.source_file import open_source, read_markup, refuse
from knowledge_base.importers.table_items import read_table
from knowledge_base.importers.wiki_html import MAX_PAGE, WebPage

MAX_PAGES = 5_000
WEB_PAGES = (".html", ".htm")
_TEXT = "texte"
_ALIASES = {
    "titre": "title", "nom de la page": "title", "nom": "title", "resume": "summary", "description": "summary",
    "categorie": "theme", "source": "source_url", "adresse": "source_url", "url": "source_url",
    "operateurs": "operateur", "public": "publics", "mots cles": "mots", "keywords": "mots", "telephones": "numeros",
    "date": "written_on", "contenu": _TEXT, "content": _TEXT, "page": _TEXT, "corps": _TEXT,
}  # fmt: skip
_FIELDS = {fold(name): name for name in (*TAKEN, *LEFT_OUT, _TEXT)} | _ALIASES
_MARKUP = re.compile(r"<(?:p|h[1-6]|ul|ol|div|br|section|table)\b[^<>]*>", re.IGNORECASE)
_UNTOLD = {"viewport", "generator", "robots", "author", "color-scheme", "theme-color", "referrer"}  # of any web page


def read_table_of_pages(path: Path, today: date, max_mb: int) -> list[Draft]:
    """Read a CSV file. Raises ContentError for what is no table of pages; what a page lacks is told by its draft."""
    drafts = list[Draft]()
    with open_source(path, max_mb) as source:
        for item in read_table(source):
            if not drafts:
                _check_columns(path, item.values)
            if len(drafts) >= MAX_PAGES:
                raise refuse(path, item.number, f"plus de {MAX_PAGES} pages")
            cells = {name: str(value) for name, value in item.values.items()}
            drafts.append(draft_fiche(_page_of_row(path, item.number, cells), today))
    return drafts


def read_web_pages(path: Path, today: date, max_mb: int) -> list[Draft]:
    """Read one web page, or those of a folder. Raises ContentError for what is none; see `read_table_of_pages`."""
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in WEB_PAGES) if path.is_dir() else [path]
    if not 0 < len(files) <= MAX_PAGES:
        raise refuse(path, 1, f"de 1 à {MAX_PAGES} pages attendues, {len(files)} trouvées")
    drafts, faults = list[Draft](), list[Fault]()
    for file in files:
        try:
            drafts.append(draft_fiche(_page_of_file(file, max_mb), today))
        except ContentError as error:
            faults += error.faults
    if faults:
        raise ContentError(faults)
    return drafts


def _check_columns(path: Path, names: Iterable[str]) -> None:
    fields = {_FIELDS.get(fold(name)) for name in names}
    if "title" not in fields:
        raise refuse(path, 1, "aucune colonne « titre »")
    if _TEXT not in fields and not any(section_named(name) for name in names):
        raise refuse(path, 1, "aucune colonne « contenu », ni au nom d'une section de fiche (« En bref »…)")


def _page_of_row(path: Path, line: int, cells: Mapping[str, str]) -> WikiPage:
    head, left_out = _sort_out(cells)
    texts = [head.pop(_TEXT, ""), *(f"## {name}\n\n{cells[name]}" for name in cells if section_named(name))]
    pages = [WebPage(text) if _MARKUP.search(text) else None for text in texts]
    text = "\n\n".join(page.text if page else text for page, text in zip(pages, texts, strict=True))
    left_out += [what for page in pages if page for what in page.left_out]
    return _checked(WikiPage(str(path), line, head, text, tuple(dict.fromkeys(left_out))))


def _page_of_file(path: Path, max_mb: int) -> WikiPage:
    document = read_markup(path, max_mb)
    if len(document) > MAX_PAGE:
        raise refuse(path, 1, f"plus de {MAX_PAGE} caractères")
    page = WebPage(document)
    head, left_out = _sort_out({name: value for name, value in page.head.items() if name not in _UNTOLD})
    text, first = page.text, re.match(r"# (.+)(?:\n|$)", page.text)
    if first and not section_named(first[1]):  # the title as it is read, rather than as the tab shows it
        head.setdefault("title", first[1])
        text = text[first.end() :]
    head.setdefault("title", page.title)
    return _checked(WikiPage(str(path), 1, head, text, (*left_out, *page.left_out)))


def _sort_out(said: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return what is said by the names of a fiche's fields, and the names that are none of them."""
    head, strangers = dict[str, str](), list[str]()
    for name, value in said.items():
        known = _FIELDS.get(fold(name))
        if known and value.strip():
            head.setdefault(known, value)
        elif not known and not section_named(name) and value.strip():
            strangers.append(f"« {name[:40]} »")
    return head, strangers


def _checked(page: WikiPage) -> WikiPage:
    """Raise ContentError when a page holds characters no one types, which a head could not even be written with."""
    if any(has_control(text) for text in (*page.head.values(), page.text)):
        raise refuse(Path(page.path), page.line, "caractère de contrôle")
    return page
