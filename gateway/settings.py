"""Settings of the service: PROCHE_* variables, read once at the start."""

import os
import secrets
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORT = 8080
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """Settings are missing or wrong; the message names every one, in French."""


class Settings(BaseSettings):
    """Every PROCHE_* variable; docs/operations.md says what each is for."""

    model_config = SettingsConfigDict(
        env_prefix="PROCHE_", env_file=ROOT / ".env", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    port: int = Field(DEFAULT_PORT, ge=1, le=65535)
    host: str = "127.0.0.1"
    internal_port: int = Field(0, ge=0, le=65535)
    rasa_port: int = Field(0, ge=0, le=65535)
    actions_port: int = Field(0, ge=0, le=65535)
    public_url: str = ""
    var_dir: Path = ROOT / "var"
    database_url: str = ""
    redis_url: str = ""
    tiles_url: str = ""
    osrm_url: str = Field("", pattern=r"^(https?://\S+)?$")
    rasa: Literal["on", "off"] = "on"
    operator_name: str = ""
    internal_token: SecretStr = SecretStr("")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""
    twilio_api_base: str = ""

    new_conversations_per_minute: int = Field(300, ge=1)
    reads_per_minute: int = Field(3000, ge=1)
    messages_per_second_per_conversation: int = Field(30, ge=1)
    messages_per_second_per_address: int = Field(100, ge=1)
    trusted_proxies: str = ""  # addresses, comma-separated, whose X-Forwarded-For is believed
    rasa_timeout_s: float = Field(8.0, gt=0, le=8.0)
    web_retention_hours: int = Field(24, ge=1, le=24)
    flag_retention_days: int = Field(7, ge=1, le=7)

    @model_validator(mode="after")
    def fill_what_follows_from_the_port(self) -> Self:
        shift = self.port - DEFAULT_PORT
        derived = {"internal_port": 8081 + shift, "rasa_port": 5005 + shift, "actions_port": 5055 + shift}
        for name, value in derived.items():
            if not getattr(self, name):
                if not 1 <= value <= 65535:
                    raise ValueError(f"PROCHE_{name.upper()} : le port {value}, déduit de PROCHE_PORT, n'existe pas")
                object.__setattr__(self, name, value)
        if len({self.port, self.internal_port, self.rasa_port, self.actions_port}) < 4:
            raise ValueError("deux des quatre ports sont les mêmes")
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://localhost:{self.port}")
        object.__setattr__(self, "var_dir", self.var_dir.resolve())
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite+aiosqlite:///{self.var_dir / 'proche.db'}")
        return self

    @model_validator(mode="after")
    def refuse_half_a_twilio_account(self) -> Self:
        values = {
            "PROCHE_TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "PROCHE_TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
            "PROCHE_TWILIO_FROM": self.twilio_from,
        }
        missing = [name for name, value in values.items() if not value]
        if len(missing) < len(values) and missing:
            raise ValueError(f"le compte Twilio est incomplet, il manque {', '.join(missing)}")
        return self

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}/webhooks/rest/webhook"


def load_settings() -> Settings:
    """Read the environment and make the secrets that are not given.

    Raises SettingsError naming every unknown or faulty variable in one message.
    """
    known = {f"PROCHE_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("PROCHE_") and name not in known)
    faults = [f"{name} : variable inconnue" for name in unknown]
    try:
        settings = Settings()
    except ValidationError as error:
        faults += [_fault(item) for item in error.errors()]
        settings = None
    if faults or settings is None:
        raise SettingsError("Réglages refusés :\n" + "\n".join(f"- {fault}" for fault in faults))
    if not settings.internal_token.get_secret_value():
        token = read_or_make_secret(settings.var_dir / "secrets" / "internal_token")
        settings = settings.model_copy(update={"internal_token": SecretStr(token)})
    return settings


def _fault(item: ErrorDetails) -> str:
    place = item["loc"]
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"PROCHE_{str(place[0]).upper()} : {message}" if place else message


def read_or_make_secret(path: Path) -> str:
    """Return the secret kept at `path`, made at random (256 bits) the first time; the file is 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(32)
        file.write(secret)
    return secret
