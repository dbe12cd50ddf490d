"""Health that tells the truth (test R23): red for the database or the worker, `degraded` for Rasa."""

import time
from typing import Any

from aiohttp import web

from gateway import metrics
from gateway.channels.web.policy import Policy, api_route
from gateway.json_response import json_response
from gateway.logs import log
from gateway.services import SERVICES, Services

SWEEP_LATE_S = 10.0
PENDING_LATE_S = 60.0
routes: list[web.RouteDef] = []


@api_route(routes, "GET", "/health/live", Policy.PUBLIC)
async def live(request: web.Request) -> web.Response:
    return json_response({"status": "ok"})


@api_route(routes, "GET", "/health/ready", Policy.PUBLIC)
async def ready(request: web.Request) -> web.Response:
    report = await examine(request.app[SERVICES])
    return json_response(report, status=200 if report["status"] in ("ok", "degraded") else 503)


@api_route(routes, "GET", "/metrics", Policy.PUBLIC)
async def show_metrics(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    try:
        metrics.OLDEST_PENDING.set(await services.conversations.oldest_pending_s())
        metrics.FLAGS.set(await services.conversations.count_flags())
    except Exception as error:
        log.warning("metrics without database", error=type(error).__name__)
    return web.Response(body=metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


async def examine(services: Services) -> dict[str, Any]:
    """Return `status` (ok, degraded, starting, unavailable) and the state of each part."""
    parts = {"database": "ok", "worker": "ok", "rasa": _rasa_state(services)}
    pending_s = 0.0
    try:
        if await services.database.is_writable():
            pending_s = await services.conversations.oldest_pending_s()
        else:
            parts["database"] = "unavailable"
    except Exception as error:
        log.warning("database unreachable", error=type(error).__name__)
        parts["database"] = "unavailable"
    if pending_s > PENDING_LATE_S or time.monotonic() - services.worker.last_sweep > SWEEP_LATE_S:
        parts["worker"] = "unavailable"
    if "unavailable" in (parts["database"], parts["worker"]):
        status = "unavailable"
    else:
        status = {"starting": "starting", "away": "degraded"}.get(parts["rasa"], "ok")
    return {"status": status, **parts}


def _rasa_state(services: Services) -> str:
    if services.rasa is None:
        return "off"
    if not services.rasa_answers.is_set():
        return "starting"
    return "away" if services.rasa.failures else "ok"
