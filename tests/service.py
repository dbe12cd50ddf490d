"""The whole service as `make run` starts it, on free ports and in a folder of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
WHOLE = ("-m", "gateway.start")
GATEWAY_ALONE = ("-m", "gateway.cli", "serve")  # nothing starts it again, and Rasa is whoever listens on its port
BASE_PORTS = {"PROCHE_PORT": 8080, "PROCHE_INTERNAL_PORT": 8081, "PROCHE_RASA_PORT": 5005, "PROCHE_ACTIONS_PORT": 5055}


def free_ports() -> dict[str, str]:
    """Four ports nobody listens on, by the name of their setting."""
    sockets = {name: socket.socket() for name in BASE_PORTS}
    for one in sockets.values():
        one.bind(("127.0.0.1", 0))
    ports = {name: str(one.getsockname()[1]) for name, one in sockets.items()}
    for one in sockets.values():
        one.close()
    return ports


def bare_environment() -> dict[str, str]:
    """This process's environment without any PROCHE_ variable."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PROCHE_")}


@dataclass
class Service:
    """A running Proche. `environment` adds PROCHE_* settings; `log` is where the processes write."""

    var_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=free_ports)
    what: tuple[str, ...] = WHOLE
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['PROCHE_PORT']}"

    @property
    def log(self) -> Path:
        return self.var_dir.parent / f"{self.var_dir.name}.log"

    def start(self) -> "Service":
        settings = {"PROCHE_VAR_DIR": str(self.var_dir), **self.ports, **self.environment}
        command = [PYTHON, *self.what]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=bare_environment() | settings, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def wait_ready(self, timeout_s: float = 90.0) -> "Service":
        """Return when /health/ready answers 200; raise TimeoutError with the end of the log otherwise."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.status("/health/ready") == 200:
                return self
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise TimeoutError(f"not ready\n{self.log.read_text(errors='replace')[-3000:]}")

    def wait_part(self, part: str, state: str, timeout_s: float = 60.0) -> float:
        """Wait until /health/ready says `state` of `part`; return the seconds it took. Raises TimeoutError."""
        started = time.monotonic()
        while time.monotonic() - started < timeout_s:
            if self.health().get(part) == state:
                return time.monotonic() - started
            time.sleep(0.1)
        raise TimeoutError(f"{part} is not {state}: {self.health()}\n{self.log.read_text(errors='replace')[-3000:]}")

    def health(self) -> dict[str, str]:
        """What /health/ready says, be it 200 or 503; empty when nobody answers."""
        try:
            with urlopen(self.url + "/health/ready", timeout=5) as response:
                return dict(json.load(response))
        except HTTPError as error:
            return dict(json.load(error))
        except OSError:
            return {}

    def status(self, path: str) -> int:
        """The status of a GET; 0 when nobody answers."""
        try:
            with urlopen(Request(self.url + path), timeout=5) as response:
                return int(response.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0

    def pids(self, part: str) -> list[int]:
        """Processes of a part: gateway, rasa or actions (the program itself, not what keeps it running)."""
        port = {"gateway": None, "rasa": self.ports["PROCHE_RASA_PORT"], "actions": self.ports["PROCHE_ACTIONS_PORT"]}
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                environ = (folder / "environ").read_bytes()
            except OSError:
                continue
            mine = f"PROCHE_VAR_DIR={self.var_dir}\0".encode() in environ
            if mine and _is(part, words, port[part]):
                found.append(int(folder.name))
        return found

    def signal(self, part: str, number: signal.Signals) -> None:
        for pid in self.pids(part):
            os.kill(pid, number)

    def stop(self) -> None:
        if self.process is None:
            return
        for part in ("rasa", "actions", "gateway"):
            self.signal(part, signal.SIGCONT)
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        for part in ("rasa", "actions", "gateway"):
            self.signal(part, signal.SIGKILL)
        self.process = None


def _is(part: str, words: list[bytes], port: str | None) -> bool:
    line = b" ".join(words).decode(errors="replace")
    if "keep_running" in line:
        return False
    pattern = {
        "gateway": r"gateway\.cli serve",
        "rasa": rf"bin/rasa run .*-p {port}\b",
        "actions": rf"rasa_sdk .*-p {port}\b",
    }[part]
    return re.search(pattern, line) is not None
