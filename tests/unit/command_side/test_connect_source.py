"""What a source may say of its desk's API and of its times."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from command_side.connect.source import Source

ZENDESK: dict[str, Any] = {
    "desk": "zendesk",
    "unsigned": True,
    "api_url": "https://acme.example",
    "api_token_env": "TOKEN",
}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"desk": "freshdesk"}, "api_url is for desks whose API is known: github, jira, zendesk"),
        ({"api_token_env": None}, "needs api_token_env"),
        ({"api_url": None}, "needs api_url"),
        ({"desk": "github"}, "needs api_projects"),
        ({"reconcile": "25h"}, "between 1m and 24h"),
        ({"reconcile": "often"}, "String should match"),
        ({"api_projects": ('A" OR project is not empty',)}, "String should match"),
        ({"api_projects": ("../user",)}, "owner/name"),
        ({"api_url": "ftp://acme.example"}, "http"),
        ({"api_url": "https://ann:secret@acme.example"}, "no name or password"),
    ],
)
def test_what_could_not_be_asked_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Source.model_validate({**ZENDESK, **given})
    assert why in str(refused.value)


def test_how_often_it_is_asked_is_said_in_minutes_or_hours() -> None:
    for text, every in (("15m", timedelta(minutes=15)), ("2h", timedelta(hours=2))):
        assert Source.model_validate({**ZENDESK, "reconcile": text}).reconciles_every == every
    assert Source.model_validate(ZENDESK).reconciles_every is None


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"fields": {"due": {"find": "body.due", "zone": "Mars/Base"}}}, "fields.due.zone"),
        ({"exports": ({"about": "x", "columns": ("id",), "zone": "Mars/Base"},)}, "exports.0.zone"),
    ],
)
def test_a_time_zone_that_there_is_not_is_refused(given: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Source.model_validate({**ZENDESK, **given})
    (error,) = refused.value.errors()
    assert ".".join(map(str, error["loc"])) == where
    assert "unknown time zone 'Mars/Base'" in error["msg"]
