"""The board: states at the request's instant, filters, pages, sorting, counts."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.house import House, get
from tests.support.recorded import NINE, acknowledged, at, cycle, observed, opened, text

STILL: dict[str, Any] = dict.fromkeys(("warning_at", "critical_at", "breached_at", "due_at"))
"""Of a ticket of which no clock runs: there is no deadline, and nothing ahead of it."""


async def board(client: httpx.AsyncClient, **parameters: Any) -> Any:
    return await get(client, "/dashboard", **parameters)


def names(found: Any) -> list[str]:
    return [item["external_id"] for item in found["items"]]


async def state_at(house: House, client: httpx.AsyncClient, minutes: float) -> str:
    house.now = at(minutes)
    found = await board(client)
    [item] = found["items"]
    assert found["summary"][item["sla_state"]] == 1
    assert sum(found["summary"].values()) == 1
    return item["sla_state"]


async def test_the_state_is_that_of_the_instant_of_asking(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))

    assert await state_at(house, client, 50.99) == "compliant"
    assert await state_at(house, client, 51) == "warning"
    assert await state_at(house, client, 56.99) == "warning"
    assert await state_at(house, client, 57) == "critical"
    assert await state_at(house, client, 60) == "critical"
    house.now = at(60) + timedelta(microseconds=1)
    [item] = (await board(client))["items"]
    assert (item["sla_state"], item["due_in_seconds"]) == ("breached", -0.000001)


async def test_a_state_that_was_decided_stays_whatever_the_time(
    house: House, client: httpx.AsyncClient
) -> None:
    for state in ("compliant", "warning", "critical", "breached", "untracked"):
        await house.tell(state, opened(state, state=state, **STILL))
    house.now = at(10_000)

    found = await board(client, sort="external_id")

    assert {item["external_id"]: item["sla_state"] for item in found["items"]} == {
        state: state for state in ("compliant", "warning", "critical", "breached", "untracked")
    }
    assert found["summary"] == {
        "compliant": 1,
        "warning": 1,
        "critical": 1,
        "breached": 1,
        "untracked": 1,
    }


async def four_tickets(house: House) -> None:
    await house.tell("A-1", opened("A-1", due_at=text(at(30)), priority="P0"))
    await house.tell("B-2", opened("B-2", customer_tier="Standard", **STILL))
    await house.tell(
        "C-3", opened("C-3", due_at=text(at(20)), status="In Progress", phase="active")
    )
    await house.tell("D-4", opened("D-4", due_at=text(at(40)), state="breached"))
    await house.tell("D-4", observed(at(1), {}, {"assigned_to": "Ann"}, state="breached"))


async def test_the_soonest_deadline_comes_first_and_none_comes_last(
    house: House, client: httpx.AsyncClient
) -> None:
    await four_tickets(house)

    found = await board(client)

    assert names(found) == ["C-3", "A-1", "D-4", "B-2"]
    assert (found["page"], found["size"], found["total"]) == (1, 50, 4)
    assert found["as_of_position"] == 5


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-due_at", ["D-4", "A-1", "C-3", "B-2"]),
        ("external_id", ["A-1", "B-2", "C-3", "D-4"]),
        ("-external_id", ["D-4", "C-3", "B-2", "A-1"]),
    ],
)
async def test_it_can_be_sorted_otherwise(
    house: House, client: httpx.AsyncClient, sort: str, expected: list[str]
) -> None:
    await four_tickets(house)

    assert names(await board(client, sort=sort)) == expected


async def test_the_worst_state_comes_first_when_sorted_by_state(
    house: House, client: httpx.AsyncClient
) -> None:
    await four_tickets(house)

    assert names(await board(client, sort="sla_state"))[0] == "D-4"
    assert names(await board(client, sort="-sla_state"))[-1] == "D-4"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"priority": "p0"}, ["A-1"]),
        ({"priority": "p0,P1"}, ["A-1", "B-2", "C-3", "D-4"]),
        ({"priority": ["p0", "P9"]}, ["A-1"]),
        ({"customer_tier": "STANDARD"}, ["B-2"]),
        ({"status": "in_progress"}, ["C-3"]),
        ({"phase": "active,paused"}, ["C-3"]),
        ({"assigned_to": "ann"}, ["D-4"]),
        ({"sla_state": "breached"}, ["D-4"]),
        ({"sla_state": "compliant", "priority": "P0"}, ["A-1"]),
        ({"q": "b-"}, ["B-2"]),
        ({"q": "OUTAGE C"}, ["C-3"]),
        ({"q": "%"}, []),
        ({"q": "ann"}, ["D-4"]),
        ({"status": ""}, ["A-1", "B-2", "C-3", "D-4"]),
        ({"status": ","}, ["A-1", "B-2", "C-3", "D-4"]),
    ],
)
async def test_filters_ignore_case(
    house: House, client: httpx.AsyncClient, filters: dict[str, Any], expected: list[str]
) -> None:
    await four_tickets(house)

    found = await board(client, sort="external_id", **filters)

    assert names(found) == expected
    assert found["total"] == len(expected)


async def test_a_name_may_hold_the_comma_that_separates_names(
    house: House, client: httpx.AsyncClient
) -> None:
    for ticket, name in {"A-1": "Doe, John", "B-2": "Roe, Ann", "C-3": "ann"}.items():
        await house.tell(ticket, opened(ticket), observed(at(1), {}, {"assigned_to": name}))

    async def assigned_to(*asked: str) -> list[str]:
        return names(await board(client, sort="external_id", assigned_to=asked))

    assert await assigned_to("doe, john") == ["A-1"]
    assert await assigned_to("doe, john", "ann") == ["A-1", "C-3"]
    assert await assigned_to("ann,doe, john") == ["C-3"]  # a list, in which no name has one


async def test_pages_do_not_overlap(house: House, client: httpx.AsyncClient) -> None:
    for number in range(7):
        await house.append(f"T-{number}", opened(f"T-{number}"))
    await house.runner.catch_up()

    pages = [await board(client, page=page, size=3) for page in (1, 2, 3, 4)]

    assert [len(page["items"]) for page in pages] == [3, 3, 1, 0]
    assert len({name for page in pages for name in names(page)}) == 7
    assert {page["total"] for page in pages} == {7}


async def test_the_summary_counts_under_all_filters_but_the_state(
    house: House, client: httpx.AsyncClient
) -> None:
    await four_tickets(house)

    found = await board(client, sla_state="breached", priority="P1")

    assert found["total"] == 1
    assert found["summary"]["breached"] == 1
    assert found["summary"]["compliant"] == 2


async def test_an_empty_board_has_no_tickets(house: House, client: httpx.AsyncClient) -> None:
    house.now = NINE
    found = await board(client)

    assert (found["items"], found["total"], found["as_of_position"]) == ([], 0, 0)
    assert set(found["summary"].values()) == {0}


async def test_a_breach_ends_an_acknowledgement(house: House, client: httpx.AsyncClient) -> None:
    await house.tell("by itself", opened("by itself"), acknowledged("by itself", at(-10)))
    await house.tell("by a breach", opened("by a breach"), acknowledged("by a breach", at(5)))
    later = cycle(overdue_from=text(at(4)))
    await house.tell(
        "after one", opened("after one", cycles=[later]), acknowledged("after one", at(5))
    )

    found = await board(client)

    until = {item["external_id"]: item["acknowledged_until"] for item in found["items"]}
    assert until == {
        "by itself": text(at(50)),
        "by a breach": text(at(60)),
        "after one": text(at(65)),
    }


async def what_can_be_saved(house: House) -> None:
    """Five tickets at 10:30: one can be saved within the hour, though another clock of it is
    overdue; one by noon; one is overdue since 10:00, one since 10:20; one is paused."""
    hours = {"due_at": text(at(120)), "overdue_from": text(at(120))}
    await house.tell(
        "by noon",
        opened(
            "by noon",
            due_at=text(at(180)),
            cycles=[cycle(due_at=text(at(180)), overdue_from=text(at(180)))],
        ),
    )
    overdue = cycle(clock="response")
    await house.tell("soon", opened("soon", cycles=[overdue, cycle(**hours)]))
    await house.tell("at ten", opened("at ten"))
    late = cycle(due_at=text(at(80)), overdue_from=text(at(80)))
    await house.tell("at twenty past", opened("at twenty past", due_at=text(at(80)), cycles=[late]))
    rests = cycle(state="paused", due_at=None, overdue_from=None)
    await house.tell("paused", opened("paused", due_at=None, phase="paused", cycles=[rests]))
    house.now = at(90)


async def test_what_can_still_be_saved_comes_first_and_then_what_was_missed_last(
    house: House, client: httpx.AsyncClient
) -> None:
    await what_can_be_saved(house)

    found = await board(client, sort="next_due_at")

    assert names(found) == ["soon", "by noon", "at twenty past", "at ten", "paused"]
    soon, _, missed, *_ = found["items"]
    assert (soon["next_clock"], soon["next_due_at"]) == ("resolution", text(at(120)))
    assert (soon["next_due_in_seconds"], soon["due_in_seconds"]) == (1800.0, -1800.0)
    assert (missed["next_clock"], missed["next_due_at"]) == (None, None)
    assert names(await board(client, sort="-next_due_at"))[0] == "by noon"
    assert (await get(client, "/tickets/soon"))["next_due_at"] == text(at(120))


async def test_one_can_ask_for_what_will_be_breached_within_a_time(
    house: House, client: httpx.AsyncClient
) -> None:
    await what_can_be_saved(house)

    for seconds, expected in ((1799, []), (1800, ["soon"]), (5400, ["soon", "by noon"])):
        found = await board(client, sort="next_due_at", due_within_seconds=seconds)
        assert (names(found), found["total"]) == (expected, len(expected))


async def test_the_answer_says_at_which_instant_it_was_true(
    house: House, client: httpx.AsyncClient
) -> None:
    house.now = at(7)
    assert (await board(client))["at"] == text(at(7))


async def test_tickets_of_nobody_can_be_asked_for(house: House, client: httpx.AsyncClient) -> None:
    await four_tickets(house)
    await house.tell("C-3", observed(at(1), {}, {"assigned_to": None}))

    async def assigned(**asked: Any) -> list[str]:
        return names(await board(client, sort="external_id", **asked))

    assert await assigned(unassigned=True) == ["C-3"]
    assert await assigned(unassigned=True, assigned_to="ann") == ["C-3", "D-4"]
    assert await assigned(unassigned=False) == ["A-1", "B-2", "C-3", "D-4"]


async def facets(client: httpx.AsyncClient, **parameters: Any) -> dict[str, dict[Any, int]]:
    found = await get(client, "/dashboard/facets", **parameters)
    due = {entry["seconds"]: entry["count"] for entry in found.pop("due_within")}
    assert "resolution" in found.pop("clocks")
    named = {
        kind: {entry["value"]: entry["count"] for entry in entries}
        for kind, entries in found.items()
    }
    return {**named, "due_within": due}


async def test_every_name_tells_how_many_tickets_it_would_leave(
    house: House, client: httpx.AsyncClient
) -> None:
    await four_tickets(house)
    await house.tell("E-5", opened("E-5"), observed(at(1), {}, {"assigned_to": None}))
    await house.tell("F-6", opened("F-6"), observed(at(1), {}, {"assigned_to": "ANN"}))

    assert await facets(client) == {
        "priority": {"P0": 1, "P1": 5},
        "customer_tier": {"enterprise": 5, "Standard": 1},
        "rule": {},
        "team": {},
        "type": {},
        "organization": {},
        "status": {"In Progress": 1, "open": 5},
        "phase": {"active": 1, "waiting": 5},
        "assigned_to": {"ANN": 2, "john.doe": 3, None: 1},
        "due_within": {},
    }


async def test_names_of_a_kind_count_under_the_filters_of_the_others(
    house: House, client: httpx.AsyncClient
) -> None:
    await four_tickets(house)

    found = await facets(client, priority="P1", customer_tier="enterprise")

    assert found["priority"] == {"P0": 1, "P1": 2}
    assert found["customer_tier"] == {"enterprise": 2, "Standard": 1}
    assert found["status"] == {"In Progress": 1, "open": 1}
    breached = await facets(client, sla_state="breached", q="D-")
    assert (breached["priority"], breached["assigned_to"]) == ({"P1": 1}, {"Ann": 1})
    nobody = await facets(client, unassigned=True, phase="done")
    assert (nobody["phase"], nobody["assigned_to"]) == ({}, {})


async def test_each_time_ahead_tells_how_many_will_be_breached_by_then(
    house: House, client: httpx.AsyncClient
) -> None:
    await what_can_be_saved(house)

    asked = {"horizon": "60,1800,5400", "due_within_seconds": 60}
    found = await facets(client, **asked)

    assert found["due_within"] == {60: 0, 1800: 1, 5400: 2}
    assert found["priority"] == {}
    assert (await facets(client, **asked, priority="P0"))["due_within"][5400] == 0
