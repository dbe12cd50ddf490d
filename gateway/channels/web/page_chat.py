"""The chat as a form: the same turns as the API, the conversation's key in a cookie, no script needed."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from assistance.intake import take_in
from assistance.lieu import Lieu
from assistance.reply import Answer
from gateway.channels.web import api
from gateway.channels.web.page_frame import page_texts, render
from gateway.channels.web.policy import Policy, api_route
from gateway.channels.web.views import unsaved_message
from gateway.channels.web.welcome import welcome
from gateway.errors import ApiError
from gateway.inbox.records import StoredMessage
from gateway.logs import log
from gateway.services import SERVICES, Services

COOKIE, COOKIE_PATH = "proche_chat", "/chat"
LAST_SHOWN = 30  # messages of a long conversation that are shown at first
MAX_PREFILL = 300
DATABASE_AWAY = (SQLAlchemyError, OSError, TimeoutError)

routes: list[web.RouteDef] = []


@dataclass(frozen=True)
class Key:
    """What opens a conversation; the value of the cookie."""

    conversation_id: str
    token: str

    @classmethod
    def of(cls, request: web.Request) -> "Key | None":
        conversation_id, _, token = request.cookies.get(COOKIE, "").partition(".")
        return cls(conversation_id, token) if conversation_id and token and len(token) <= 200 else None

    def set_on(self, response: web.StreamResponse, secure: bool) -> None:
        response.set_cookie(
            COOKIE, f"{self.conversation_id}.{self.token}", path=COOKIE_PATH, httponly=True, samesite="Strict",
            secure=secure,
        )  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """One sending of the form."""

    text: str
    choice: str
    client_id: str

    @property
    def body(self) -> dict[str, str]:
        said = {"choice": self.choice} if self.choice else {"text": self.text}
        return {"client_id": self.client_id, **said}


def new_form_id() -> str:
    return secrets.token_urlsafe(12)


@api_route(routes, "GET", "/chat", Policy.PUBLIC)
async def show_chat(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    notice = page_texts(request)["chat"]["erased"] if "efface" in request.query else ""
    typed = take_in(request.query.get("texte", ""))[:MAX_PREFILL]
    return await _page(request, typed=typed, notice=notice)


@api_route(routes, "POST", "/chat", Policy.PUBLIC)
async def post_chat(request: web.Request) -> web.Response:
    """One turn by the form; whatever is refused, danger is answered and what was typed is kept."""
    services = request.app[SERVICES]
    turn = await _read_turn(request)
    safety = services.safety.hear(take_in(turn.text), datetime.now(UTC)) if not turn.choice else []
    try:
        if not comes_from_here(request):
            raise ForeignFormError
        key = await _say(services, request, turn, safety)
    except ForeignFormError:
        return await _refuse(request, 403, page_texts(request)["chat"]["foreign"], turn, safety)
    except ApiError as error:
        message = services.wording.error(error.code, **error.fields)
        return await _refuse(request, error.status, message, turn, safety, error.headers)
    except DATABASE_AWAY as error:
        log.error("message not stored", exc_info=error)
        message = services.wording.error("unavailable")
        return await _refuse(request, 503, message, turn, safety, {hdrs.RETRY_AFTER: "5"})
    if key is None:
        return _leave_for("/chat?efface")
    response = web.Response(status=303, headers={hdrs.LOCATION: "/chat#question"})
    if key != Key.of(request):
        key.set_on(response, secure=services.settings.public_url.startswith("https:"))
    return response


def _leave_for(address: str) -> web.Response:
    """Go to `address` without the conversation's key."""
    response = web.Response(status=303, headers={hdrs.LOCATION: address})
    response.del_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Strict")
    return response


@api_route(routes, "POST", "/chat/effacer", Policy.PUBLIC)
async def erase_chat(request: web.Request) -> web.Response:
    return await _erase_then_go(request, "/chat?efface")


@api_route(routes, "POST", "/chat/quitter", Policy.PUBLIC)
async def leave_chat(request: web.Request) -> web.Response:
    """Leave at once: the conversation is erased, its key with it."""
    return await _erase_then_go(request, "/quitter")


async def _erase_then_go(request: web.Request, address: str) -> web.Response:
    key, services = Key.of(request), request.app[SERVICES]
    if key is not None and comes_from_here(request):
        try:
            await api.check_token(services, key.conversation_id, key.token)
            await api.erase(services, key.conversation_id)
        except ApiError:
            pass  # gone already
        except DATABASE_AWAY as error:
            log.error("conversation not erased", exc_info=error)
            if address != "/quitter":
                raise ApiError(503, "unavailable", {hdrs.RETRY_AFTER: "5"}) from error
    return _leave_for(address)


@api_route(routes, "GET", "/quitter", Policy.PUBLIC)
async def leave(request: web.Request) -> web.Response:
    """A page that says nothing of this site and goes on to a neutral one."""
    response = render(request, "quitter.html", cached=False)
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    response.del_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Strict")
    return response


async def hear(services: Services, text: str) -> list[dict[str, Any]]:
    """The safety messages that `text`, written in a search box, calls for."""
    answers = services.safety.hear(take_in(text), datetime.now(UTC))
    return await api.show(services, [_unsaved(answer) for answer in answers])


class ForeignFormError(Exception):
    """The form was sent from another site."""


def comes_from_here(request: web.Request) -> bool:
    """Whether a form was sent from this site.

    Browsers too old to say so do send `SameSite=Strict` cookies to this site only, and pages sent with
    `Referrer-Policy: no-referrer` post with the origin "null".
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get(hdrs.ORIGIN, "null")
    own = {request.host, urlsplit(request.app[SERVICES].settings.public_url).netloc}
    return origin == "null" or urlsplit(origin).netloc in own


async def _read_turn(request: web.Request) -> Turn:
    """The fields of the form; a body that is no form is an empty message.

    The same form sent twice (a double click) is one message; another text in it is another message.
    """
    form: Mapping[str, Any] = {}
    with suppress(ValueError, LookupError):  # bytes that are no text, a charset nobody knows
        form = await request.post()
    fields = {name: value for name in ("text", "choice", "form") if isinstance(value := form.get(name, ""), str)}
    text, choice = fields.get("text", ""), fields.get("choice", "")
    said = f"{fields.get('form') or new_form_id()}\n{choice or text}".encode("utf-8", "replace")
    return Turn(text, choice, hashlib.sha256(said).hexdigest()[:32])


async def _say(services: Services, request: web.Request, turn: Turn, safety: Sequence[Answer]) -> Key | None:
    """Give the turn to the conversation of the cookie, or to a new one when there is none any more.

    Return its key, None when the person has asked to erase it. Raises ApiError, and what the database raises.
    """
    key = Key.of(request)
    if key is not None:
        try:
            return await _say_in(services, request, key, turn, safety)
        except ApiError as error:
            if error.status != 404:
                raise
    await services.limits.check_new_conversation(request)
    if turn.choice:
        raise ApiError(422, "unknown_choice")
    if not take_in(turn.text):
        raise ApiError(422, "empty_text")
    async with asyncio.timeout(api.STORE_S):
        conversation_id, token, _ = await services.conversations.open("web", welcome(services))
    return await _say_in(services, request, Key(conversation_id, token), turn, safety)


async def _say_in(
    services: Services, request: web.Request, key: Key, turn: Turn, safety: Sequence[Answer]
) -> Key | None:
    text = take_in(turn.text)
    await api.say(services, request, api.Post(key.conversation_id, key.token, turn.body, text, safety))
    is_erasing = not turn.choice and api.asks_to_erase(text)
    return None if is_erasing else key


async def _refuse(
    request: web.Request, status: int, problem: str, turn: Turn, safety: Sequence[Answer],
    headers: dict[str, str] | None = None,
) -> web.Response:  # fmt: skip
    if safety and status in (429, 503):
        status = 200  # a proxy may put its own page in place of an error: a danger is answered
    response = await _page(request, status, typed=turn.text[: api.MAX_TEXT * 2], problem=problem, safety=safety)
    response.headers.update(headers or {})
    return response


async def _page(
    request: web.Request, status: int = 200, *, typed: str = "", notice: str = "", problem: str = "",
    safety: Sequence[Answer] = (),
) -> web.Response:  # fmt: skip
    """The conversation of the cookie, or the welcome; then what could not be stored."""
    services = request.app[SERVICES]
    stored = await _list_stored(services, request)
    messages = stored or [_unsaved(welcome(services))]
    messages = messages + [_unsaved(answer) for answer in safety]
    shown = [
        message | {"lieux": list(map(_as_lieu, message["lieux"]))} for message in await api.show(services, messages)
    ]
    is_cut = len(shown) > LAST_SHOWN and "tout" not in request.query
    return render(
        request, "chat.html", status, cached=False, messages=shown[-LAST_SHOWN:] if is_cut else shown, is_cut=is_cut,
        is_stored=bool(stored), typed=typed, notice=notice, problem=problem, form_id=new_form_id(),
        asked=max((item["seq"] for item in shown if item["sender"] == "citizen"), default=0),
        answered=shown[-1]["sender"] != "citizen", now=datetime.now(UTC),
    )  # fmt: skip


async def _list_stored(services: Services, request: web.Request) -> list[StoredMessage]:
    """The stored messages of the cookie's conversation; none without one, or while the database is away."""
    key = Key.of(request)
    if key is None:
        return []
    try:
        await api.check_token(services, key.conversation_id, key.token)
        found: list[StoredMessage] = []
        while batch := await services.conversations.list_messages(key.conversation_id, found[-1].seq if found else 0):
            found += batch
        return found
    except ApiError:
        return []
    except DATABASE_AWAY as error:
        log.error("conversation not read", exc_info=error)
        return []


def _unsaved(answer: Answer) -> StoredMessage:
    """An answer shown without being stored: without buttons, which would lead nowhere."""
    return unsaved_message(answer.text, {"danger": answer.danger, "urgent": list(answer.urgent)})


def _as_lieu(view: dict[str, Any]) -> Lieu:
    """The place whose view this is."""
    moments = {name: view[name] and datetime.fromisoformat(view[name]) for name in ("closes_at", "next_opening")}
    return Lieu(**(view | moments))
