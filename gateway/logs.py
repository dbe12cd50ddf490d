"""Structured logs: only fields of the allow-list leave the process (test S14)."""

import logging
import sys
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

# A field not named here is dropped: message text, names, numbers, tokens and addresses have no field to travel in.
ALLOWED_FIELDS = frozenset({
    "event", "level", "timestamp", "request_id", "method", "route", "status", "ms", "conversation", "act",
    "answered_by", "outcome", "reason", "revision", "count", "theme", "rule", "port", "table", "error", "where",
    "attempt", "state",
})  # fmt: skip


def _keep_allowed(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: value for key, value in event.items() if key in ALLOWED_FIELDS}


def _describe_exception(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its type and the places it went through: its message may quote a citizen."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        event["where"] = _places(info[2])
    return event


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


class _ForeignFormatter(logging.Formatter):
    """Lines of libraries: logger and level, the exception's type, never the message, which may hold content."""

    def format(self, record: logging.LogRecord) -> str:
        event: structlog.typing.EventDict = {"event": f"log of {record.name}", "level": record.levelname.lower()}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        event = dict(_keep_allowed(None, "", _describe_exception(None, "", event)))
        return str(structlog.processors.JSONRenderer(ensure_ascii=True)(None, "", event))


class _ForgivingStream:
    """Standard error, that a full disk does not turn into a failure of what was being done: the line is lost."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure_logs(level: str) -> None:
    """Send our events and the libraries' warnings to standard error, one JSON object a line."""
    stream = _ForgivingStream()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_ForeignFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_exception,
            _keep_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, stream)),
    )


log = structlog.get_logger()
