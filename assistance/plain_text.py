"""The Markdown of fiches as plain text, for chat and SMS."""

import re

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*)(?=\S)(.+?)(?<=\S)\1")
_HEADING = re.compile(r"^#{1,6}\s*", re.MULTILINE)
_BULLET = re.compile(r"^\s*[-*+]\s+", re.MULTILINE)


def plain_text(markdown: str) -> str:
    """Return `markdown` without its marks: bullets become "• ", a link keeps its words.

    >>> plain_text("- **Appelez** le [3230](tel:3230)")
    '• Appelez le 3230'
    """
    text = _LINK.sub(r"\1", markdown)
    text = _BULLET.sub("• ", text)
    text = _EMPHASIS.sub(r"\2", text)
    return _HEADING.sub("", text).strip()
