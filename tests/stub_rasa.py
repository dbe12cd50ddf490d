"""A stand-in for Rasa's REST channel that fails in the way a test asks for."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assistance.context import Context
from assistance.reply import Answer, Reply

PROBE_SENDER = "warm-up"  # what the gateway calls itself when it looks whether Rasa is back
Turn = dict[str, Any]  # the body the gateway posts: sender, message, metadata
Behaviour = Callable[["StubRasa", "_Handler", Turn], None]


@dataclass
class StubRasa:
    """Answers well until told to do otherwise; keeps what it was asked, and counts overlaps in a conversation."""

    port: int
    behaviour: Behaviour = field(default_factory=lambda: answer_well)
    turns: list[Turn] = field(default_factory=list)
    overlaps: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, text: str) -> int:
        """How often this text was asked."""
        return sum(turn["message"] == text for turn in self.turns)

    @contextmanager
    def at_work_on(self, turn: Turn) -> Iterator[None]:
        with self._lock:
            self.turns.append(turn)
            self.overlaps += turn["sender"] in self._busy
            self._busy.add(turn["sender"])
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(turn["sender"])

    @contextmanager
    def serving(self) -> Iterator["StubRasa"]:
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _Handler)
        server.daemon_threads = True
        server.stub = self  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        stub: StubRasa = self.server.stub  # type: ignore[attr-defined]
        turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with stub.at_work_on(turn):
            try:
                stub.behaviour(stub, self, turn)
            except OSError:
                self.close_connection = True  # the gateway has hung up

    def send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """Close without a word."""
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        pass


def well(text: str, **context: Any) -> bytes:
    """The body of a good answer, as the actions make it."""
    reply = Reply((Answer(text),), Context(**context))
    return json.dumps([{"recipient_id": "x", "custom": {"proche": reply.to_json()}}]).encode()


def answer_well(_: StubRasa, handler: _Handler, turn: Turn) -> None:
    """Repeat the question: an answer is known by its text."""
    handler.send(well(f"Réponse à : {turn['message']}"))


def answers(body: bytes, status: int = 200) -> Behaviour:
    return lambda _, handler, __: handler.send(body, status)


def answer_slowly(delay_s: float) -> Behaviour:
    def behave(stub: StubRasa, handler: _Handler, turn: Turn) -> None:
        stub.released.wait(delay_s)
        answer_well(stub, handler, turn)

    return behave


def hang(stub: StubRasa, handler: _Handler, turn: Turn) -> None:
    """Say nothing until `released`, then answer late."""
    stub.released.wait(30)
    answer_well(stub, handler, turn)


def cut_before(_: StubRasa, handler: _Handler, __: Turn) -> None:
    handler.cut()


def cut_within(_: StubRasa, handler: _Handler, turn: Turn) -> None:
    """Announce more than is sent."""
    body = well("Une réponse coupée")
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.cut()


def drip(stub: StubRasa, handler: _Handler, turn: Turn) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(60):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        if stub.released.wait(0.3):
            break
    handler.cut()


def only_for(text: str, behaviour: Behaviour, otherwise: Behaviour = answer_well) -> Behaviour:
    """Misbehave for one text and answer every other one well."""
    return lambda stub, handler, turn: (behaviour if turn["message"] == text else otherwise)(stub, handler, turn)
