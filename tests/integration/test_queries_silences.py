"""The list of silences: what is planned, in force or over, and what each has muted."""

from typing import Any
from uuid import UUID

import httpx

from command_side.deciding.events import ticket_id
from tests.support.house import House, get
from tests.support.recorded import SOURCE, at, escalated, opened, plain, raised, text

ONE, TWO = UUID(int=1), UUID(int=2)


def silence(number: UUID, until: float, **more: Any) -> dict[str, Any]:
    return {
        "silence_id": str(number),
        "matchers": {"priority": ["p1", None]},
        "until": text(at(until)),
        "reason": "work",
        **more,
    }


async def made(house: House, *silences: dict[str, Any]) -> None:
    for body in silences:
        event = plain("silence.created.v1", body, {"by": "jane"})
        await house.tell(body["silence_id"], event, source="")


async def test_one_that_recurs_says_when_it_is_in_force_and_when_the_next_time_is(
    house: House, client: httpx.AsyncClient
) -> None:
    windows = [{"start": text(at(when)), "until": text(at(when + 10))} for when in (20, 60)]
    how = {"rrule": "FREQ=DAILY;COUNT=2", "time_zone": "UTC"}
    await made(house, silence(ONE, 70, windows=windows, **how))
    states: list[Any] = []
    for when in (0, 20, 30, 65, 70):
        house.now = at(when)
        (one,) = (await get(client, "/silences"))["items"]
        states.append((one["state"], one["active"], one["window_until"], one["next_from"]))

    assert states == [
        ("planned", False, None, text(at(20))),
        ("in_force", True, text(at(30)), text(at(60))),
        ("planned", False, None, text(at(60))),
        ("in_force", True, text(at(70)), None),
        ("ended", False, None, None),
    ]
    assert (one["from"], one["until"], one["windows"]) == (text(at(20)), text(at(70)), 2)
    assert (one["rrule"], one["time_zone"]) == ("FREQ=DAILY;COUNT=2", "UTC")
    assert one["matchers"] == {"priority": ["p1", None]}

    event = plain("silence.ended.v1", {"silence_id": str(ONE), "ended_at": text(at(15))})
    await house.tell(str(ONE), event, source="")
    house.now = at(16)
    (one,) = (await get(client, "/silences"))["items"]
    assert (one["state"], one["next_from"]) == ("ended", None)


async def test_each_says_what_it_has_muted_and_one_that_mutes_nothing_too(
    house: House, client: httpx.AsyncClient
) -> None:
    await made(house, silence(ONE, 60), silence(TWO, 60))
    quiet: dict[str, Any] = {"suppressed": "silenced", "silenced_by": [str(ONE)]}
    await house.tell(
        "T-1", opened("T-1"), raised("T-1", **quiet), raised("T-1", at(57), severity="critical")
    )
    many = [raised("T-2", **quiet, alert_id=f"T-2-{one}") for one in range(12)]
    await house.tell("T-2", opened("T-2"), *many)
    reminded = {"because": "silenced", "alert_id": "T-1-told", "silenced_by": [str(ONE)]}
    kept_back = [reminded | {"route": route} for route in ("Pager", "Boss")]
    event = plain("ticket.not_reminded.v1", {"reminders": kept_back})
    await house.tell("T-1", event)
    await house.tell("T-2", escalated("T-2", 2, at(58), **quiet, alert_id="T-2-level"))

    items = (await get(client, "/silences"))["items"]
    first, second = sorted(items, key=lambda one: one["silence_id"])

    assert (first["muted_alerts"], first["muted_tickets"]) == (14, 2)
    assert (second["muted_alerts"], second["muted_tickets"], second["muted"]) == (0, 0, [])
    assert (first["muted_reminders"], second["muted_reminders"]) == (2, 0)
    assert len(first["muted"]) == 10  # the newest
    newest = first["muted"][0]
    assert (newest["type"], newest["external_id"]) == ("escalation", "T-2")
    assert newest["ticket_id"] == str(ticket_id(SOURCE, "T-2"))
    assert {one["external_id"] for one in first["muted"]} == {"T-2"}


async def test_what_is_in_force_is_asked_for_apart_from_what_is_over(
    house: House, client: httpx.AsyncClient
) -> None:
    three = UUID(int=3)
    later = silence(three, 90, windows=[{"start": text(at(80)), "until": text(at(90))}])
    await made(house, silence(ONE, 60), silence(TWO, 10), later)
    house.now = at(20)

    async def found(**asked: Any) -> tuple[set[str], int]:
        page = await get(client, "/silences", **asked)
        return {one["state"] for one in page["items"]}, page["total"]

    assert await found(over=False) == ({"in_force", "planned"}, 2)
    assert await found(over=True) == ({"ended"}, 1)
    assert await found() == ({"in_force", "planned", "ended"}, 3)
