"""The gateway's internal API, as the actions use it."""

import asyncio
import os
from typing import Any, Dict, Optional, Text

import aiohttp

TIMEOUT_S = 4.0


class GatewayError(Exception):
    """The gateway did not answer as agreed; the turn fails and the gateway answers by itself."""


class GatewayClient:
    """One HTTP session per process, opened at the first call."""

    def __init__(self, port: int, token: Text) -> None:
        self._url = f"http://127.0.0.1:{port}/internal"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: Optional[aiohttp.ClientSession] = None

    async def send_act(self, act: Text, body: Dict[Text, Any]) -> Dict[Text, Any]:
        """Return `{"text", "proche"}` for `{"text", "context", "choice"}`; raises GatewayError."""
        answer = await self._post(f"acts/{act}", body)
        if not isinstance(answer.get("text"), str) or not isinstance(answer.get("proche"), dict):
            raise GatewayError("an answer of another shape")
        return answer

    async def fetch_commune(self, body: Dict[Text, Any]) -> Optional[Text]:
        """Return the INSEE code of the commune said in `body["text"]`, or None; raises GatewayError."""
        commune = (await self._post("commune", body)).get("commune")
        return commune["code_insee"] if commune else None

    async def _post(self, path: Text, body: Dict[Text, Any]) -> Dict[Text, Any]:
        try:
            async with self._get_session().post(f"{self._url}/{path}", json=body) as response:
                if response.status != 200:
                    raise GatewayError(f"status {response.status}")
                answer = await response.json()
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise GatewayError(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise GatewayError("an answer of another shape")
        return answer

    def _get_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self._session


_gateway: Optional[GatewayClient] = None


def get_gateway() -> GatewayClient:
    """Return the client of this process, made from `PROCHE_INTERNAL_PORT` and `PROCHE_INTERNAL_TOKEN`."""
    global _gateway  # noqa: PLW0603 - one client per process
    if _gateway is None:
        _gateway = GatewayClient(
            port=int(os.environ.get("PROCHE_INTERNAL_PORT", "8081")),
            token=os.environ.get("PROCHE_INTERNAL_TOKEN", ""),
        )
    return _gateway
