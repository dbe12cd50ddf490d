"""What is not HTTP at all: refused by aiohttp itself, before any route, yet in our words and with our headers."""

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from assistance.wording import Wording
from gateway.errors import ApiError, error_response
from gateway.middleware import HEADERS

_aiohttps_own = RequestHandler.handle_error


def speak_for_aiohttp(wording: Wording) -> None:
    """Replace aiohttp's own refusals, which quote the request in English and tell versions (test S19).

    aiohttp gives no other way to choose them: headers too long or malformed never reach an application.
    """

    def refuse(
        self: RequestHandler, request: web.BaseRequest, status: int = 500,
        exc: BaseException | None = None, message: str | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        _aiohttps_own(self, request, status, exc, message)  # logs, and raises when an answer has begun
        response = error_response(ApiError(status, "invalid_request" if status < 500 else "internal"), wording)
        response.headers.update(HEADERS | {"Cache-Control": "no-store", "Server": "Proche"})
        response.force_close()
        return response

    RequestHandler.handle_error = refuse  # type: ignore[method-assign]
