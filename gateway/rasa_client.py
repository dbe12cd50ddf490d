"""The only door to Rasa: what it answers is checked, its silence is a failure (acceptance fact 1)."""

import json
import re
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from assistance.context import Context
from assistance.intake import clean
from assistance.reply import ANSWERED, ASKED, NOT_UNDERSTOOD, Answer, Reply

MAX_TEXT = 1_000
MAX_ANSWER_BYTES = 1_000_000
MAX_ANSWERS = 10
FAILURES_BEFORE_OPEN = 3
RETRY_AFTER_S = 5.0
PROBE = "quelles aides pour payer mon loyer"
_ORDER_MARK = re.compile(r"[\s/]+")  # every blank that Rasa itself would trim, a no-break space included


class RasaError(Exception):
    """Rasa is away, late, silent or answers nonsense; `reason` is a word for logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class RasaClient:
    """Sends turns to Rasa's REST channel; after three failures in a row asks again only every 5 s."""

    session: aiohttp.ClientSession
    url: str
    timeout_s: float
    failures: int = 0
    retry_at: float = 0.0
    _probing: bool = field(default=False, repr=False)

    @property
    def is_away(self) -> bool:
        """Whether turns are answered without asking Rasa."""
        return self.failures >= FAILURES_BEFORE_OPEN

    async def ask(self, sender: str, text: str, context: Context, choice: dict[str, Any] | None) -> Reply:
        """Return Rasa's reply to a citizen's words or to a pressed button. Raises RasaError."""
        message = "/choose" if choice is not None else neutralise(text)
        metadata = {"context": context.to_json(), "choice": choice}
        return await self._guarded(self._ask(sender, message, metadata, context))

    async def probe(self, sender: str, context: Context) -> None:
        """Ask a question that goes through the actions; a good answer closes the circuit. Raises RasaError."""
        await self._ask(sender, PROBE, {"context": context.to_json()}, context, whole=True)
        self.failures = 0

    async def restart_session(self, sender: str) -> None:
        """Cut Rasa's memory of the conversation short; its empty answer means nothing. Raises RasaError."""
        await self._post({"sender": sender, "message": "/session_start"})

    async def _guarded(self, asking: Coroutine[Any, Any, Reply]) -> Reply:
        if self.is_away and (self._probing or time.monotonic() < self.retry_at):
            asking.close()
            raise RasaError("open circuit")
        probing, self._probing = self._probing, self.is_away
        try:
            reply = await asking
        except RasaError:
            self.failures += 1
            self.retry_at = time.monotonic() + RETRY_AFTER_S
            raise
        finally:
            self._probing = probing
        self.failures = 0
        return reply

    async def _ask(
        self, sender: str, message: str, metadata: dict[str, Any], context: Context, whole: bool = False
    ) -> Reply:
        body = await self._post({"sender": sender, "message": message, "metadata": metadata})
        if whole and b'"proche"' not in body:
            raise RasaError("no action")
        return parse_answer(body, context)

    async def _post(self, body: dict[str, Any]) -> bytes:
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        try:
            async with self.session.post(self.url, json=body, timeout=timeout) as response:
                if response.status != 200:
                    raise RasaError(f"status {response.status}")
                content = await response.content.read(MAX_ANSWER_BYTES + 1)
                while len(content) <= MAX_ANSWER_BYTES and not response.content.at_eof():
                    content += await response.content.read(MAX_ANSWER_BYTES + 1 - len(content))
        except TimeoutError as error:
            raise RasaError("late") from error
        except (aiohttp.ClientError, OSError) as error:
            raise RasaError("away") from error
        if len(content) > MAX_ANSWER_BYTES:
            raise RasaError("too long")
        return content


def neutralise(text: str) -> str:
    """Return `text` as Rasa may read it: at most 1,000 characters, never a command (acceptance fact 13)."""
    mark = _ORDER_MARK.match(text)
    return text[mark.end() if mark else 0 :][:MAX_TEXT] or "…"


def parse_answer(body: bytes, context: Context) -> Reply:
    """Read the list Rasa's REST channel answers; `context` is kept when a plain text comes. Raises RasaError."""
    try:
        entries = json.loads(body)
        json.dumps(entries, ensure_ascii=False).encode()  # half a character can be read but not stored
        replies = [Reply.from_json(item["custom"]["proche"]) for item in entries if "proche" in item.get("custom", {})]
        if replies:
            answers = [_checked(answer) for reply in replies for answer in reply.answers]
            if replies[-1].outcome not in (ANSWERED, ASKED, NOT_UNDERSTOOD):
                raise ValueError("an outcome nobody knows")
            found = Reply(tuple(answers[:MAX_ANSWERS]), replies[-1].context, replies[-1].outcome)
        else:
            texts = [clean(item["text"]) for item in entries if isinstance(item.get("text"), str)]
            answers = [Answer(text) for text in texts if text]
            found = Reply(tuple(answers[:MAX_ANSWERS]), context.but(failures=0), ANSWERED)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RasaError("nonsense") from error
    if not found.answers:
        raise RasaError("silent")
    return found


def _checked(answer: Answer) -> Answer:
    """An answer fit to be stored; danger and its numbers are the danger check's alone. Raises ValueError."""
    text = clean(answer.text)
    is_sound = isinstance(answer.origin, str | None) and isinstance(answer.handoff, dict | None)
    if not text or not is_sound:
        raise ValueError("an answer of another shape")
    return replace(answer, text=text, danger=None, urgent=())
