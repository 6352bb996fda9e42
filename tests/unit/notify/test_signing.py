"""How a webhook is signed, held to the library that its receivers verify with."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from engine.notify.signing import BadSecret, identity, signature, signer
from ops.wiring import now
from tests.support.notices import T0

NEW = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD = "whsec_" + base64.b64encode(bytes(range(1, 25))).decode()
FREE = "any old words"
CONTENT = '{"title": "Größe"}'.encode()


def headers(secret: str, at: datetime, key: str = "a1:alert:ops") -> dict[str, str]:
    who = identity(key, at)
    return {**who, **signer(secret).headers(who["webhook-id"], at, CONTENT)}


def test_what_is_signed_is_verified_by_the_standards_own_library() -> None:
    assert Webhook(NEW).verify(CONTENT, headers(NEW, now())) == {"title": "Größe"}


def test_the_standards_own_example_has_this_signature() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("known", [NEW, OLD, FREE.encode()])
def test_while_a_secret_is_replaced_receivers_may_know_any_of_them(known: str | bytes) -> None:
    together = f"{NEW} {OLD}" if isinstance(known, str) else FREE
    assert Webhook(known).verify(CONTENT, headers(together, now())) is not None
    with pytest.raises(WebhookVerificationError):
        Webhook(b"another").verify(CONTENT, headers(together, now()))


def test_a_secret_of_before_may_stand_beside_the_one_that_replaces_it() -> None:
    sent = headers(f"{NEW} before", T0)
    seconds = int(T0.timestamp())
    assert sent["X-SLA-Signature"] == f"t={seconds},v1={signature('before', seconds, CONTENT)}"
    assert len(sent["webhook-signature"].split()) == 2


def test_the_old_header_is_signed_with_the_text_as_it_is() -> None:
    at = int(T0.timestamp())
    expected = hmac.new(NEW.encode(), f"{at}.".encode() + CONTENT, sha256).hexdigest()
    assert headers(NEW, T0)["X-SLA-Signature"] == f"t={at},v1={expected}"


def test_every_attempt_has_its_own_instant_and_the_same_name() -> None:
    first, later = (identity("k", T0 + timedelta(seconds=wait)) for wait in (0, 90))
    assert first["webhook-id"] == later["webhook-id"]
    assert int(later["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 90


def test_a_name_is_ascii_and_has_no_full_stop_which_ends_it_in_what_is_signed() -> None:
    assert identity("a1:alert:süd.west", T0)["webhook-id"] == "a1:alert:s%C3%BCd%2Ewest"
    assert Webhook(NEW).verify(CONTENT, headers(NEW, now(), "a1:alert:süd.west")) is not None


@pytest.mark.parametrize(
    "text", ["whsec_", "whsec_c2hvcnQ=", "whsec_not/base64!" + "A" * 40, f"{NEW} whsec_", "whsec_é"]
)
def test_what_is_no_secret_of_the_standard_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadSecret) as refused:
        signer(text)
    assert str(refused.value) == "must be whsec_ and the base64 of 24 to 64 bytes"


def test_base64_without_its_padding_is_a_secret() -> None:
    assert signer("whsec_" + base64.b64encode(bytes(25)).decode().rstrip("=")).keys == (bytes(25),)
