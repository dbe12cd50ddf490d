"""The chat API of design §5.1: parse and check, hand over, show."""

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from assistance.fiche import LIEU_KINDS
from assistance.intake import clean, take_in
from assistance.opening_hours import PARIS
from assistance.reply import Answer
from gateway.answers import topic_of
from gateway.channels.web.policy import Policy, api_route
from gateway.channels.web.views import card, commune_view, fiche_view, official_view, unsaved_message
from gateway.channels.web.welcome import welcome
from gateway.errors import ApiError, error_response
from gateway.inbox.conversations import Incoming, UnknownChoiceError, UnknownConversationError
from gateway.inbox.records import Accepted, StoredMessage
from gateway.json_response import json_response
from gateway.logs import log
from gateway.metrics import DANGER, MESSAGES, TURNS
from gateway.safety_desk import is_card, is_yes_or_no
from gateway.services import SERVICES, Services

MAX_TEXT = 2_000
MAX_COMMENT = 255
MAX_QUERY = 2_000
WAIT_S = 10.0
STORE_S = 1.5  # a database that takes longer to store a message is away: danger is answered within 2 s (test V2)
SAID_TOGETHER = timedelta(minutes=15)  # two messages this near may tell one thing
ERASE_WORDS = frozenset({"effacer", "efface", "effacez", "effacer tout"})

routes: list[web.RouteDef] = []
Answered = asyncio.Future[list[StoredMessage]]
Stored = tuple[Accepted, Answered | None]
Fields = dict[str, type | tuple[type, ...]]  # names of a body to the types they may have


@api_route(routes, "POST", "/api/v1/conversations", Policy.PUBLIC)
async def open_conversation(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    body = await read_body(request, required={}, optional={"locale": str})
    if body.get("locale", "fr") != "fr":
        raise ApiError(422, "invalid_request")
    await services.limits.check_new_conversation(request)
    conversation_id, token, messages = await services.conversations.open("web", welcome(services))
    shown = await show(services, messages)
    return json_response({"id": conversation_id, "token": token, "messages": shown}, status=201)


@api_route(routes, "POST", "/api/v1/conversations/{id}/messages", Policy.CONVERSATION)
async def post_message(request: web.Request) -> web.Response:
    """Store a message and wait for its answers; whatever is refused, danger is answered (design §1.1)."""
    services = request.app[SERVICES]
    body = await read_object(request)
    text = take_in(said) if isinstance(said := body.get("text"), str) else ""
    safety: Sequence[Answer] = services.safety.hear(text, datetime.now(UTC))
    try:
        check_fields(body, required={"client_id": str}, optional={"text": str, "choice": str})
        post = Post(request.match_info["id"], bearer(request), body, text, safety)
        messages, status = await say(services, request, post)
    except ApiError as error:
        if error.status == 429 and not safety:
            safety = await _hear_beyond_limit(services, post)
        shown = await show(services, _unsaved(safety))
        if error.status in (429, 503) and shown:
            return json_response({"messages": shown})
        return error_response(error, services.wording, shown)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.error("message not stored", exc_info=error)
        if safety:
            return json_response({"messages": await show(services, _unsaved(safety))})
        raise ApiError(503, "unavailable", {"Retry-After": "5"}) from error
    return json_response({"messages": messages}, status=status)


@dataclass(frozen=True)
class Post:
    """A message as it came: `text` is taken in, `safety` what it calls for at once."""

    conversation_id: str
    token: str
    body: dict[str, Any]
    text: str
    safety: Sequence[Answer]


async def say(services: Services, request: web.Request, post: Post) -> tuple[list[dict[str, Any]], int]:
    """One turn of a conversation: return the messages that answer it, and the status (202: a mediator answers).

    Raises ApiError, and what the database raises.
    """
    _check_turn(post.body, post.text)
    if not services.accepting:
        raise ApiError(503, "unavailable", {"Retry-After": "5"})
    await services.limits.check_message(request, post.conversation_id)
    if "text" in post.body and asks_to_erase(post.text):
        await check_token(services, post.conversation_id, post.token)
        await erase(services, post.conversation_id)
        return await show(services, [unsaved_message(services.wording.say("erased"), {})]), 200
    accepted, answered = await _within(STORE_S, _store(services, post))
    messages = await _answers(services, post.conversation_id, accepted, answered)
    if messages:
        return await show(services, messages), 200
    if accepted.owner != "bot":
        return [], 202
    return await show(services, [_hold(services)]), 200


def _hold(services: Services) -> StoredMessage:
    """What is said when the answer takes longer than one waits; it comes later, by the event stream (test R8)."""
    phone = services.answerer.dialogue.person.number.number
    return unsaved_message(services.wording.say("technical", phone=phone), {})


def asks_to_erase(text: str) -> bool:
    return text.lower().strip(" .!") in ERASE_WORDS


async def _within(timeout_s: float, storing: Coroutine[Any, Any, Stored]) -> Stored:
    """Wait so long and no longer; what is late goes on: a database cut off in a transaction takes longer to give up,
    and a danger stored late is still flagged. Raises TimeoutError."""
    task = asyncio.create_task(storing)
    done, _ = await asyncio.wait({task}, timeout=timeout_s)
    if not done:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise TimeoutError
    return task.result()


async def _store(services: Services, post: Post) -> Stored:
    accepted = await _accept(services, post)
    answered = services.worker.take(accepted.claim) if accepted.claim is not None else None
    services.bell.ring(post.conversation_id)
    return accepted, answered


async def _accept(services: Services, post: Post) -> Accepted:
    incoming = Incoming(_id_to_keep(post.body["client_id"]), post.text, post.body.get("choice"))
    try:
        safety = post.safety if is_card(post.safety) else await _hear_in_conversation(services, post) or post.safety
        beside = await _beside(services, post.text, safety, datetime.now(UTC))
        answers, topic = [*safety, *beside], topic_of(safety)
        accepted = await services.conversations.accept(post.conversation_id, post.token, incoming, answers, topic)
    except UnknownConversationError:
        raise ApiError(404, "not_found") from None
    except UnknownChoiceError:
        raise ApiError(422, "unknown_choice") from None
    _count(accepted, safety)
    return accepted


def _id_to_keep(client_id: str) -> str:
    """The sender's id as it may be written to disk: one that looks like a number of a person, as a digest (P7)."""
    return client_id if take_in(client_id) == client_id else hashlib.sha256(client_id.encode()).hexdigest()


async def _hear_in_conversation(services: Services, post: Post) -> Sequence[Answer]:
    """What a button, a typed yes or no calls for after "êtes-vous en danger ?", or two messages tell together.

    Raises UnknownConversationError, UnknownChoiceError.
    """
    conversations, choice_id, now = services.conversations, post.body.get("choice"), datetime.now(UTC)
    await conversations.check_token(post.conversation_id, post.token)
    if choice_id is not None:
        return services.safety.hear_choice(await conversations.find_choice(post.conversation_id, choice_id), now)
    if is_yes_or_no(post.text):
        return services.safety.hear_in_context(post.text, await conversations.get_context(post.conversation_id), now)
    previous = await conversations.find_last_said(post.conversation_id, now - SAID_TOGETHER)
    return services.safety.hear_together(previous, post.text, now)


async def _hear_beyond_limit(services: Services, post: Post) -> Sequence[Answer]:
    """The same for a message that is one too many: a "yes, I am in danger" is answered all the same."""
    with suppress(UnknownConversationError, UnknownChoiceError, SQLAlchemyError, OSError):
        return await _hear_in_conversation(services, post)
    return []


async def _beside(services: Services, text: str, safety: Sequence[Answer], now: datetime) -> list[Answer]:
    """After a card, the fiche of another need said in the same breath; a failure here must not delay the card."""
    theme = next(
        (answer.danger["theme"] for answer in safety if answer.danger and answer.danger["level"] == "card"), None
    )
    if theme is None:
        return []
    try:
        other = await services.answerer.other_need(text, theme, now)
    except Exception as error:
        log.error("other need not looked for", exc_info=error)
        return []
    return [other] if other else []


def _check_turn(body: dict[str, Any], text: str) -> None:
    if ("text" in body) == ("choice" in body) or not 1 <= len(body["client_id"]) <= 64:
        raise ApiError(422, "invalid_request")
    if clean(body["client_id"]) != body["client_id"]:
        raise ApiError(422, "invalid_request")
    if "text" in body and len(body["text"]) > MAX_TEXT:
        raise ApiError(422, "text_too_long", limit=f"{MAX_TEXT:_}".replace("_", " "))
    if "text" in body and not text:
        raise ApiError(422, "empty_text")


def _count(accepted: Accepted, safety: Sequence[Answer]) -> None:
    if accepted.is_repeat:
        return
    MESSAGES.labels(channel="web", direction="in").inc()
    for answer in safety:
        if answer.danger:
            DANGER.labels(**answer.danger).inc()
    if not accepted.pending:
        TURNS.labels(answered_by="safety" if safety else "desk").inc()


async def _answers(
    services: Services, conversation_id: str, accepted: Accepted, answered: Answered | None
) -> list[StoredMessage]:
    """The answers to an accepted message: from the worker of this process when it has them, else from the database."""
    if answered is not None and accepted.claim is not None:
        await asyncio.wait([answered], timeout=WAIT_S)
        if not answered.done():
            return []
        if not answered.cancelled() and not accepted.claim.safety_given:
            return answered.result()
    await _wait(services, conversation_id, accepted)
    return await services.conversations.list_messages(conversation_id, reply_to=accepted.seq)


async def _wait(services: Services, conversation_id: str, accepted: Accepted) -> None:
    """Return when the message has its outcome, or after ten seconds: it is stored, the answer will come."""
    if not accepted.pending:
        return
    news = services.bell.listen(conversation_id)
    try:
        async with asyncio.timeout(WAIT_S):
            while await services.conversations.is_pending(conversation_id, accepted.seq):
                try:
                    await asyncio.wait_for(news.wait(), 1.0)  # another process may have answered: look by oneself
                except TimeoutError:
                    continue
                news.clear()
    except TimeoutError:
        pass
    finally:
        services.bell.forget(conversation_id, news)


@api_route(routes, "GET", "/api/v1/conversations/{id}/messages", Policy.CONVERSATION)
async def list_messages(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    conversation_id = await authorised(services, request)
    after = parse_int(request.query.get("after", "0"), 0, 10**9)
    messages = await services.conversations.list_messages(conversation_id, after)
    return json_response({"messages": await show(services, messages)})


@api_route(routes, "POST", "/api/v1/conversations/{id}/feedback", Policy.CONVERSATION)
async def give_feedback(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    body = await read_body(request, required={"seq": int, "useful": bool}, optional={"comment": str})
    conversation_id = await authorised(services, request)
    comment = take_in(body.get("comment", ""))
    if len(comment) > MAX_COMMENT or isinstance(body["seq"], bool) or not 0 <= body["seq"] < 10**9:
        raise ApiError(422, "invalid_request")
    if not await services.conversations.add_feedback(conversation_id, body["seq"], body["useful"], comment):
        raise ApiError(404, "unknown_message")
    return web.Response(status=204)


@api_route(routes, "DELETE", "/api/v1/conversations/{id}", Policy.CONVERSATION)
async def delete_conversation(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await erase(services, await authorised(services, request))
    return web.Response(status=204)


async def erase(services: Services, conversation_id: str) -> None:
    """Erase a conversation for good, Rasa's copy included."""
    await services.conversations.erase(conversation_id)
    await services.tracker.erase([conversation_id])
    services.bell.ring(conversation_id)


@api_route(routes, "GET", "/api/v1/search", Policy.PUBLIC)
async def search(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    query = parse_query(request)
    limit = parse_int(request.query.get("limit", "10"), 1, 50)
    edition = await services.knowledge.current()
    today = datetime.now(UTC).date()
    results = []
    for hit in edition.index.search(query, limit) if query else ():
        shown = card(edition.get(hit.slug), today)
        results.append({key: shown[key] for key in ("slug", "title", "summary", "url")} | {"score": hit.score})
    return json_response({"results": results})


@api_route(routes, "GET", "/api/v1/official", Policy.PUBLIC)
async def search_official(request: web.Request) -> web.Response:
    """Pages of the State's site: links, apart from our fiches and their ranking."""
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    query = parse_query(request)
    limit = parse_int(request.query.get("limit", "10"), 1, 50)
    edition = await services.knowledge.current()
    return json_response({"results": [official_view(page) for page in edition.official.search(query, limit)]})


@api_route(routes, "GET", "/api/v1/fiches/{slug}", Policy.PUBLIC)
async def get_fiche(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    edition = await services.knowledge.current()
    fiche = edition.fiches.get(request.match_info["slug"])
    if fiche is None:
        raise ApiError(404, "unknown_fiche")
    return json_response(fiche_view(fiche, datetime.now(UTC).date()))


@api_route(routes, "GET", "/api/v1/communes", Policy.PUBLIC)
async def find_communes(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    match = services.views.communes.find(parse_query(request))
    communes = [commune_view(commune) for commune in match.communes[:50]]
    return json_response({"status": match.status, "communes": communes})


@api_route(routes, "GET", "/api/v1/lieux", Policy.PUBLIC)
async def find_lieux(request: web.Request) -> web.Response:
    """Nearest first from a commune or a point; by fiche, by kind, at a moment."""
    services = request.app[SERVICES]
    await services.limits.check_read(request)
    query = request.query
    at = parse_moment(query.get("at"))
    limit = parse_int(query.get("limit", "5"), 1, 50)
    kinds = await _kinds(services, query.get("kind"), query.get("slug"))
    origin = _origin(services, query.get("code_insee"), query.get("lat"), query.get("lon"))
    locator = (await services.knowledge.current()).locator
    if query.get("slug") and not query.get("kind"):
        found = locator.for_need(origin, kinds, at, limit)
    else:
        found = locator.nearest(origin, kinds, at, limit)
    return json_response({"lieux": [services.views.lieu(lieu, at) for lieu in found]})


async def _kinds(services: Services, kind: str | None, slug: str | None) -> Sequence[str]:
    if kind is not None:
        kinds = [part.strip() for part in kind.split(",")]
        if not all(part in LIEU_KINDS for part in kinds):
            raise ApiError(422, "invalid_request")
        return kinds
    if slug is not None:
        edition = await services.knowledge.current()
        if slug not in edition.fiches:
            raise ApiError(404, "unknown_fiche")
        return edition.fiches[slug].lieux_kinds or ("mds", "ccas", "cias", "france_services")
    return list(LIEU_KINDS)


def _origin(services: Services, code_insee: str | None, lat: str | None, lon: str | None) -> Any:
    if code_insee is not None:
        commune = services.views.communes.by_code(code_insee)
        if commune is None:
            raise ApiError(404, "unknown_commune")
        return commune
    if lat is None or lon is None:
        raise ApiError(422, "invalid_request")
    return parse_float(lat, -90, 90), parse_float(lon, -180, 180)


async def show(services: Services, messages: Sequence[StoredMessage]) -> list[dict[str, Any]]:
    """Messages as the API gives them; without cards when no fiche could ever be read."""
    if not messages:
        return []
    edition = services.knowledge.loaded
    now = datetime.now(UTC)
    return [services.views.message(message, edition, now) for message in messages]


def _unsaved(safety: Sequence[Answer]) -> list[StoredMessage]:
    """Safety answers shown without being stored: without buttons, which would lead nowhere."""
    found = []
    for answer in safety:
        content = {"danger": answer.danger, "urgent": list(answer.urgent)}
        found.append(unsaved_message(answer.text, content))
    return found


async def authorised(services: Services, request: web.Request) -> str:
    """Return the id of the conversation in the path. Raises ApiError: foreign and absent look the same."""
    conversation_id = request.match_info["id"]
    await services.limits.check_read(request)
    await check_token(services, conversation_id, bearer(request))
    return conversation_id


async def check_token(services: Services, conversation_id: str, token: str) -> None:
    try:
        await services.conversations.check_token(conversation_id, token)
    except UnknownConversationError:
        raise ApiError(404, "not_found") from None


def bearer(request: web.Request) -> str:
    """The token of the request. Raises ApiError 401 when it bears none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 200:
        raise ApiError(401, "unauthorized", {"WWW-Authenticate": "Bearer"})
    return token


async def read_body(request: web.Request, required: Fields, optional: Fields) -> dict[str, Any]:
    """Return the JSON object of the request. Raises ApiError on another shape, type or field."""
    body = await read_object(request)
    check_fields(body, required, optional)
    return body


async def read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of the request, whatever its fields. Raises ApiError."""
    if request.can_read_body and request.content_type != "application/json":
        raise ApiError(415, "invalid_request")
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError(422, "invalid_request")
    return body


def check_fields(body: dict[str, Any], required: Fields, optional: Fields) -> None:
    """Raise ApiError unless the body has the required fields, no unknown one, and each of its type."""
    if not set(required) <= set(body) <= set(required) | set(optional):
        raise ApiError(422, "invalid_request")
    for name, kind in {**required, **optional}.items():
        if name in body and not isinstance(body[name], kind):
            raise ApiError(422, "invalid_request")


def parse_query(request: web.Request) -> str:
    query = request.query.get("q", "")
    if len(query) > MAX_QUERY:
        raise ApiError(422, "text_too_long", limit="2 000")
    return take_in(query)


def parse_int(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise ApiError(422, "invalid_request")
    return int(text)


def parse_float(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ApiError(422, "invalid_request") from None
    if not low <= value <= high:
        raise ApiError(422, "invalid_request")
    return value


def parse_moment(text: str | None) -> datetime:
    """An ISO moment; without zone it is meant in Paris; now when absent."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        if not 2000 <= moment.year <= 2100:
            raise ValueError
    except ValueError:
        raise ApiError(422, "invalid_request") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
