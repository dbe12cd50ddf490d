"""Proche running for the bench: as `make run` starts it, on ports and in a folder of its own."""

import re
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from bench.processes import Program, bare_environment

ROOT = Path(__file__).resolve().parent.parent
PORT = 18880
START_S = 120.0
# The limits against abuse are lifted: one address asks for everybody here.
NO_LIMITS = {
    "PROCHE_NEW_CONVERSATIONS_PER_MINUTE": "1000000",
    "PROCHE_READS_PER_MINUTE": "1000000",
    "PROCHE_MESSAGES_PER_SECOND_PER_CONVERSATION": "100000",
    "PROCHE_MESSAGES_PER_SECOND_PER_ADDRESS": "100000",
}
_TURNS = re.compile(r'^proche_turns_total\{answered_by="(\w+)"\} (\d+)', re.MULTILINE)


class Proche:
    """The whole service; what it writes goes into `folder`."""

    url = f"http://127.0.0.1:{PORT}"

    def __init__(self, folder: Path) -> None:
        settings = {"PROCHE_PORT": str(PORT), "PROCHE_VAR_DIR": str(folder / "var"), **NO_LIMITS}
        command = [sys.executable, "-m", "gateway.start"]
        self.program = Program(command, ROOT, bare_environment() | settings, folder / "proche.log")
        self.ready_s = 0.0

    def __enter__(self) -> "Proche":
        try:
            self.program.start()
            self.ready_s = self.program.wait(self.is_ready, START_S)
        except BaseException:
            self.program.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.program.stop()

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/health/ready", timeout=5) as response:
                return bool(response.status == 200)
        except (HTTPError, OSError):
            return False

    def count_turns(self) -> dict[str, int]:
        """How many turns each part has answered (`rasa`, `fallback`, `safety`), by the service's own count."""
        with urlopen(f"{self.url}/metrics", timeout=5) as response:
            return {name: int(count) for name, count in _TURNS.findall(response.read().decode())}
