"""Bytes on a socket: what no HTTP client would send."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    """A status (0: the connection was closed without a word), the headers in lower case, the body."""

    status: int
    headers: dict[str, str]
    body: bytes


async def send_raw(url: str, request: bytes, within_s: float = 5.0) -> RawAnswer:
    """Send `request` as it is, and read until the server closes. Raises TimeoutError."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    reader, writer = await asyncio.open_connection(host, port)
    try:
        async with asyncio.timeout(within_s):
            return parse(await _exchange(reader, writer, request))
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    received = b""
    try:
        writer.write(request)
        await writer.drain()
        while piece := await reader.read(65536):
            received += piece
    except ConnectionError:  # refused before all was sent: what was answered counts
        pass
    return received


def parse(received: bytes) -> RawAnswer:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return RawAnswer(int(first.split(" ")[1]) if first else 0, headers, body)
