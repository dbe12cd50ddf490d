"""`proche doctor` shows what is wrong and no secret."""

import json
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.doctor import examine, listens_beyond_loopback, own_addresses
from gateway.settings import Settings, read_or_make_secret


def settings(var_dir: Path, **values: object) -> Settings:
    return Settings(var_dir=var_dir, _env_file=None, **values)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+asyncpg://proche:s3cret@base/proche", "postgresql+asyncpg://proche:***@base/proche"),
        ("postgresql+asyncpg://proche:s3:cr@et@base/proche", "postgresql+asyncpg://proche:***@base/proche"),
        ("postgresql+asyncpg://base/proche", "postgresql+asyncpg://base/proche"),
    ],
)
def test_a_password_in_an_address_is_hidden(tmp_path: Path, url: str, shown: str) -> None:
    report = examine(settings(tmp_path, database_url=url, rasa="off"))
    assert report["settings"]["PROCHE_DATABASE_URL"] == shown


def test_a_secret_is_hidden(tmp_path: Path) -> None:
    shown = examine(settings(tmp_path, internal_token=SecretStr("s3cret"), rasa="off"))
    assert "s3cret" not in json.dumps(shown)


def test_a_secret_others_can_read_is_a_fault(tmp_path: Path) -> None:
    read_or_make_secret(tmp_path / "secrets" / "internal_token")
    what = "secrets lisibles par le seul propriétaire"
    assert {"what": what, "ok": True} in examine(settings(tmp_path, rasa="off"))["checks"]
    (tmp_path / "secrets" / "internal_token").chmod(0o640)
    assert {"what": what, "ok": False} in examine(settings(tmp_path, rasa="off"))["checks"]


def test_a_server_of_rasas_that_others_can_reach_is_a_fault(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as rasa, socket.create_server(("127.0.0.1", 0)) as actions:
        ports = {"rasa_port": rasa.getsockname()[1], "actions_port": actions.getsockname()[1]}
        checks = examine(settings(tmp_path, **ports))["checks"]
    reach = {check["what"].split(" ")[0]: check["ok"] for check in checks if "atteinte" in check["what"]}
    assert reach == {"Rasa": False, "actions": True}


def test_a_port_nobody_listens_on_is_out_of_reach() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert not listens_beyond_loopback(probe.getsockname()[1])


def test_a_door_open_to_ipv6_alone_is_open_where_others_know_such_an_address() -> None:
    with socket.socket(socket.AF_INET6) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind(("::", 0))
        server.listen()
        assert listens_beyond_loopback(server.getsockname()[1]) is any(":" in one for one in own_addresses())


def test_loopback_is_no_address_others_know() -> None:
    assert not [one for one in own_addresses() if ip_address(one.partition("%")[0]).is_loopback]
