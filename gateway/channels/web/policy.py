"""Who may call a route. A route without a declared policy stops the start (invariant I8)."""

from collections.abc import Awaitable, Callable
from enum import Enum

from aiohttp import hdrs, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Policy(Enum):
    """The closed list of policies."""

    PUBLIC = "anybody"
    CONVERSATION = "the bearer of the conversation's token"
    INTERNAL = "Rasa's actions, by the shared token, on loopback"


class UndeclaredRouteError(Exception):
    """A route has no policy."""


_POLICIES: dict[Handler, Policy] = {}


def api_route(routes: list[web.RouteDef], method: str, path: str, policy: Policy) -> Callable[[Handler], Handler]:
    """Declare a route and its policy."""

    def declare(handler: Handler) -> Handler:
        _POLICIES[handler] = policy
        routes.append(web.route(method, path, handler))
        if method == hdrs.METH_GET:
            routes[-1] = web.get(path, handler, allow_head=True)
        return handler

    return declare


def policy_of(handler: Handler) -> Policy:
    """Raises UndeclaredRouteError."""
    try:
        return _POLICIES[handler]
    except KeyError:
        raise UndeclaredRouteError(f"{handler} has no policy") from None


def check_every_route(app: web.Application) -> None:
    """Raise UndeclaredRouteError unless each route of `app` has a policy."""
    for route in app.router.routes():
        if route.resource is not None:
            policy_of(route.handler)
