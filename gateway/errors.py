"""Errors of the chat API, in one shape: {"error": {"code", "message"}} with a French sentence."""

from typing import Any

from aiohttp import web

from assistance.wording import Wording
from gateway.json_response import json_response


class ApiError(Exception):
    """A refusal the caller is told of; `fields` fill the sentence of `code` in texts/fr.yml."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None, **fields: object) -> None:
        super().__init__(code)
        self.status, self.code, self.headers, self.fields = status, code, headers or {}, fields


def error_response(error: ApiError, wording: Wording, messages: list[dict[str, Any]] | None = None) -> web.Response:
    """The error, with safety messages beside it when the refused text told of danger."""
    body: dict[str, Any] = {"error": {"code": error.code, "message": wording.error(error.code, **error.fields)}}
    if messages:
        body["messages"] = messages
    return json_response(body, status=error.status, headers=error.headers)
