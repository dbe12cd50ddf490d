"""What every page shares: templates, files, headers, and the page that says an error."""

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web

from assistance.fiche import LIEU_KINDS, THEMES
from assistance.french import fold
from assistance.wording import TEXTS, Wording
from gateway.channels.web.markdown import to_html
from gateway.channels.web.page_words import dial, say_day, say_host, say_km, say_sentence, typeset
from gateway.dialogue.place_words import of_commune
from gateway.errors import ApiError
from gateway.services import SERVICES

HERE = Path(__file__).parent
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LAYOUT = {  # what a reader of the source needs and a browser does not
    ".css": re.compile(rb"/\*.*?\*/\s*|\s+(?=[{}])|(?<=[{}:;,])\s+", re.DOTALL),
    ".js": re.compile(rb"^(?://[^\n]*\n|[ ]+)", re.MULTILINE),
    ".svg": re.compile(rb"\n"),
}
_PAGE_TEXTS: web.AppKey[Wording] = web.AppKey("page_texts", Wording)


@dataclass(frozen=True)
class StaticFile:
    """A file served under a name that holds its hash: it never changes."""

    body: bytes
    packed: bytes
    content_type: str


def load_static(folder: Path) -> dict[str, tuple[str, StaticFile]]:
    """Read the files of `folder`; return, by file name, the served name and the file."""
    found = {}
    for path in sorted(folder.iterdir()):
        body = _LAYOUT[path.suffix].sub(b"", path.read_bytes())
        digest = hashlib.sha256(body).hexdigest()[:12]
        file = StaticFile(body, gzip.compress(body, mtime=0), CONTENT_TYPES[path.suffix])
        found[path.name] = (f"{path.stem}.{digest}{path.suffix}", file)
    return found


STATIC = load_static(HERE / "static")
SERVED = dict(STATIC.values())


def set_up_frame(app: web.Application) -> None:
    """Prepare templates, filters and texts. A text missing from pages.yml fails the rendering, never shows a hole."""
    texts = Wording.load(TEXTS.with_name("pages.yml"))
    app[_PAGE_TEXTS] = texts
    environment = aiohttp_jinja2.setup(
        app, loader=jinja2.FileSystemLoader(HERE / "templates"), undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, default_helpers=False, filters=FILTERS,
    )  # fmt: skip
    environment.globals |= {
        "t": texts.texts, "themes": THEMES, "kinds": LIEU_KINDS, "asset": lambda name: f"/static/{STATIC[name][0]}",
    }  # fmt: skip


def spoken(message: Mapping[str, Any]) -> str:
    """The text of a message without the places it says line by line, when its cards show them all."""
    lines = message["text"].split("\n")
    others = [line for line in lines if not line.startswith("• ")]
    said_twice = message["lieux"] and len(lines) - len(others) == len(message["lieux"])
    return "\n".join(others) if said_twice else message["text"]


FILTERS: dict[str, Callable[..., str]] = {
    "spoken": spoken,
    "fr": typeset,
    "dial": dial,
    "fold": fold,
    "markdown": to_html,
    "day": say_day,
    "iso_day": lambda text: say_day(date.fromisoformat(text)),
    "sentence": say_sentence,
    "km": say_km,
    "host": say_host,
    "of_commune": of_commune,
}


def page_texts(request: web.Request) -> Any:
    """The texts of pages.yml: nested tables, lists and sentences."""
    return request.app[_PAGE_TEXTS].texts


def render(
    request: web.Request, template: str, /, status: int = 200, cached: bool = True, **context: Any
) -> web.Response:
    """Render a page. Caches may keep it a minute, unless its query tells what somebody looks for."""
    frame = {"operator": request.app[SERVICES].settings.operator_name, "path": request.path}
    response = aiohttp_jinja2.render_template(template, request, frame | context, status=status)
    response.enable_compression()
    response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
    if cached and status == 200 and not request.query_string:
        response.headers[hdrs.CACHE_CONTROL] = "public, max-age=60"
    return response


def error_page(request: web.Request, error: ApiError) -> web.Response | None:
    """The error as a page, for a browser that asked for a page; None for everybody else."""
    wants_page = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    if _PAGE_TEXTS not in request.app or request.path.startswith("/api/") or not wants_page:
        return None
    message = request.app[SERVICES].wording.error(error.code, **error.fields)
    response = render(request, "error.html", error.status, message=message, not_found=error.status == 404)
    response.headers.update(error.headers)
    return response
