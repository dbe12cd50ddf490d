"""Work that Rasa 3.6.21 repeats at every action reply, done once.

Measured: of 45 ms of a custom action some 35 were a JSON schema re-checked against its own schema and a tree
of classes walked for every event. Another version of Rasa is left as it is.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Dict, Optional, Text, Type

import aiohttp
import rasa
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

logger = logging.getLogger(__name__)

PATCHED_VERSION = "3.6.21"
# Shorter than Sanic's own 5 s, so that a connection is never used while the action server closes it.
KEPT_CONNECTION_S = 3.0

_resolve_slowly = Event.resolve_by_type
_open_session = EndpointConfig.session
_event_classes: Dict[Text, Type[Event]] = {}
_installed = False


def install() -> None:
    """Patch Rasa in this process, once; another version than the one measured is only reported."""
    global _installed  # noqa: PLW0603 - one process, one Rasa
    if _installed:
        return
    _installed = True
    if rasa.__version__ != PATCHED_VERSION:
        logger.warning("Rasa %s is not %s: its action replies stay slow", rasa.__version__, PATCHED_VERSION)
        return
    RemoteAction._validate_action_result = check_action_reply  # type: ignore[method-assign]
    Event.resolve_by_type = staticmethod(find_event_class)  # type: ignore[method-assign]
    EndpointConfig.session = share_session  # type: ignore[method-assign]


_reply_schema = RemoteAction.action_response_format_spec()
_reply_validator = validator_for(_reply_schema)(_reply_schema)


def check_action_reply(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    """Return True for a reply of the expected shape; raises jsonschema.ValidationError as Rasa does."""
    error = best_match(_reply_validator.iter_errors(result))
    if error is not None:
        raise error
    return True


def find_event_class(type_name: Text, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
    """Return the class of an event by the name it is stored under; unknown names are left to Rasa."""
    if not _event_classes:
        # Rasa takes the first match of its walk; later ones must not replace it.
        for event_class in all_subclasses(Event):
            _event_classes.setdefault(event_class.type_name, event_class)
    found = _event_classes.get(type_name)
    return found if found is not None else _resolve_slowly(type_name, default)


class _KeptSession:
    """An `async with` that leaves the session open for the next call."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self.session

    async def __aexit__(self, *_: Any) -> None:
        return None


def share_session(self: EndpointConfig) -> Any:
    """Return one session per endpoint, instead of a new one, and a new connection, per call."""
    kept = self.__dict__.get("_kept_session")
    loop = asyncio.get_running_loop()
    if kept is None or kept.session.closed or self.__dict__["_kept_loop"] is not loop:
        session = _open_session(self)
        session._connector._keepalive_timeout = KEPT_CONNECTION_S
        kept = _KeptSession(session)
        self.__dict__.update(_kept_session=kept, _kept_loop=loop)
    return kept
