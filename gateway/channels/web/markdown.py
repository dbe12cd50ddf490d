"""The Markdown of fiches and page texts as HTML: a closed list of tags, no image, safe links only."""

import re
from collections.abc import Collection, Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from gateway.channels.web.page_words import dial, typeset

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h2", "h3", "h4", "a"}
_SAFE_LINK = re.compile(r"https://[^\s]+|tel:[+\d]+|/(?![/\\])[\w/-]*")

_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "code", "fence", "html_block", "html_inline"]
)


def to_html(markdown: str, numbers: Collection[str] = ()) -> Markup:
    """Return safe HTML; each of `numbers` said in the text becomes a `tel:` link.

    Links go to https, to a telephone number or to a page of this site; another link keeps its words alone.
    """
    tokens = _parser.parse(markdown)
    for token in tokens:
        if token.children:
            token.children = list(_dress(token.children, numbers))
    html = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, attribute_filter=_keep_safe_link,
        url_schemes={"https", "tel"}, link_rel="noreferrer",
    )  # fmt: skip
    return Markup(clean)  # noqa: S704 (cleaned the line above)


def _keep_safe_link(tag: str, attribute: str, value: str) -> str | None:
    return value if attribute != "href" or _SAFE_LINK.fullmatch(value) else None


def _dress(tokens: list[Token], numbers: Collection[str]) -> Iterator[Token]:
    """Typeset the words, and make links of the numbers that are not in a link yet."""
    links = 0
    for token in tokens:
        links += token.nesting if token.type.startswith("link_") else 0
        if token.type != "text":
            yield token
        elif links or not numbers:
            yield _text(typeset(token.content))
        else:
            yield from _with_numbers(token.content, numbers)


def _with_numbers(text: str, numbers: Collection[str]) -> Iterator[Token]:
    # "15" may count days: two digits are a telephone number only when the writer set them apart (**15**).
    said = [number for number in numbers if len(dial(number)) > 2 or number == text]
    either = "|".join(map(re.escape, sorted(said, key=len, reverse=True)))
    parts = re.split(rf"(?<!\d)(?<!\d )({either})(?!\d)(?! \d)", text) if said else [text]
    for rank, part in enumerate(parts):
        if rank % 2:
            yield Token("link_open", "a", 1, {"href": f"tel:{dial(part)}"})
            yield _text(typeset(part))
            yield Token("link_close", "a", -1)
        else:
            yield _text(typeset(part))


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
