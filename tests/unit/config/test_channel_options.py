"""What a channel's type refuses of its options, with key and line; and which variables it needs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from config.addresses import NoAddress, Variables
from config.loading import ConfigError, Loaded, load
from engine.notify import apprise
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.options import Options, Tools

MAIL = "type: email, host: smtp.example.com, from: sla@example.com"
LOGIN = "user_env: SMTP_USER, password_env: SMTP_PASSWORD"


def loaded(channel: str, *, stored: bool = False) -> Loaded:
    text = f"sla_targets: {{gold: {{}}}}\nnotifications:\n  channels:\n    one: {{{channel}}}\n"
    return load(
        text,
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
        stored=stored,
    )


def built(channel: str, environment: dict[str, str], *, stored: bool = False) -> Any:
    (one,) = loaded(channel, stored=stored).channels
    assert isinstance(one.options, Options)
    variables, now = Variables(environment), datetime(2026, 1, 5, tzinfo=UTC)
    return one.options.channel(
        Tools(variables, httpx.AsyncClient(), lambda: now, "https://sla", timedelta(0))
    )


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("type: log, to: a@example.com", "to: applies to channels of the type email only"),
        ("type: teams", "url_env: is missing"),
        ("type: teams, url_env: T, mention: x", "mention: applies to channels of the type slack"),
        ("type: apprise", "urls_env: is missing"),
        ("type: apprise, urls_env: tgram://hunter2", "urls_env: is the name of an environment"),
        ("type: log, level: info", "level: unknown key"),
        ("type: email, host: smtp.example.com", "from: is missing"),
        ("type: email, from: sla@example.com", "host: is missing"),
        (f"{MAIL}, form: x", "form: unknown key; did you mean 'from'?"),
        (f"{MAIL}, security: ssl", "security: 'ssl' is none of 'starttls', 'tls' or 'none'"),
        (f"{MAIL}, port: 0", "port: must be greater than or equal to 1"),
        (f"{MAIL}, to: Anna", "to[0]: must be an address such as sla@example.com"),
        (f'{MAIL}, to: "a@example.com\\nBcc: b@example.com"', "to[0]: must be an address"),
        (f"{MAIL}, to: [a@example.com, SLA@example.com]", "to: must not be who it is `from`"),
        ("type: email, host: smtp://x, from: sla@example.com", "host: must be the name or address"),
        (f"{MAIL}, user_env: SMTP_USER", "password_env: is missing: there is a user without"),
        (f"{MAIL}, password_env: P", "password_env: is a password without a user"),
        (f"{MAIL}, password_env: hunter2!", "password_env: is the name of an environment variable"),
        (f"{MAIL}, security: none, {LOGIN}", "password_env: would be sent in the open"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key_and_line(channel: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(channel)
    (problem,) = refused.value.problems
    assert problem.line == 4
    assert "hunter2" not in problem.message
    assert f"{problem.key}: {problem.message}".startswith(f"notifications.channels.one.{sentence}")


@pytest.mark.parametrize(
    ("channel", "variables", "unset"),
    [
        (f"{MAIL}, {LOGIN}", {"SMTP_USER": "sla"}, "SMTP_PASSWORD is not set"),
        ("type: teams, url_env: TEAMS", {"TEAMS": "prod-1.logic"}, "TEAMS must begin with https"),
        ("type: apprise, urls_env: URLS", {}, "URLS is not set"),
        (
            "type: apprise, urls_env: URLS",
            {"URLS": "json://localhost nosuch://hunter2"},
            "URLS holds what apprise does not know: address 2$",
        ),
    ],
)
def test_a_variable_that_is_of_no_use_is_named(
    channel: str, variables: dict[str, str], unset: str
) -> None:
    with pytest.raises(NoAddress, match=unset):
        built(channel, variables)


@pytest.mark.parametrize(
    "channel",
    [
        "type: log",
        "type: apprise, urls_env: URLS",
        f"{MAIL}, to: a@example.com",
        f"{MAIL}, security: none",
        f"{MAIL}, {LOGIN}",
    ],
)
def test_a_channel_is_built_of_what_is_given(channel: str) -> None:
    urls = "json://localhost/x, ntfy://topic"
    built(channel, {"SMTP_USER": "sla", "SMTP_PASSWORD": "hush", "URLS": urls})


OF_EACH_TYPE = {
    "apprise": "type: apprise, urls_env: URLS",
    "email": MAIL,
    "log": "type: log",
    "pagerduty": "type: pagerduty, routing_key_env: KEY",
    "slack": "type: slack, url_env: URL",
    "teams": "type: teams, url_env: URL",
    "webhook": "type: webhook, url_env: URL",
}


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
def test_a_type_says_that_it_tells_of_many_just_if_its_channels_do(kind: str) -> None:
    """The configuration knows the one, and the courier the other."""
    channel = OF_EACH_TYPE[kind]
    (one,) = loaded(channel).channels
    variables = {"URL": "https://example.com/x", "URLS": "json://localhost", "KEY": "0" * 32}
    assert one.tells_alone == (built(channel, variables).pace.group_above is None)


def test_without_the_library_apprise_it_is_refused_with_the_command_unless_in_force_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(_: str) -> None:
        return None

    monkeypatch.setattr(apprise, "find_spec", nothing)
    with pytest.raises(
        ConfigError, match=r"pip install apprise \(the extra `apprise`\)"
    ) as refused:
        loaded("type: apprise, urls_env: URLS")
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (4, "notifications.channels.one.urls_env")
    with pytest.raises(NoAddress, match="URLS needs the library apprise: pip install"):
        built("type: apprise, urls_env: URLS", {"URLS": "json://localhost"}, stored=True)
