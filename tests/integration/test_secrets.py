"""Secrets are in private files and nowhere else (S18)."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import aiohttp
import pytest

from tests.service import ROOT, Service, bare_environment


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def internal_token(service: Service) -> str:
    return (service.var_dir / "secrets" / "internal_token").read_text().strip()


def test_the_secret_is_long_and_random(service: Service, service_without_rasa: Service) -> None:
    assert len(internal_token(service)) >= 43  # 256 bits
    assert internal_token(service) != internal_token(service_without_rasa)


def test_every_file_with_a_secret_or_a_word_of_somebody_is_its_owners_alone(service: Service) -> None:
    files = [path for path in service.var_dir.rglob("*") if path.is_file()]
    assert {"proche.db", "rasa.db", "internal_token"} <= {path.name for path in files}
    assert [path.name for path in files if mode(path) != 0o600] == []
    assert mode(service.var_dir / "secrets") == 0o700


def test_no_process_shows_a_secret_in_its_command_line(service: Service) -> None:
    pids = [pid for part in ("gateway", "rasa", "actions") for pid in service.pids(part)]
    assert len(pids) >= 3
    for pid in pids:
        assert internal_token(service).encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


async def test_no_page_log_or_metric_shows_a_secret(service: Service, session: aiohttp.ClientSession) -> None:
    shown = service.log.read_text(errors="replace")
    for path in ("/metrics", "/health/ready", "/health/live", "/zoo", "/api/v1/zoo", "/donnees-personnelles"):
        async with session.get(service.url + path) as response:
            shown += await response.text()
    assert internal_token(service) not in shown
    assert str(service.var_dir) not in shown


SECRET = "s3cr3t-de-test"


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "text"])
def test_the_doctor_hides_every_secret(service: Service, options: list[str]) -> None:
    settings = {
        "PROCHE_VAR_DIR": str(service.var_dir),
        "PROCHE_INTERNAL_TOKEN": SECRET,
        "PROCHE_DATABASE_URL": f"postgresql+asyncpg://proche:{SECRET}@localhost/proche",
        "PROCHE_REDIS_URL": f"redis://:{SECRET}@localhost/0",
        "PROCHE_TWILIO_ACCOUNT_SID": "AC0",
        "PROCHE_TWILIO_AUTH_TOKEN": SECRET,
        "PROCHE_TWILIO_FROM": "38600",
    }
    command = [str(ROOT / "proche"), "doctor", *options]
    done = subprocess.run(
        command, env=bare_environment() | service.ports | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 3), done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "postgresql+asyncpg://proche:***@localhost/proche" in done.stdout


def test_the_doctor_names_a_secret_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "internal_token").write_text("x" * 43)
    (tmp_path / "secrets" / "internal_token").chmod(0o644)
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(tmp_path), "PROCHE_RASA": "off"}
    command = [str(ROOT / "proche"), "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert {"what": "secrets lisibles par le seul propriétaire", "ok": False} in json.loads(done.stdout)["checks"]


def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://proche:{SECRET}@127.0.0.1:9/proche"
    environment = bare_environment() | {
        "PROCHE_VAR_DIR": str(tmp_path),
        "PROCHE_RASA": "off",
        "PROCHE_DATABASE_URL": url,
    }
    done = subprocess.run([str(ROOT / "proche"), "purge"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith("Échec")
    assert SECRET not in done.stdout + done.stderr


def test_the_umask_of_who_starts_it_opens_nothing(tmp_path: Path) -> None:
    """Even where files are made readable by default."""
    environment = bare_environment() | {"PROCHE_VAR_DIR": str(tmp_path / "var"), "PROCHE_RASA": "off"}
    before = os.umask(0)
    try:
        subprocess.run([str(ROOT / "proche"), "db", "upgrade"], env=environment, capture_output=True, check=True)
    finally:
        os.umask(before)
    files = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert {path.name: mode(path) for path in files} == {path.name: 0o600 for path in files}
    assert "proche.db" in {path.name for path in files}


def test_no_secret_and_no_path_of_a_machine_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        assert path.suffix not in (".db", ".pem", ".key"), name
        if path.suffix in (".py", ".sh", ".yml", ".toml", ".txt", ".in", ".md", ""):
            content = path.read_text(errors="replace")
            assert not re.search(r"--(?:extra-)?index-url|/ho" + r"me/|BEGIN [A-Z ]*PRIVATE KEY", content), name
