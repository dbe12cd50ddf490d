"""`proche chat`: the chat API from a terminal."""

import asyncio
import uuid
from typing import Any

import aiohttp
import typer


async def talk(url: str) -> None:
    """Open a conversation and pass on each line typed; a number presses the button of that rank."""
    async with aiohttp.ClientSession(url) as session:
        opened = await _post(session, "/api/v1/conversations", {}, "")
        path, token = f"/api/v1/conversations/{opened['id']}/messages", opened["token"]
        choices = _print(opened["messages"])
        while line := (await asyncio.to_thread(_read)).strip():
            body: dict[str, Any] = {"client_id": uuid.uuid4().hex}
            if line.isdecimal() and 1 <= int(line) <= len(choices):
                body["choice"] = choices[int(line) - 1]["id"]
            else:
                body["text"] = line
            answer = await _post(session, path, body, token)
            if "error" in answer:
                typer.echo(answer["error"]["message"])
            choices = _print(answer.get("messages", [])) or choices


def _read() -> str:
    try:
        return input("> ")
    except EOFError:
        return ""


async def _post(session: aiohttp.ClientSession, path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with session.post(path, json=body, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        return answer


def _print(messages: list[dict[str, Any]]) -> list[dict[str, str]]:
    choices: list[dict[str, str]] = []
    for message in messages:
        typer.echo(f"\n{message['text']}")
        for number in message["urgent"]:
            typer.echo(f"  ☎ {number['number']} — {number['label']}")
        choices += message["choices"]
    for rank, choice in enumerate(choices, 1):
        typer.echo(f"  {rank}. {choice['title']}")
    return choices
