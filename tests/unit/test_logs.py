"""A line of log is one JSON object made of chosen fields, whatever it is given (S14)."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from gateway import metrics
from gateway.logs import ALLOWED_FIELDS, configure_logs

CANARY = "perroquet-jaune"


@dataclass(frozen=True)
class Written:
    """What goes to standard error."""

    capture: pytest.CaptureFixture[str]

    def text(self) -> str:
        return self.capture.readouterr().err


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    handlers, level = logging.root.handlers[:], logging.root.level
    configure_logs("debug")
    yield Written(capsys)
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def read(written: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.split("\n") if line]


def test_a_field_that_is_not_allowed_is_dropped(log: Written) -> None:
    structlog.get_logger().info("turn", conversation="abc", text=CANARY, name=CANARY, token=CANARY, phone=CANARY)
    (line,) = read(log.text())
    assert line == {"event": "turn", "conversation": "abc", "level": "info", "timestamp": line["timestamp"]}


def test_no_field_is_made_for_what_a_person_says() -> None:
    assert not ALLOWED_FIELDS & {"text", "message", "name", "phone", "token", "address", "url", "path", "query", "body"}


def test_an_exception_is_its_type_and_its_places(log: Written) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
        structlog.get_logger().error("failed", exc_info=True)
    written = log.text()
    assert [line["error"] for line in read(written)] == ["ValueError", "ValueError"]
    assert CANARY not in written and "test_logs.py" in written


def test_a_librarys_message_is_never_repeated(log: Written) -> None:
    try:
        raise OSError(CANARY)
    except OSError:
        logging.getLogger("aiohttp.server").exception("Error handling %s", CANARY)
    logging.getLogger("sqlalchemy").warning(CANARY)
    written = log.text()
    assert CANARY not in written
    assert [line["event"] for line in read(written)] == ["log of aiohttp.server", "log of sqlalchemy"]


@pytest.mark.parametrize(
    "reason", ["a\nb", "a\r\nb", "\x1b[31mrouge", "\u2028", "\x85", "\x00", '"}\n{"event": "faux"}']
)
def test_no_text_makes_a_line_or_a_colour_of_its_own(log: Written, reason: str) -> None:
    structlog.get_logger().info("turn", reason=reason)
    written = log.text()
    assert written.count("\n") == 1 and written.isascii() and "\x1b" not in written and "\r" not in written
    assert read(written)[0]["reason"] == reason


def test_a_full_disk_loses_the_line_and_nothing_else(log: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.stderr, "write", refuse)
    structlog.get_logger().info("turn")


def test_metrics_have_labels_of_closed_lists_only() -> None:
    allowed = {"route", "status", "channel", "direction", "answered_by", "outcome", "level", "theme", "table"}
    for name in metrics.REGISTRY._names_to_collectors.values():
        assert set(getattr(name, "_labelnames", ())) <= allowed
