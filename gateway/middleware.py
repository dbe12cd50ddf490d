"""What every request goes through: measured, answered in French whatever happens, with the headers of test S19."""

import time
import uuid

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from gateway.channels.web.page_frame import error_page
from gateway.channels.web.policy import Handler
from gateway.errors import ApiError, error_response
from gateway.logs import log
from gateway.metrics import HTTP
from gateway.services import SERVICES

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "X-Frame-Options": "DENY",
}


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count and log a request by its route's pattern: a URL may hold what somebody wrote."""
    started = time.perf_counter()
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unknown"
    response = await handler(request)
    HTTP.labels(route=route, status=f"{response.status // 100}xx").inc()
    log.info(
        "request", method=request.method, route=route, status=response.status,
        ms=round((time.perf_counter() - started) * 1000, 1), request_id=uuid.uuid4().hex[:12],
    )  # fmt: skip
    return response


async def add_headers_on_prepare(_: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: the headers of every answer of the public port, event streams included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "Proche"


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into the error shape, or into a page for a browser; never a traceback, never silence."""
    try:
        return await handler(request)
    except ApiError as error:
        refusal = error
    except web.HTTPRequestEntityTooLarge:
        refusal = ApiError(413, "body_too_large")
    except web.RequestPayloadError:
        refusal = ApiError(400, "invalid_request")  # announced as packed, and is not
    except web.HTTPMethodNotAllowed as error:
        refusal = ApiError(405, "method", {"Allow": ", ".join(sorted(error.allowed_methods))})
    except web.HTTPNotFound:
        refusal = ApiError(404, "unknown_page")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        refusal = ApiError(error.status, "invalid_request")
    except ConnectionError:
        raise
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.error("database unreachable", exc_info=error)
        refusal = ApiError(503, "unavailable", {"Retry-After": "5"})
    except Exception as error:
        log.error("request failed", exc_info=error)
        refusal = ApiError(500, "internal")
    return error_page(request, refusal) or error_response(refusal, request.app[SERVICES].wording)
