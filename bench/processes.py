"""Programs that the bench starts: found again by a mark in their environment, measured, and ended whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MARK = "BENCH_RUN"  # in the environment of a program, hence of all it starts
STOP_PATIENCE_S = 15.0


class ProgramError(Exception):
    """A program did not start, or ended too early; the message shows the end of its log."""


@dataclass
class Program:
    """A command, with what it starts in turn. `environment` is whole; what it prints goes to `log`."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # of time.monotonic()

    def start(self) -> "Program":
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env={**self.environment, MARK: self.mark},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.started = time.monotonic()
        return self

    def wait(self, is_ready: Callable[[], bool], timeout_s: float) -> float:
        """Return the seconds from the start until `is_ready`; raise ProgramError when it ends or takes longer."""
        while time.monotonic() - self.started < timeout_s:
            if is_ready():
                return time.monotonic() - self.started
            if self.process is None or self.process.poll() is not None:
                raise self._failed("a pris fin")
            time.sleep(0.05)
        raise self._failed(f"n'est pas prêt après {timeout_s:.0f} s")

    def finish(self, timeout_s: float) -> None:
        """Return when it has ended; raise ProgramError when it takes longer. All it started is ended in any case."""
        try:
            if self.process is not None:
                self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise self._failed(f"n'a pas fini après {timeout_s:.0f} s") from None
        finally:
            self.stop()

    def _failed(self, how: str) -> ProgramError:
        return ProgramError(f"« {' '.join(self.command)} » {how} :\n{self.log.read_text(errors='replace')[-2_000:]}")

    def memory_mb(self) -> dict[str, float]:
        """Return `rss_mb` (shared pages counted in each process) and `pss_mb` (counted once) of all its processes."""
        rolled = [_read_rollup(pid) for pid in list_pids(self.mark)]
        return {f"{name.lower()}_mb": sum(one.get(name, 0) for one in rolled) / 1024 for name in ("Rss", "Pss")}

    def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """End it and all it started: asked first, then killed."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self._wait_for_all(patience_s)
        for pid in list_pids(self.mark):
            _kill(pid)
        self._wait_for_all(STOP_PATIENCE_S)
        self.process.wait()
        self.process = None

    def _wait_for_all(self, patience_s: float) -> None:
        end = time.monotonic() + patience_s
        while time.monotonic() < end and self.process is not None:
            self.process.poll()
            if not list_pids(self.mark):
                return
            time.sleep(0.1)


def list_pids(mark: str) -> list[int]:
    """The living processes whose environment bears `mark`."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _read_rollup(pid: int) -> dict[str, int]:
    """Return the sums of /proc/PID/smaps_rollup in KiB by name; nothing when the process has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def end_well_when_asked() -> None:
    """Make SIGTERM end this process as an exception does, so that what it started is ended too."""

    def leave(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one must not interrupt the cleaning
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def bare_environment() -> dict[str, str]:
    """This process's environment without any setting of Proche."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PROCHE_")}


def is_listening(port: int) -> bool:
    """Whether somebody listens on the loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
