"""Where a route tells whoever is on call, the notice names them, and goes where that tells them."""

from collections.abc import Sequence

from msgspec import structs

from command_side.deciding.events import Gather, Notice, OnCall, Told
from command_side.deciding.naming import named
from command_side.deciding.on_call import NOBODY_ON_CALL, RotaBook
from engine.sla.rotations import Plan, Rotation, Shift
from tests.support.formats.notices import TOLD
from tests.support.rotas import book, read

ROTATIONS = {
    "payments": Rotation("payments", ("slack", "mail"), ("boss",)),
    "ops": Rotation("ops", ("slack",)),
}
KNOWN = book(
    read(Plan((Shift(0, 100, "anna"), Shift(0, 100, "ben", 2))), 0),
    read(Plan((Shift(50, 60, "chloe"),)), 0, "ops"),
)
LOW = structs.replace(TOLD, escalation_level=1, milestone="level:1")
PAYMENTS, OPS = OnCall(rotation="payments", version=1), OnCall(rotation="ops", version=2)


def notice(*to: str, alerts: tuple[Told, ...] = (LOW,)) -> Notice:
    return Notice(to=to, alerts=alerts)


def told(
    *notices: Notice, at: int = 55, by: RotaBook = KNOWN, before: Sequence[Notice] = ()
) -> list[Notice]:
    """`before` is what rotations told before, each of which is gone."""
    return [*named(notices, ROTATIONS, {"pager"}, by, at, lambda _: before)]


def test_without_a_rotation_nothing_is_changed() -> None:
    assert told(notice("slack", "ops")) == [notice("slack", "ops")]
    assert told() == []


def test_the_channels_of_a_rotation_tell_those_who_are_on_call() -> None:
    (found,) = told(notice("on-call:payments"))
    assert found == Notice(
        to=("slack", "mail"), alerts=(LOW,), people=("anna",), on_call=(PAYMENTS,)
    )


def test_the_highest_level_of_a_notice_decides_who_is_meant() -> None:
    (found,) = told(notice("on-call:payments", alerts=(LOW, TOLD)))
    assert found.people == ("anna", "ben")


def test_a_channel_is_told_once_whoever_sends_it_there() -> None:
    slack, mail, pager = told(notice("slack", "on-call:payments", "on-call:ops", "pager"))
    assert (slack.to, slack.people, slack.on_call) == (
        ("slack",),
        ("anna", "chloe"),
        (PAYMENTS, OPS),
    )
    assert (mail.to, mail.people, mail.on_call) == (("mail",), ("anna",), (PAYMENTS,))
    assert pager == notice("pager")


def test_what_several_notices_tell_a_channel_is_one() -> None:
    (slack, mail) = told(notice("on-call:payments", alerts=(TOLD,)), notice("slack", alerts=(LOW,)))
    assert (slack.to, slack.alerts) == (("slack",), (TOLD, LOW))
    assert (mail.to, mail.alerts) == (("mail",), (TOLD,))


def test_when_nobody_is_on_call_the_fallback_is_told_and_the_notice_says_so() -> None:
    (found,) = told(notice("on-call:payments"), at=100)
    assert found.people == ("boss",)
    assert found.on_call == (OnCall(rotation="payments", version=1, fallback=True),)
    (found,) = told(notice("on-call:ops"), by=NOBODY_ON_CALL)
    assert (found.to, found.people) == (("slack",), ())
    assert found.on_call == (OnCall(rotation="ops", version=0, fallback=True),)


def test_a_rotation_that_is_not_configured_any_more_tells_nobody() -> None:
    assert told(notice("on-call:gone", "slack")) == [notice("slack")]


def test_what_is_gathered_waits_no_longer_than_either_notice_and_not_for_what_tells_alone() -> None:
    short, long = Gather(key="a", wait=10), Gather(key="b", wait=30)
    of_short = structs.replace(notice("on-call:payments", "pager"), gather=short)
    of_long = structs.replace(notice("slack", alerts=(TOLD,)), gather=long)

    assert {one.to: one.gather for one in told(of_short)} == {
        ("slack", "mail"): short,
        ("pager",): None,
    }
    for both in ((of_short, of_long), (of_long, of_short)):
        assert {one.to: one.gather for one in told(*both)}[("slack",)] == short
    at_once = structs.replace(of_long, gather=None)
    assert {one.to: one.gather for one in told(of_short, at_once)}[("slack",)] is None


GONE = OnCall(rotation="gone", version=4)
BEFORE = Notice(to=("mail",), alerts=(LOW,), people=("anna",), on_call=(PAYMENTS, GONE))


def test_of_a_rotation_that_is_gone_those_are_told_who_were_before() -> None:
    ended = structs.replace(TOLD, type="ended", state="met")
    (found,) = told(notice("on-call:gone", alerts=(ended,)), before=[BEFORE, BEFORE])
    assert found == Notice(to=("mail",), alerts=(ended,), people=("anna",), on_call=(GONE,))


def test_of_what_becomes_of_another_clock_they_are_not_told() -> None:
    ended = structs.replace(TOLD, type="ended", state="met", clock="response")
    assert told(notice("on-call:gone", alerts=(ended,)), before=[BEFORE]) == []


def test_only_who_was_told_of_an_alert_is_reminded_of_it_and_hears_that_it_is_taken_back() -> None:
    other = structs.replace(LOW, alert_id="another")
    for what in ("reminder", "retracted"):
        one, another = (structs.replace(each, type=what) for each in (LOW, other))
        (found,) = told(notice("on-call:gone", alerts=(one, another)), before=[BEFORE])
        assert found.alerts == (one,)
