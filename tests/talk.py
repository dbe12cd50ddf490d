"""A citizen's side of the chat API."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass
class Talk:
    """One conversation: `say` and `press` return the messages that answer."""

    session: aiohttp.ClientSession
    url: str
    id: str = ""
    token: str = ""
    welcome: list[dict[str, Any]] = field(default_factory=list)
    last: list[dict[str, Any]] = field(default_factory=list)

    async def open(self) -> "Talk":
        async with self.session.post(f"{self.url}/api/v1/conversations", json={"locale": "fr"}) as response:
            assert response.status == 201, await response.text()
            body = await response.json()
        self.id, self.token, self.welcome = body["id"], body["token"], body["messages"]
        return self

    @property
    def path(self) -> str:
        return f"{self.url}/api/v1/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.path}/messages", json=body, headers=self.headers) as response:
            return response.status, await response.json()

    async def say(self, text: str, client_id: str | None = None) -> list[dict[str, Any]]:
        status, body = await self.post({"client_id": client_id or uuid.uuid4().hex, "text": text})
        assert status == 200, body
        self.last = body["messages"]
        return self.last

    async def press(self, title: str) -> list[dict[str, Any]]:
        """Press the button of the last answers that bears `title`."""
        choice = next(c["id"] for m in self.last for c in m["choices"] if c["title"] == title)
        status, body = await self.post({"client_id": uuid.uuid4().hex, "choice": choice})
        assert status == 200, body
        self.last = body["messages"]
        return self.last
