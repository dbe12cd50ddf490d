"""A web page of a wiki as the Markdown of a fiche: headings, paragraphs, lists, strong words, links. Nothing else."""

import re
from html.parser import HTMLParser

import nh3

MAX_PAGE = 200_000  # characters; a long fiche has 5,000

_SILENT = {"script", "style", "template", "noscript", "nav", "header", "footer", "form", "iframe", "object", "svg"}
_TOLD = {"table": "tableau", "img": "image", "video": "vidéo", "audio": "son"}
_BLOCKS = {"p", "div", "section", "article", "main", "dl", "dt", "dd", "blockquote", "tr", "table"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_READ = {"title", "meta", "ul", "ol", "li", "br", "a", *_BLOCKS, *_HEADINGS, *_MARKS, *_TOLD}
_LINK = re.compile(r"(?:https?://|tel:|mailto:)[^\s()<>]+", re.IGNORECASE)


def _tidy(document: str) -> str:
    """The same page well formed, with the tags we read alone: a malicious one keeps the standard parser for minutes."""
    return nh3.clean(
        document, tags=_READ, clean_content_tags=_SILENT, link_rel=None,
        attributes={"a": {"href"}, "meta": {"name", "content"}}, url_schemes={"http", "https", "tel", "mailto"},
    )  # fmt: skip


class WebPage(HTMLParser):
    """Reads one page; `title`, `head` (what its <meta> say by name), `text` in Markdown, `left_out`."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.head: dict[str, str] = {}
        self.left_out: list[str] = []
        self._pieces: list[str] = []
        self._lists: list[str] = []
        self._href: str | None = None
        self._in_title = False
        self.feed(_tidy(document))
        self.close()

    @property
    def text(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if what := _TOLD.get(tag):
            self._tell(what)
        said = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = True
        elif tag == "meta" and said.get("name"):
            self.head[said["name"].strip().lower()] = said.get("content", "")
        elif tag in _HEADINGS:
            self._write(f"\n\n{'#' * int(tag[1])} ")
        elif tag in ("ul", "ol"):
            self._lists.append(tag)
            self._write("\n\n" if len(self._lists) == 1 else "")
        elif tag == "li":
            self._write("\n- " if self._lists[-1:] != ["ol"] else "\n1. ")
        elif tag == "br":
            self._write("\n")
        elif tag in _BLOCKS:
            self._open_block()
        elif tag in _MARKS:
            self._write(_MARKS[tag])
        elif tag == "a" and self._href is None and _LINK.fullmatch(said.get("href", "").strip()):
            self._href = said["href"].strip()
            self._write("[")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in ("ul", "ol"):
            del self._lists[-1:]
            self._write("\n\n" if not self._lists else "")
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._open_block()
        elif tag in _MARKS:
            self._write(_MARKS[tag])
        elif tag == "a" and self._href is not None:
            self._write(f"]({self._href})")
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        else:
            self._write(re.sub(r"\s+", " ", data))

    def _open_block(self) -> None:
        self._write("" if self._lists else "\n\n")  # a paragraph inside an item stays in it

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)

    def _tell(self, what: str) -> None:
        if what not in self.left_out:
            self.left_out.append(what)
