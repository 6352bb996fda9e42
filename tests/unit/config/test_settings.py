"""Settings from environment variables: defaults, clear errors, no secrets shown."""

from pathlib import Path

import pytest

from config import settings

VARIABLES = [name.upper() for name in settings.Settings.model_fields]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_any_variable_everything_has_a_default() -> None:
    found = settings.read()
    assert found.app_name == "SLA Tracking Service"
    assert found.debug is False
    assert found.database_url.get_secret_value() == ""
    assert found.slack_webhook_url.get_secret_value() == ""
    assert found.scheduler_interval == 60
    assert (found.warning_threshold, found.critical_threshold) == (0.15, 0.05)
    assert found.log_level == "INFO"
    assert found.ws_max_connections == 100
    assert found.sla_config == Path("sla_config.yaml")
    assert found.sla_data_dir == Path(".sla")
    assert found.api_tokens.get_secret_value() == ""
    assert found.api_tokens_file is None
    assert found.metrics_port is None
    assert found.max_batch_items == 10_000
    assert found.max_body_bytes == 16 * 1024 * 1024


def test_variables_are_taken_and_empty_ones_count_as_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://sla:secret@db/sla")
    monkeypatch.setenv("SCHEDULER_INTERVAL", "")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("DEBUG", "true")
    found = settings.read()
    assert found.database_url.get_secret_value() == "postgresql+asyncpg://sla:secret@db/sla"
    assert found.scheduler_interval == 60
    assert found.log_level == "DEBUG"
    assert found.debug is True


GIVEN = {
    "APP_NAME": "Desk",
    "DEBUG": "true",
    "DATABASE_URL": "postgresql://sla:secret@db/sla",
    "DATABASE_READ_URL": "postgresql://sla:secret@replica/sla",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0",
    "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
    "SLA_LINK_KEY": f"{'n' * 32} {'o' * 32}",
    "PUBLIC_URL": "https://sla.example.com",
    "ALLOWED_HOSTS": "sla.example.com",
    "PRIVATE_CALENDARS": "true",
    "SCHEDULER_INTERVAL": "5",
    "WARNING_THRESHOLD": "0.2",
    "CRITICAL_THRESHOLD": "0.1",
    "LOG_LEVEL": "debug",
    "WS_MAX_CONNECTIONS": "3",
    "SLA_CONFIG": "other.yaml",
    "SLA_DATA_DIR": "data",
    "API_TOKENS": "t:read",
    "SLA_PROXY_KEY": "p" * 32,
    "TOKEN_REQUESTS_A_MINUTE": "60",
    "API_TOKENS_FILE": "tokens",
    "METRICS_PORT": "9464",
    "MAX_BATCH_ITEMS": "7",
    "MAX_BODY_BYTES": "8",
}


@pytest.mark.parametrize("around", ["{}\n", "\ufeff{}\r\n", " {}\t"])
def test_a_value_from_a_file_means_the_same_as_one_that_is_typed(
    around: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(VARIABLES) == GIVEN.keys()
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    typed = settings.read()
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, around.format(value))
    assert settings.read() == typed


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SCHEDULER_INTERVAL", "0", "must be greater than 0"),
        ("SCHEDULER_INTERVAL", "soon", "must be a valid number"),
        ("SCHEDULER_INTERVAL", "inf", "must be less than or equal to 86400"),
        ("WARNING_THRESHOLD", "15", "a fraction between 0 and 1, such as 0.15 for 15 %"),
        ("CRITICAL_THRESHOLD", "nan", "a fraction between 0 and 1"),
        ("LOG_LEVEL", "LOUD", "must be 'DEBUG', 'INFO'"),
        ("DATABASE_URL", "mysql://sla@db/sla", "must begin with postgresql://"),
        ("PUBLIC_URL", "sla.example.com", "must be an address such as https://sla.example.com"),
        ("PUBLIC_URL", "https://", "must be an address"),
        ("SLA_LINK_KEY", f"{'n' * 32} short", "needs keys of 32 characters or more"),
        ("PUBLIC_URL", "https://[", "must be an address"),
        ("ALLOWED_HOSTS", "https://sla.example.com", "must be names such as sla.example.com"),
        ("ALLOWED_HOSTS", "sla.example.com:8000", "without https:// and port"),
        ("SLACK_WEBHOOK_URL", "hooks.slack.com/services/T0", "must begin with https://"),
        ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/a b", "holds a space"),
        ("SLACK_WEBHOOK_URL", "https://hooks.slack.com:https/", "a port that is none"),
        ("SLACK_WEBHOOK_URL", "https:///services/T0", "names no host"),
        ("DATABASE_URL", "postgresql://sla:secret\n@db/sla", "holds a line break"),
        ("DATABASE_URL", "\n", "holds nothing but white space"),
        ("API_TOKENS_FILE", " \n", "holds nothing but white space"),
        ("SLA_CONFIG", "one.yaml\ntwo.yaml", "holds a line break"),
        ("WS_MAX_CONNECTIONS", "-1", "must be greater than or equal to 0"),
        ("METRICS_PORT", "0", "must be greater than or equal to 1"),
        ("METRICS_PORT", "metrics", "must be a valid integer"),
        ("MAX_BATCH_ITEMS", "0", "must be greater than 0"),
        ("MAX_BODY_BYTES", "16 MiB", "must be a valid integer"),
        ("DEBUG", "maybe", "must be a valid boolean"),
    ],
)
def test_a_bad_value_is_refused_by_its_variables_name(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(settings.SettingsError) as caught:
        settings.read()
    assert str(caught.value).startswith(f"{name}: ")
    assert message in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_secrets_are_shown_neither_in_errors_nor_in_the_settings_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("API_TOKENS", "token-of-the-desk")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/secret-path")
    shown = repr(settings.read())
    assert "token-of-the-desk" not in shown
    assert "secret-path" not in shown
    monkeypatch.setenv("DATABASE_URL", "mysql://sla:the-password@db/sla")
    with pytest.raises(settings.SettingsError) as caught:
        settings.read()
    assert "the-password" not in str(caught.value)
