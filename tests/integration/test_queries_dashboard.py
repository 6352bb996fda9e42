"""The board: states at the request's instant, filters, pages, sorting, counts."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.house import House, get
from tests.support.recorded import NINE, acknowledged, at, cycle, observed, opened, text


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
    still: dict[str, Any] = dict.fromkeys(("warning_at", "critical_at", "breached_at", "due_at"))
    for state in ("compliant", "warning", "critical", "breached", "untracked"):
        await house.tell(state, opened(state, state=state, **still))
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
    await house.tell("B-2", opened("B-2", due_at=None, customer_tier="Standard"))
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
