"""A server of Rasa's that other machines can reach is never used."""

import socket

import pytest

from gateway.doctor import listens_beyond_loopback


@pytest.mark.parametrize(("address", "reachable"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_server_is_found_reachable_by_its_address(address: str, reachable: bool) -> None:
    with socket.create_server((address, 0)) as server:
        assert listens_beyond_loopback(server.getsockname()[1]) is reachable
