"""Settings: what is missing or wrong is told at once, all of it."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.settings.Settings.model_config", {**_config(), "env_file": None})
    monkeypatch.setenv("PROCHE_VAR_DIR", str(tmp_path))


def _config() -> dict[str, object]:
    from gateway.settings import Settings

    return dict(Settings.model_config)


def test_inner_ports_follow_the_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_PORT", "8180")
    settings = load_settings()
    assert (settings.internal_port, settings.rasa_port, settings.actions_port) == (8181, 5105, 5155)


def test_every_fault_is_named_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_PORTT", "1")
    monkeypatch.setenv("PROCHE_RASA", "perhaps")
    monkeypatch.setenv("PROCHE_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert all(name in str(error.value) for name in ("PROCHE_PORTT", "PROCHE_RASA", "PROCHE_LOG_LEVEL"))


@pytest.mark.parametrize("missing", ["ACCOUNT_SID", "AUTH_TOKEN", "FROM"])
def test_half_a_twilio_account_stops_the_start(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in {"ACCOUNT_SID", "AUTH_TOKEN", "FROM"} - {missing}:
        monkeypatch.setenv(f"PROCHE_TWILIO_{name}", "secret-value")
    with pytest.raises(SettingsError, match=f"PROCHE_TWILIO_{missing}") as error:
        load_settings()
    assert "secret-value" not in str(error.value)


def test_two_ports_that_are_the_same_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_RASA_PORT", "8080")
    with pytest.raises(SettingsError, match="ports"):
        load_settings()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "", "8080.5"])
def test_a_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PROCHE_PORT", port)
    with pytest.raises(SettingsError, match="PROCHE_PORT"):
        load_settings()


def test_a_port_from_which_the_inner_ones_cannot_follow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_PORT", "65535")
    with pytest.raises(SettingsError, match="PROCHE_INTERNAL_PORT"):
        load_settings()


def test_a_refusal_repeats_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_RASA_TIMEOUT_S", "secret-value")
    with pytest.raises(SettingsError, match="PROCHE_RASA_TIMEOUT_S") as error:
        load_settings()
    assert "secret-value" not in str(error.value)


def test_retention_may_be_lowered_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCHE_WEB_RETENTION_HOURS", "48")
    with pytest.raises(SettingsError, match="PROCHE_WEB_RETENTION_HOURS"):
        load_settings()


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    assert first.internal_token == second.internal_token
    assert (tmp_path / "secrets" / "internal_token").stat().st_mode & 0o777 == 0o600
    assert first.internal_token.get_secret_value() not in repr(first)
