"""Waiting for what must happen."""

import asyncio
import time
from collections.abc import Callable


async def until(happened: Callable[[], bool], within_s: float = 30.0, what: str = "") -> float:
    """Return the seconds it took; `happened` may block, for it is asked in a thread. Raises TimeoutError."""
    started = time.monotonic()
    while not await asyncio.to_thread(happened):
        if time.monotonic() - started > within_s:
            raise TimeoutError(f"not within {within_s} s: {what or happened}")
        await asyncio.sleep(0.02)
    return time.monotonic() - started
