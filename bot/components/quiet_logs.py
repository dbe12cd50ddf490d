"""Logs that say where something happened, never what a citizen wrote.

Rasa writes the message it failed on, and local variables of a traceback hold it too; so does the action server,
whose error reply carries the whole request. Here a line keeps its level, logger, place in the code and
names of exceptions; words are kept only from the loggers below, which speak of start-up and never of a message.
"""

import json
import logging
import sys
import traceback
import warnings
from typing import Any, MutableMapping, Optional, Tuple

# Their messages at INFO tell an operator that the service is up; none is given a message, a tracker or a slot.
SPEAKING_LOGGERS = (
    "root",
    "rasa.core.run",
    "rasa.core.agent",
    "rasa.engine.training.hooks",
    "rasa_sdk.endpoint",
    "bot.",
    "actions.",
    "sanic.root",
)
CHOSEN_FIELDS = ("event", "level")

_plain_factory = logging.getLogRecordFactory()


def install() -> None:
    """Make this process log by allow-list; safe to call more than once."""
    logging.setLogRecordFactory(make_quiet_record)
    warnings.showwarning = show_quiet_warning
    _quiet_structlog()


def make_quiet_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Build a log record, then drop its words unless its logger is one that speaks of start-up."""
    record = _plain_factory(*args, **kwargs)
    trace = describe_exception(record.exc_info)
    if record.exc_info or not _may_speak(record):
        place = f"{record.name}:{record.funcName}:{record.lineno}"
        record.msg, record.args = f"{place} {trace}".strip(), ()
    record.exc_info = None
    record.exc_text = None
    record.stack_info = None
    return record


def _may_speak(record: logging.LogRecord) -> bool:
    return isinstance(record.msg, Vetted) or record.name.startswith(SPEAKING_LOGGERS)


def describe_exception(exc_info: Any) -> str:
    """Return the chain of exception types and the innermost place of each, without their messages."""
    error: Optional[BaseException] = exc_info[1] if isinstance(exc_info, tuple) else None
    if error is None:
        return ""
    links = []
    while error is not None and len(links) < 5:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"
        links.append(f"{type(error).__name__} at {place}")
        error = error.__cause__ or error.__context__
    return " <- ".join(links)


def show_quiet_warning(
    message: Any, category: type, filename: str, lineno: int, file: Any = None, line: Optional[str] = None
) -> None:
    """Print the kind and the place of a warning: some of Rasa's quote the message they were given."""
    print(f"warning {category.__name__} at {filename.rsplit('/', 1)[-1]}:{lineno}", file=file or sys.stderr)


class Vetted(str):
    """A line whose every field was chosen here."""


def keep_chosen_fields(_: Any, method: str, event: MutableMapping[str, Any]) -> Vetted:
    """The last of structlog's processors: the name of the event, its level, the types of its exception."""
    kept = {name: event[name] for name in CHOSEN_FIELDS if name in event}
    trace = describe_exception(_exc_info_of(event, method))
    return Vetted(json.dumps({**kept, "exception": trace} if trace else kept, default=str))


def _exc_info_of(event: MutableMapping[str, Any], method: str) -> Tuple[Any, Any, Any]:
    given = event.get("exc_info")
    if isinstance(given, tuple):
        return given
    return sys.exc_info() if given or method == "exception" else (None, None, None)


def _quiet_structlog() -> None:
    structlog = sys.modules.get("structlog")
    if structlog is None:  # the action server does not use it
        return
    # Loggers made before share this very list: it is changed in place, so that they follow.
    processors = structlog.get_config()["processors"]
    if keep_chosen_fields not in processors:
        processors[:] = [structlog.processors.add_log_level, keep_chosen_fields]
