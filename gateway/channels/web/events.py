"""The event stream of a conversation: resumes after `Last-Event-ID`, loses and doubles nothing."""

import asyncio
import json

from aiohttp import web

from gateway.channels.web.api import authorised, parse_int, show
from gateway.channels.web.policy import Policy, api_route
from gateway.inbox.conversations import UnknownConversationError
from gateway.services import SERVICES, Services

HEARTBEAT_S = 15.0
routes: list[web.RouteDef] = []


@api_route(routes, "GET", "/api/v1/conversations/{id}/events", Policy.CONVERSATION)
async def stream(request: web.Request) -> web.StreamResponse:
    services = request.app[SERVICES]
    conversation_id = await authorised(services, request)
    last = parse_int(request.headers.get("Last-Event-ID", "0"), 0, 10**9)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    news = services.bell.listen(conversation_id)
    try:
        while services.accepting:
            seen, last = last, await _send_after(response, services, conversation_id, last)
            if last > seen:
                continue  # a long conversation comes in pieces
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_S)
            except TimeoutError:
                await response.write(b": \n\n")
            news.clear()
            await services.conversations.check_token(conversation_id, request.headers["Authorization"][7:])
    except (UnknownConversationError, ConnectionError):
        pass  # erased meanwhile, or the reader is gone
    finally:
        services.bell.forget(conversation_id, news)
    return response


async def _send_after(response: web.StreamResponse, services: Services, conversation_id: str, last: int) -> int:
    messages = await services.conversations.list_messages(conversation_id, last)
    for view in await show(services, messages):
        data = json.dumps(view, ensure_ascii=False)
        await response.write(f"id: {view['seq']}\nevent: message\ndata: {data}\n\n".encode())
        last = view["seq"]
    return last
