"""What comes as a press in Slack: nothing is believed but what Slack has signed just now."""

import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import ButtonElement

from engine.notify.slack_press import NotUnderstood, Press, is_slacks, pressed, tomorrow_morning

# Slack's own example: https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
AT = "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
NOW = datetime.fromtimestamp(int(AT), UTC)


def test_slacks_own_example_is_slacks() -> None:
    assert is_slacks(SECRET, BODY, AT, SIGNATURE, NOW)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_tolerated(seconds: int) -> None:
    at = datetime.fromtimestamp(int(AT) + seconds, UTC)
    assert is_slacks(SECRET, BODY, AT, SIGNATURE, at)


@pytest.mark.parametrize(
    ("secret", "body", "at", "signature", "later"),
    [
        ("another", BODY, AT, SIGNATURE, 0),
        (SECRET, BODY + b"x", AT, SIGNATURE, 0),
        (SECRET, BODY, "1531420619", SIGNATURE, 0),
        (SECRET, BODY, AT, SIGNATURE[:-1] + "4", 0),
        (SECRET, BODY, AT, SIGNATURE.upper(), 0),
        (SECRET, BODY, AT, "", 0),
        (SECRET, BODY, "", SIGNATURE, 0),
        (SECRET, BODY, "١٥٣١", SIGNATURE, 0),
        (SECRET, BODY, AT, "v0=\udcff" + SIGNATURE, 0),
        (SECRET, BODY, AT, SIGNATURE, 301),
        (SECRET, BODY, AT, SIGNATURE, -301),
    ],
    ids=[
        "another secret",
        "another body",
        "another time",
        "a forged one",
        "spelt otherwise",
        "no signature",
        "no time",
        "digits of another script",
        "no text",
        "too old",
        "of the future",
    ],
)
def test_anything_else_is_not(
    secret: str, body: bytes, at: str, signature: str, later: int
) -> None:
    now = datetime.fromtimestamp(int(AT) + later, UTC)
    assert not is_slacks(secret, body, at, signature, now)


def test_what_is_signed_and_very_long_ago_is_refused_not_an_error() -> None:
    at = "0"
    ours = hmac.new(SECRET.encode(), b"v0:0:" + BODY, hashlib.sha256).hexdigest()
    assert not is_slacks(SECRET, BODY, at, f"v0={ours}", NOW)


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


TICKET = UUID("d76f84dd-acc6-57b8-96a9-25825b409267")
PRESS: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U1"},
    "response_url": "https://hooks.slack.com/actions/T1/2/3",
    "actions": [{"action_id": "sla_acknowledge", "value": "abc", "action_ts": "1.2"}],
}


def test_a_press_says_who_pressed_what_and_when() -> None:
    (press,) = pressed(form(PRESS))
    url = "https://hooks.slack.com/actions/T1/2/3"
    assert press == Press("sla_acknowledge", "abc", "U1", "1.2", url)
    assert press.once == "slack:U1:1.2:sla_acknowledge"
    assert press.ticket is None
    assert not press.only_people


def test_a_press_as_slack_documents_it_is_understood() -> None:
    """All members of https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    that a button of a message has, the button as its own library makes it."""
    of_library: Any = ButtonElement(
        text="Acknowledge", action_id="sla_acknowledge", value=f"{TICKET} people", style="primary"
    )
    button: dict[str, Any] = of_library.to_dict()
    container = {
        "type": "message",
        "message_ts": "1548261231.000200",
        "channel_id": "CBR2V3XEX",
        "is_ephemeral": False,
    }
    documented: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": "T9TK3CUKW", "domain": "example"},
        "user": {"id": "UA8RXUSPL", "username": "jtorrance", "name": "jt", "team_id": "T9TK3CUKW"},
        "api_app_id": "AABA1ABCD",
        "token": "9s8d9as89d8as9d8as989",
        "container": container,
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": "CBR2V3XEX", "name": "review-updates"},
        "message": {"type": "message", "bot_id": "BAH5CA16Z", "user": "UAJ2RU415", "text": "..."},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091",
        "actions": [{**button, "block_id": "=qXel", "action_ts": "1548426417.840180"}],
    }
    (press,) = pressed(form(documented))
    assert (press.action, press.user) == ("sla_acknowledge", "UA8RXUSPL")
    assert (press.ticket, press.only_people) == (TICKET, True)
    assert press.once == "slack:UA8RXUSPL:1548426417.840180:sla_acknowledge"
    assert press.response_url == documented["response_url"]


def test_what_is_no_press_is_let_be() -> None:
    assert pressed(form({"type": "view_submission"})) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"payload",
        b"payload=",
        b"payload=%7B",
        b"payload=" + b"[" * 50_000,
        form([]),
        form({**PRESS, "user": None}),
        form({**PRESS, "user": {"id": 5}}),
        form({**PRESS, "user": {"id": "<!here>"}}),
        form({**PRESS, "actions": None}),
        form({**PRESS, "actions": ["x"]}),
        form({**PRESS, "actions": [{"action_id": "a"}]}),
        form({**PRESS, "actions": [{**PRESS["actions"][0], "action_ts": "now"}]}),
        form({**PRESS, "actions": [{**PRESS["actions"][0], "value": "x" * 500}]}),
        form({**PRESS, "response_url": ["x"]}),
    ],
)
def test_what_cannot_be_understood_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        pressed(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(PRESS)), json_values))
def test_no_payload_makes_it_fail(changed: dict[str, Any]) -> None:
    with contextlib.suppress(NotUnderstood):
        pressed(form({**PRESS, **changed, "type": "block_actions"}))


def test_tomorrow_morning_is_nine_oclock_there() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # in Berlin it is the 29th already
    assert tomorrow_morning(late, "UTC") == datetime(2026, 3, 29, 9, tzinfo=UTC)
    assert tomorrow_morning(late, "Europe/Berlin") == datetime(2026, 3, 30, 7, tzinfo=UTC)
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the clocks go forward in the night
    assert tomorrow_morning(before, "Europe/Berlin") == datetime(2026, 3, 29, 7, tzinfo=UTC)
