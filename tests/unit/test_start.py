"""What is missing is said in one sentence before anything starts."""

import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.settings import Settings
from gateway.start import NotReadyError, check_disk, check_ports, child_environment
from tests.service import free_ports


def settings(var_dir: Path, **values: object) -> Settings:
    ports = {name.removeprefix("PROCHE_").lower(): int(port) for name, port in free_ports().items()}
    return Settings(var_dir=var_dir, _env_file=None, **(ports | values))  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize("name", ["port", "internal_port", "rasa_port", "actions_port"])
def test_a_port_taken_is_named_with_a_way_out(tmp_path: Path, name: str) -> None:
    wanted = settings(tmp_path)
    check_ports(wanted)
    port = getattr(wanted, name)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(NotReadyError) as error:
        check_ports(wanted)
    assert f"{port} (PROCHE_{name.upper()})" in str(error.value)
    assert "PROCHE_PORT=" in str(error.value) and "\n" not in str(error.value)


def test_without_rasa_its_ports_may_be_taken(tmp_path: Path) -> None:
    wanted = settings(tmp_path, rasa="off")
    with socket.create_server(("127.0.0.1", wanted.rasa_port)):
        check_ports(wanted)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotReadyError, match="PROCHE_VAR_DIR"):
        check_disk(settings(tmp_path / "file" / "var"))


def test_a_disk_almost_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.start.MIN_FREE_MB", 10**9)
    with pytest.raises(NotReadyError, match="presque plein"):
        check_disk(settings(tmp_path))


def test_the_three_processes_get_the_settings_as_they_were_understood(tmp_path: Path) -> None:
    wanted = settings(tmp_path, internal_token=SecretStr("shared"), operator_name="")
    found = child_environment(wanted)
    assert found["PROCHE_INTERNAL_TOKEN"] == "shared"
    assert found["PROCHE_RASA_PORT"] == str(wanted.rasa_port)
    assert found["PROCHE_VAR_DIR"] == str(tmp_path)
    assert "PROCHE_OPERATOR_NAME" not in found
    assert found["PATH"] == os.environ["PATH"]
