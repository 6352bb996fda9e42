"""What an answer over HTTP means for a delivery."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from engine.notify.message import Delivered, Outcome, Rejected, Retry
from engine.notify.post import LONGEST_WAIT, NoWayOut, http_client, post, retry_after
from tests.support.web import answering, serving

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECRET_URL = "https://hooks.example.com/services/T0/B0/SECRET"


async def outcome_of(
    answer: Callable[[httpx.Request], httpx.Response], yes: bytes | None = None
) -> Outcome:
    async with httpx.AsyncClient(transport=answering(answer)) as client:
        return await post(client, SECRET_URL, b"{}", {}, lambda: NOW, yes=yes)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:1", "a SOCKS proxy cannot be used"),
        ("ALL_PROXY", "ftp://me:secret@127.0.0.1:1", "must be named as http://host:port"),
        ("HTTPS_PROXY", "http://me:secret@127.0.0.1:1\n", "must be named as http://host:port"),
        ("SSL_CERT_FILE", "/nowhere", "the certificates cannot be read: No such file"),
    ],
)
def test_a_way_out_that_cannot_be_taken_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(NoWayOut, match=said) as refused:
        http_client()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_a_delivery(status: int) -> None:
    assert await outcome_of(lambda _: httpx.Response(status)) == Delivered()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(status: int) -> None:
    outcome = await outcome_of(lambda _: httpx.Response(status, text="later"))
    assert outcome == Retry(f"{status} later")


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410, 422])
async def test_what_will_not_pass_is_rejected_with_its_reason(status: int) -> None:
    outcome = await outcome_of(lambda _: httpx.Response(status, text="no_service\n"))
    assert outcome == Rejected(f"{status} no_service", only_this=status in (400, 422))


@pytest.mark.parametrize("status", [429, 503])
async def test_the_other_side_may_say_when(status: int) -> None:
    outcome = await outcome_of(lambda _: httpx.Response(status, headers={"Retry-After": "7"}))
    assert outcome == Retry(str(status), timedelta(seconds=7))


async def test_a_wait_that_is_too_long_is_cut_and_that_is_said() -> None:
    answer = httpx.Response(429, text="busy", headers={"Retry-After": "86400"})
    assert await outcome_of(lambda _: answer) == Retry(
        "429 busy (it asks to wait 1 day: 1 hour is the most)", LONGEST_WAIT
    )


@pytest.mark.parametrize(
    "body",
    ['{"ok":false,"error":"invalid_auth"}', "<!doctype html> Sign in", "", "okay", "not ok"],
)
async def test_where_one_word_means_yes_no_other_does(body: str) -> None:
    outcome = await outcome_of(lambda _: httpx.Response(200, text=body), yes=b"ok")
    assert outcome == Rejected(f"the answer is not 'ok': 200 {body}".strip())


async def test_the_word_that_means_yes_may_end_its_line() -> None:
    assert await outcome_of(lambda _: httpx.Response(200, text="ok\n"), yes=b"ok") == Delivered()


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        ("1.5", timedelta(seconds=1.5)),
        ("-3", timedelta(0)),
        ("99999999", timedelta(seconds=99999999)),
        ("Mon, 05 Jan 2026 09:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 05 Jan 2026 08:00:00 GMT", timedelta(0)),
        ("Mon, 05 Jan 2026 09:00:30 -0000", timedelta(seconds=30)),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_ignored(
    header: str | None, wait: timedelta | None
) -> None:
    assert retry_after(header, NOW) == wait


async def test_a_network_failure_is_tried_again_without_naming_the_address() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {SECRET_URL}", request=request)

    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(f"waited for {SECRET_URL}", request=request)

    assert await outcome_of(refuse) == Retry("no answer: ConnectError")
    assert await outcome_of(hang) == Retry("timed out")


@pytest.mark.parametrize(
    "url", ["hooks.example.com/x", "ftp://example.com", "http://host:port", ""]
)
async def test_an_address_that_is_none_is_rejected(url: str) -> None:
    async with http_client() as client:
        outcome = await post(client, url, b"{}", {}, lambda: NOW)
    assert outcome == Rejected("the configured address is no http(s) URL")


async def proxy(scope: Any, receive: Any, send: Any) -> None:
    """Takes whatever is for others, as if it had passed it on."""
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})


async def test_what_is_for_this_machine_goes_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ALL_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    async with serving(proxy) as url:
        monkeypatch.setenv("http_proxy", url)
        async with http_client() as client:

            async def sent_to(host: str) -> Outcome:
                return await post(client, f"http://{host}/hook", b"{}", {}, lambda: NOW)

            assert await sent_to("hooks.example.com:1") == Delivered()
            for host in ("127.0.0.1:1", "localhost:1", "[::1]:1"):
                assert await sent_to(host) == Retry("no answer: ConnectError"), host
