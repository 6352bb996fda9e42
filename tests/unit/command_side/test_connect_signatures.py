"""Only what the desk has signed, or brings its secret along, is the desk's."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.connect.moments import moment
from command_side.connect.preset import preset, presets
from command_side.connect.signatures import Request, verified
from tests.support.samples import body, signed

SECRET = "It's a Secret to Everybody"  # of GitHub's and Jira's own documentation
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADDRESS = "https://sla.example/connect/desk"
GITHUB = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
JIRA = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
STAMP = "2026-01-05T08:59:00Z"
ZENDESK = "TBtMb6ykCgUO3nYctmFADXWmrda5KVqbsUKTUzZQfuA="
"""Of STAMP and BODY: printf '%s' "$stamp$body" | openssl dgst -sha256 -hmac 'a secret' -binary."""
BODY = b'{"id": "1"}'


def request(
    content: bytes = BODY, address: str = ADDRESS, headers: Mapping[str, str] | None = None
) -> Request:
    return Request("POST", address, headers or {}, content)


@pytest.mark.parametrize(
    ("desk", "content", "headers"),
    [
        ("github", b"Hello, World!", {"x-hub-signature-256": GITHUB}),
        ("jira", b"Hello World!", {"x-hub-signature": JIRA}),
    ],
)
def test_the_desks_own_examples_are_verified(
    desk: str, content: bytes, headers: dict[str, str]
) -> None:
    good = request(content, headers=headers)
    assert verified(good, preset(desk), [SECRET], NOW)
    assert verified(good, preset(desk), ["the one before", SECRET], NOW)
    assert not verified(good, preset(desk), ["another"], NOW)
    assert not verified(good, preset(desk), [], NOW)
    assert not verified(request(content + b" ", headers=headers), preset(desk), [SECRET], NOW)
    assert not verified(request(content), preset(desk), [SECRET], NOW)


@pytest.mark.parametrize("written", ["aB3+x/Y==", "aB3%2Bx%2FY%3D%3D", "aB3%2Bx/Y==&dry_run=1"])
def test_a_secret_in_the_address_may_stand_there_as_openssl_has_made_it(written: str) -> None:
    asked = request(address=f"{ADDRESS}?token={written}")
    assert verified(asked, preset("freshdesk"), ["aB3+x/Y=="], NOW)
    assert not verified(asked, preset("freshdesk"), ["aB3x/Y=="], NOW)


@pytest.mark.parametrize("one", signed(), ids=lambda one: one["file"])
def test_signatures_of_real_desks_are_verified(one: dict[str, Any]) -> None:
    if one["desk"] not in presets():
        pytest.skip(f"there is no preset for {one['desk']}")
    headers = {name.lower(): value for name, value in one["headers"].items()}
    content = body(one["file"])
    stamps = [value for name, value in headers.items() if "timestamp" in name]
    if one["desk"] == "linear":
        stamps = [json.loads(content)["webhookTimestamp"]]
    now = moment(stamps[0]) + timedelta(seconds=10) if stamps else NOW
    known = preset(one["desk"])

    assert verified(Request("POST", one["uri"], headers, content), known, [one["secret"]], now)
    flipped = bytes([content[0] ^ 1, *content[1:]])
    signs = known.signature != () and "authorization" not in headers
    forged = Request("POST", one["uri"], headers, flipped)
    assert verified(forged, known, [one["secret"]], now) is not signs
    assert not verified(Request("POST", one["uri"], {}, content), known, [one["secret"]], now)


def zendesk(stamp: str = STAMP) -> Request:
    headers = {
        "x-zendesk-webhook-signature": ZENDESK,
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    return request(headers=headers)


def test_an_old_signature_is_refused_and_one_from_the_future() -> None:
    desk = preset("zendesk")
    assert verified(zendesk(), desk, ["a secret"], NOW)
    assert not verified(zendesk(), desk, ["a secret"], NOW + timedelta(minutes=5))
    assert not verified(zendesk(), desk, ["a secret"], NOW - timedelta(minutes=7))
    assert not verified(zendesk("2026-01-05T08:58:00Z"), desk, ["a secret"], NOW)
    assert not verified(zendesk("yesterday"), desk, ["a secret"], NOW)


@pytest.mark.parametrize(
    ("headers", "address", "right"),
    [
        ({"authorization": "Basic ZGVzazphIHNlY3JldA=="}, ADDRESS, True),
        ({"authorization": "basic  ZGVzazphIHNlY3JldA=="}, ADDRESS, True),
        ({"authorization": "Basic ZGVzazphbm90aGVy"}, ADDRESS, False),
        ({"authorization": "Basic ZGVzaw=="}, ADDRESS, False),
        ({"authorization": "Basic no base64"}, ADDRESS, False),
        ({"authorization": "Bearer ZGVzazphIHNlY3JldA=="}, ADDRESS, False),
        ({"x-sla-token": "a secret"}, ADDRESS, True),
        ({"x-sla-token": "a secre"}, ADDRESS, False),
        ({}, f"{ADDRESS}?token=a%20secret", True),
        ({}, f"{ADDRESS}?token=", False),
        ({}, ADDRESS, False),
    ],
)
def test_a_desk_that_signs_nothing_brings_the_secret_along(
    headers: dict[str, str], address: str, right: bool
) -> None:
    asked = request(headers=headers, address=address)
    assert verified(asked, preset("freshdesk"), ["a secret"], NOW) is right


def test_nobody_writes_without_a_secret() -> None:
    for name in presets():
        assert not verified(request(address=f"{ADDRESS}?token="), preset(name), [""], NOW)


@given(st.text(), st.binary())
def test_whatever_comes_is_answered(given: str, content: bytes) -> None:
    headers = {
        "x-hub-signature": given,
        "x-hub-signature-256": given,
        "x-zendesk-webhook-signature": given,
        "x-zendesk-webhook-signature-timestamp": given,
        "authorization": f"Basic {given}",
    }
    for name in presets():
        asked = request(content, f"{ADDRESS}?token={json.dumps(given)}", headers)
        assert not verified(asked, preset(name), ["a secret of its own"], NOW)
