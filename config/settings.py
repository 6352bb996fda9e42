"""Settings from the environment, read once by `ops/wiring.py`."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.environment import address_fault, cleaned, fault


class SettingsError(Exception):
    """The environment cannot be used; one line for each variable, never with its value."""


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _fraction(value: float) -> float:
    if not 0 < value < 1:
        raise ValueError("must be a fraction between 0 and 1, such as 0.15 for 15 %")
    return value


def _postgresql(url: SecretStr) -> SecretStr:
    scheme = url.get_secret_value().partition("://")[0].partition("+")[0]
    if url.get_secret_value() and scheme not in ("postgresql", "postgres"):
        raise ValueError("must begin with postgresql:// (or be empty for the embedded database)")
    return url


def _web_address(url: SecretStr) -> SecretStr:
    if url.get_secret_value() and (found := address_fault(url.get_secret_value())):
        raise ValueError(f"{found} (or be empty)" if found.startswith("must") else found)
    return url


def _home(url: str) -> str:
    if url and address_fault(url):
        raise ValueError("must be an address such as https://sla.example.com (or be empty)")
    return url


def _keys(text: SecretStr) -> SecretStr:
    if any(len(key) < SHORTEST_KEY for key in text.get_secret_value().split()):
        raise ValueError(
            f"needs keys of {SHORTEST_KEY} characters or more, such as openssl rand -hex 32 makes"
        )
    return text


def _host_names(text: str) -> str:
    if not _HOST_NAMES.fullmatch(text.strip()):
        raise ValueError("must be names such as sla.example.com, without https:// and port")
    return text


_HOST_NAMES = re.compile(r"[\w.-]*(?:[\s,]+[\w.-]+)*,?")
LISTS = frozenset({"api_tokens", "allowed_hosts"})
"""Between their parts may be any white space; their readers say what is wrong with them."""
SHORTEST_KEY = 32
"""Characters: who has guessed it may answer for everybody."""
Fraction = Annotated[float, AfterValidator(_fraction)]


class Settings(BaseSettings):
    """Every environment variable, in small letters. Empty variables count as not set; white space
    around a value does not count, and one that holds nothing else is a file never filled in."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    app_name: str = "SLA Tracking Service"
    debug: bool = False
    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] = SecretStr("")
    """Empty: the embedded PostgreSQL in `sla_data_dir`."""
    database_read_url: Annotated[SecretStr, AfterValidator(_postgresql)] = SecretStr("")
    """A replica of it, for what may be a little behind; empty: there is none."""
    slack_webhook_url: Annotated[SecretStr, AfterValidator(_web_address)] = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    """Of the Slack app whose buttons are taken; empty: messages have none."""
    sla_link_key: Annotated[SecretStr, AfterValidator(_keys)] = SecretStr("")
    """What the links are signed with by which people answer messages, or two keys with a space
    between while one is replaced: the first signs. Empty: messages have none."""
    public_url: Annotated[str, AfterValidator(_home)] = ""
    """Where people reach this service, for links in messages; empty: no links."""
    allowed_hosts: Annotated[str, AfterValidator(_host_names)] = ""
    """More names under which people reach it while there are no tokens; commas or blanks between
    them. Addresses, names without a dot and the host of `public_url` are always taken."""
    private_calendars: bool = False
    """Whether the calendars of who is on call may be fetched from a network of one's own."""
    scheduler_interval: Annotated[float, Field(gt=0, le=86_400)] = 60
    """Seconds between safety sweeps."""
    warning_threshold: Fraction = 0.15
    """Fraction of the target that remains; the percentages of the YAML win."""
    critical_threshold: Fraction = 0.05
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)
    ] = "INFO"
    ws_max_connections: Annotated[int, Field(ge=0)] = 100
    sla_config: Path = Path("sla_config.yaml")
    sla_data_dir: Path = Path(".sla")
    api_tokens: SecretStr = SecretStr("")
    api_tokens_file: Path | None = None
    sla_proxy_key: Annotated[SecretStr, AfterValidator(_keys)] = SecretStr("")
    """With which a proxy in front signs whom it has recognised, or two keys with a space between
    while one is replaced. Empty: nobody is believed."""
    token_requests_a_minute: Annotated[int, Field(ge=0)] = 0
    """Of each token, in each process, unless it has a number of its own; 0: as many as it likes."""
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Where `sla serve` answers `/metrics`, and nothing else; None: beside all else."""
    max_batch_items: PositiveInt = 10_000
    max_body_bytes: PositiveInt = 16 * 1024 * 1024

    @field_validator("*", mode="before")
    @classmethod
    def _as_it_was_meant(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        meant = cleaned(value)
        if info.field_name in LISTS:
            return meant or value
        if value and not meant:
            raise ValueError("holds nothing but white space; unset it, or fill it in")
        if found := fault(meant):
            raise ValueError(found)
        return meant


def read() -> Settings:
    """The settings of the process's environment; raises `SettingsError` with every bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_variable(each['loc'])}: {_message(each)}" for each in error.errors()]
        # Not chained: the original error repeats what was given, which may be a secret.
        raise SettingsError("\n".join(lines)) from None


def _variable(location: tuple[str | int, ...]) -> str:
    return "_".join(str(part) for part in location).upper()


def _message(details: ErrorDetails) -> str:
    if details["type"] == "value_error":
        return str(details.get("ctx", {})["error"])
    return details["msg"].replace("Input should", "must")
