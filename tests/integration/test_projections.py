"""Events in, rows out: what each projection makes of the log."""

from random import Random
from typing import Any
from uuid import UUID

from command_side.deciding.events import Ticket, ticket_id
from command_side.event_store.reading import read_on
from query_side.audit.reported.life import life
from tests.support.house import House
from tests.support.recorded import (
    NINE,
    SOURCE,
    acknowledged,
    at,
    cycle,
    delivered,
    escalated,
    moved,
    observed,
    opened,
    plain,
    raised,
    retracted,
    text,
)

ONE, TWO = UUID(int=1), UUID(int=2)


async def test_an_opened_ticket_is_on_the_board(house: House) -> None:
    position = await house.tell("T-1", opened("T-1"))

    assert await house.rows("tickets") == [
        {
            "ticket_id": ticket_id(SOURCE, "T-1"),
            "source": SOURCE,
            "external_id": "T-1",
            "title": "Outage T-1",
            "description": "down",
            "assigned_to": "john.doe",
            "updated_by": "jane",
            "tags": ["emea"],
            "status": "open",
            "phase": "waiting",
            "priority": "P1",
            "customer_tier": "enterprise",
            "rule": None,
            "on_purpose": False,
            "team": None,
            "type": None,
            "organization": None,
            "created_at": NINE,
            "newest_at": NINE,
            "observations": 1,
            "late": 0,
            "policy": 1,
            "state": "compliant",
            "warning_at": at(51),
            "critical_at": at(57),
            "breached_at": at(60).replace(microsecond=1),
            "due_at": at(60),
            "resumes_at": None,
            "level": 0,
            "acknowledged_at": None,
            "acknowledged_by": None,
            "acknowledged_until": None,
            "snoozed_until": None,
            "position": position,
            "search": "t-1 outage t-1 john.doe zendesk",
        }
    ]


async def test_a_ticket_is_on_the_board_however_long_its_words_are(house: House) -> None:
    """What an index has of a row may take 2,704 bytes, and none of this can be compressed."""
    random = Random(1)

    def words(length: int) -> str:
        return "".join(chr(random.randrange(0x20000, 0x2A000)) for _ in range(length))

    names: dict[str, Any] = {name: words(100) for name in ("priority", "customer_tier", "status")}
    await house.tell("T-1", opened("T-1", said={"team": words(255)}, **names))
    await house.tell("T-1", observed(at(1), {}, {"assigned_to": words(255)}, **names))

    assert await house.rows("parked_events") == []


async def test_an_observation_changes_what_it_names_and_null_clears_what_it_may(
    house: House,
) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.tell(
        "T-1",
        observed(
            at(5),
            {"tags": None, "priority": "P0"},
            {"title": None, "assigned_to": None, "description": "still down"},
            priority="P0",
            observations=2,
        ),
    )

    [row] = await house.rows("tickets")
    assert row["title"] == "Outage T-1"
    assert row["description"] == "still down"
    assert row["assigned_to"] is None
    assert row["tags"] == []
    assert (row["priority"], row["observations"]) == ("P0", 2)


async def test_an_empty_name_of_an_old_event_is_nobodys_on_the_board_and_in_reports_of_the_past(
    house: House,
) -> None:
    empty = {"assigned_to": ""}
    await house.tell("T-1", opened("T-1"), observed(at(5), {}, empty))
    late = observed(at(-5), {}, empty, late=True, current={}, personal_current=empty)
    await house.tell("T-2", opened("T-2"), late)

    assert [row["assigned_to"] for row in await house.rows("tickets")] == [None, None]
    lived = life(await read_on(house.conn, ticket_id(SOURCE, "T-1"), 0))
    assert lived is not None
    assert [one.assigned_to for one in lived.said] == ["john.doe", None]


async def test_a_late_observation_sets_all_attributes_as_folded_after_it(house: House) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.tell(
        "T-1",
        observed(
            at(-5),
            {"tags": ["early"]},
            {"title": "Early"},
            late=True,
            current={"tags": ["emea"]},
            personal_current={"title": "Outage", "assigned_to": "jane"},
        ),
    )

    [row] = await house.rows("tickets")
    assert (row["title"], row["assigned_to"], row["description"]) == ("Outage", "jane", None)
    assert row["tags"] == ["emea"]


async def test_an_observation_dated_ahead_shows_once_it_takes_effect(house: House) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.tell(
        "T-1", observed(at(90), {"tags": ["later"]}, {"title": "Later"}, newest_at=text(NINE))
    )
    [row] = await house.rows("tickets")
    assert (row["title"], row["tags"]) == ("Outage T-1", ["emea"])

    later = {"title": "Later", "assigned_to": "ann"}
    await house.tell("T-1", moved(at(90), {"tags": ["later"]}, later, newest_at=text(at(90))))
    [row] = await house.rows("tickets")
    assert (row["title"], row["assigned_to"], row["tags"]) == ("Later", "ann", ["later"])


async def test_acknowledging_and_snoozing_are_on_the_board(house: House) -> None:
    await house.tell("T-1", opened("T-1"), acknowledged("T-1", at(5)))
    await house.tell("T-1", plain(Ticket.Snoozed.TOPIC, {"until": text(at(30))}, {"by": "jane"}))

    [row] = await house.rows("tickets")
    assert row["acknowledged_at"] == at(5)
    assert row["acknowledged_until"] == at(65)
    assert row["acknowledged_by"] == "jane"
    assert row["snoozed_until"] == at(30)


async def test_time_alone_moves_a_ticket_and_a_raised_level_shows(house: House) -> None:
    await house.tell("T-1", opened("T-1"), moved(at(60), state="breached", due_at=None))
    [row] = await house.rows("tickets")
    assert (row["state"], row["due_at"], row["level"]) == ("breached", None, 0)

    await house.tell("T-1", escalated("T-1", 2, at(60)))
    [row] = await house.rows("tickets")
    assert row["level"] == 2


async def test_text_that_the_database_cannot_hold_is_shown_without_it(house: House) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.tell("T-1", observed(at(1), {"tags": ["a\0b"]}, {"title": "Out\0age"}))

    [row] = await house.rows("tickets")
    assert (row["title"], row["tags"]) == ("Outage", ["ab"])
    assert await house.rows("parked_events") == []


async def test_every_observation_is_in_the_history_with_the_status_that_it_names(
    house: House,
) -> None:
    await house.tell(
        "T-1",
        opened("T-1"),
        observed(at(5), {"status": "pending"}, {"updated_by": "joe"}, phase="paused"),
        observed(at(6), {"priority": "P0"}),
        observed(at(5), {"status": "open"}, phase="waiting", late=True, revision=1),
    )

    found = await house.rows("ticket_status_history", ["at", "revision"])
    assert [(row["at"], row["status"], row["by"], row["late"]) for row in found] == [
        (NINE, "open", "jane", False),
        (at(5), "pending", "joe", False),
        (at(5), "open", None, True),
        (at(6), None, None, False),
    ]


async def test_cycles_are_upserted_one_by_one_until_facts_name_them_all(house: House) -> None:
    first = cycle(state="met", stopped_at=text(at(10)))
    second = cycle(cycle=2, started_at=text(at(20)))
    response = cycle(clock="response", state="running")
    await house.tell("T-1", opened("T-1", cycles=[cycle(), response]))
    await house.tell("T-1", observed(at(20), {}, cycles=[first, second]))
    found = await house.rows("ticket_clocks", ["clock", "cycle"])
    assert [(row["clock"], row["cycle"], row["state"]) for row in found] == [
        ("resolution", 1, "met"),
        ("resolution", 2, "running"),
        ("response", 1, "running"),
    ]

    only = cycle(state="paused", due_at=None)
    await house.tell("T-1", observed(at(3), {}, cycles=[only], all_cycles=True))
    [row] = await house.rows("ticket_clocks")
    assert (row["clock"], row["cycle"], row["state"]) == ("resolution", 1, "paused")


async def test_replacing_and_adding_cycles_in_one_batch_ends_as_one_by_one(house: House) -> None:
    await house.append("T-1", opened("T-1", cycles=[cycle(), cycle(clock="response")]))
    await house.append("T-1", observed(at(1), {}, cycles=[cycle(cycle=2)], all_cycles=True))
    await house.append("T-1", observed(at(2), {}, cycles=[cycle(cycle=3), cycle(cycle=2)]))
    await house.runner.catch_up()

    found = await house.rows("ticket_clocks", ["cycle"])
    assert [(row["clock"], row["cycle"]) for row in found] == [
        ("resolution", 2),
        ("resolution", 3),
    ]


async def test_alerts_escalations_retractions_and_acknowledgements_are_one_log(
    house: House,
) -> None:
    await house.tell(
        "T-1",
        opened("T-1"),
        raised("T-1"),
        escalated("T-1", 2, at(52), suppressed="snoozed"),
        retracted("T-1"),
        acknowledged("T-1", at(53)),
    )

    found = await house.rows("alerts", ["position"])
    assert [
        (row["type"], row["severity"], row["milestone"], row["escalation_level"], row["suppressed"])
        for row in found
    ] == [
        ("alert", "warning", "warning", 1, None),
        ("escalation", "compliant", "level:2", 2, "snoozed"),
        ("retracted", "warning", "warning", 0, None),
        ("acknowledged", None, None, 1, None),
    ]


async def test_the_first_delivery_tells_when_an_alert_was_sent(house: House) -> None:
    await house.tell("T-1", opened("T-1"), raised("T-1"))
    await house.tell("T-1", delivered("T-1", at(51.5)), delivered("T-1", at(52)))
    await house.tell("T-1", retracted("T-1"), delivered("T-1", at(53), "retracted"))
    await house.tell("T-1", delivered("T-1", at(54)))

    found = await house.rows("alerts", ["position"])
    assert [(row["type"], row["sent_at"]) for row in found] == [
        ("alert", at(51.5)),
        ("retracted", at(53)),
    ]


async def test_a_delivery_in_the_same_batch_as_its_alert_counts(house: House) -> None:
    await house.tell("T-1", opened("T-1"), raised("T-1"), delivered("T-1", at(51.5)))

    [row] = await house.rows("alerts")
    assert row["sent_at"] == at(51.5)


async def test_a_conflict_keeps_what_was_refused(house: House) -> None:
    body = {"updated_at": text(NINE), "revision": 0, "given": {"status": "closed"}}
    await house.tell(
        "T-1",
        opened("T-1"),
        plain(Ticket.Conflicted.TOPIC, body, {"given": {"title": "Other"}}),
    )

    [row] = await house.rows("conflicts")
    assert row["content"] == {"status": "closed", "title": "Other"}
    assert (row["updated_at"], row["revision"], row["correlation_id"]) == (NINE, 0, "test")
    assert len(await house.rows("ticket_status_history")) == 1


async def test_configuration_versions_are_kept(house: House) -> None:
    body = {
        "version": 1,
        "content": "sla_targets: {}",
        "hash": "abc",
        "author": "sla_config.yaml",
        "accepted_at": text(NINE),
        "apply_to": "open_tickets",
        "since": text(at(-60)),
        "reason": "a holiday entered late",
    }
    position = await house.tell("policy", plain("policy.accepted.v1", body), source="")

    [row] = await house.rows("sla_config_history")
    assert row == {**body, "accepted_at": NINE, "since": at(-60), "position": position}


async def test_a_silence_is_kept_and_its_end_noted(house: House) -> None:
    created = {
        "silence_id": str(ONE),
        "matchers": {"priority": ["p3"]},
        "until": text(at(60)),
        "reason": "maintenance",
    }
    await house.tell(str(ONE), plain("silence.created.v1", created, {"by": "jane"}), source="")
    [row] = await house.rows("silences")
    assert (row["matchers"], row["created_by"], row["ended_at"]) == (
        {"priority": ["p3"]},
        "jane",
        None,
    )

    ended = {"silence_id": str(ONE), "ended_at": text(at(5))}
    await house.tell(str(ONE), plain("silence.ended.v1", ended), source="")
    [row] = await house.rows("silences")
    assert (row["until"], row["ended_at"]) == (at(60), at(5))


async def test_positions_move_past_events_of_no_interest(house: House) -> None:
    position = await house.tell("x", plain("something.else.v1", {}), source="")

    assert set((await house.runner.positions()).values()) == {position}
