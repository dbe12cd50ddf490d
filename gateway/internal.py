"""The internal API, on loopback: Rasa's actions ask it what to answer (docs/contracts.md)."""

import hmac
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from assistance.context import Context
from assistance.reply import Reply
from gateway.channels.web.api import read_body
from gateway.channels.web.policy import Policy, api_route
from gateway.errors import ApiError
from gateway.json_response import json_response
from gateway.services import SERVICES, Services

routes: list[web.RouteDef] = []


@api_route(routes, "POST", "/internal/acts/{act}", Policy.INTERNAL)
async def answer_act(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    check_internal_token(services, request)
    body = await read_body(
        request, required={"text": str, "context": dict}, optional={"choice": (dict, type(None)), "confidence": float}
    )
    act = request.match_info["act"]
    if act not in services.answerer.dialogue.acts():
        raise ApiError(404, "unknown_page")
    context = Context.from_json(body["context"])
    confidence = body.get("confidence", 1.0)
    reply = await services.answerer.answer(
        act, body["text"], context, body.get("choice"), datetime.now(UTC), confidence
    )  # fmt: skip
    return json_response({"text": _text(reply), "proche": reply.to_json()})


@api_route(routes, "POST", "/internal/commune", Policy.INTERNAL)
async def find_commune(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    check_internal_token(services, request)
    body = await read_body(request, required={"text": str}, optional={"context": dict})
    match = services.views.communes.find(body["text"])
    found: dict[str, Any] | None = None
    if match.status == "one":
        found = {"code_insee": match.communes[0].code_insee, "nom": match.communes[0].nom}
    return json_response({"commune": found})


def _text(reply: Reply) -> str:
    return "\n\n".join(answer.text for answer in reply.answers)


def check_internal_token(services: Services, request: web.Request) -> None:
    expected = f"Bearer {services.settings.internal_token.get_secret_value()}"
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise ApiError(401, "unauthorized")
