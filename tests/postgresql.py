"""A PostgreSQL of the machine's own binaries, started in a temporary folder by a user without privileges."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


def find_binaries() -> Path:
    """The folder of the newest installed version. Raises FileNotFoundError."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not folders:
        raise FileNotFoundError("no PostgreSQL: deploy/test_tools.sh installs one")
    return folders[-1].parent


@dataclass
class PostgreSql:
    """One server for the tests; `stop` and `start` are its outages."""

    folder: Path
    port: int

    @classmethod
    def make(cls) -> "PostgreSql":
        """Create a cluster in a folder its user may enter (pytest's own are closed to others)."""
        folder = Path(tempfile.mkdtemp(prefix="proche-postgresql-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            made = cls(folder, probe.getsockname()[1])
        if made.user:
            account = pwd.getpwnam(made.user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        made.run("initdb", "-D", str(folder / "data"), "-U", "proche", "-A", "trust", "-E", "UTF8", "--no-locale")
        return made

    @property
    def user(self) -> str | None:
        """PostgreSQL refuses to run as root."""
        return "postgres" if os.getuid() == 0 else None

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://proche@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> str:
        """The output of one of PostgreSQL's programs. Raises CalledProcessError."""
        command = [str(find_binaries() / program), *arguments]
        done = subprocess.run(command, user=self.user, cwd=self.folder, capture_output=True, check=True, timeout=60)
        return done.stdout.decode()

    def ask(self, query: str) -> str:
        """What psql answers to one statement, without headings."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "proche", "-d", "postgres")
        return self.run("psql", *where, "-Atqc", query).strip()

    def start(self) -> "PostgreSql":
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-t", "30", "-o", options, "start")
        return self

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "-w", "stop")

    def signal(self, number: signal.Signals) -> None:
        """To the server and all who serve its connections."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *map(int, children)):
            os.kill(pid, number)

    def remove(self) -> None:
        """Stop at once and leave nothing."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)
