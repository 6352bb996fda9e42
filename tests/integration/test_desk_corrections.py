"""Late evidence and known futures: what was told is taken back, what comes takes effect."""

from command_side.deciding.events import Personal, Ticket, shown
from tests.support.desk import Process
from tests.support.items import at, opening, text, update


async def test_what_has_not_happened_after_all_is_taken_back_from_those_who_were_told(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(55)
    await process.tick(61)  # critical and breached together

    await process.post(update(40, status="resolved"), when=65)
    await process.tick()

    assert (await process.told())[3:] == [
        (65, "retracted breached", None),
        (65, "retracted critical", "inhibited"),
        (65, "retracted warning", None),
    ]
    assert await process.standing() == []
    retracted = {
        shown(event.body)["milestone"]: shown(event.body)
        for event in await process.stream("T-1", Ticket.Retracted.TOPIC)
    }
    to = {milestone: body["to"] for milestone, body in retracted.items()}
    assert to == {"breached": ["urgent", "slack"], "critical": [], "warning": ["slack"]}
    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    ids = {shown(event.body)["severity"]: shown(event.body)["alert_id"] for event in raised}
    assert ids == {milestone: body["alert_id"] for milestone, body in retracted.items()}
    assert retracted["warning"]["raised_at"] == text(51)
    assert retracted["warning"]["status"] == "resolved"
    assert await process.next_due() is None


async def test_what_moves_into_the_future_is_taken_back_and_raised_anew(process: Process) -> None:
    await process.post(opening(0))
    await process.run(52)

    await process.post(update(30, status="pending"), update(50, status="open"), when=53)
    await process.run(200)

    assert await process.told() == [
        (51, "resolution warning", None),
        (53, "retracted warning", None),
        (71, "resolution warning", None),
        (77, "resolution critical", None),
        (80, "resolution breached", None),
    ]
    warnings = [
        shown(event.body)
        for event in await process.stream("T-1", Ticket.AlertRaised.TOPIC)
        if shown(event.body)["severity"] == "warning"
    ]
    assert [body["generation"] for body in warnings] == [0, 1]
    assert len({body["alert_id"] for body in warnings}) == 2


async def test_what_only_moves_within_the_past_is_not_told_again(process: Process) -> None:
    await process.post(opening(0))
    await process.run(62)

    await process.post(update(0, status="open", created_at=0, revision=1), when=63)
    await process.post(update(10, status="pending"), update(11, status="open"), when=64)
    await process.tick()

    assert len(await process.told()) == 3
    facts = shown((await process.stream("T-1", Ticket.Observed.TOPIC))[-1].body)["facts"]
    (resolution,) = [cycle for cycle in facts["cycles"] if cycle["clock"] == "resolution"]
    assert resolution["breached_at"] == text(61)


async def test_a_cycle_that_began_at_another_time_has_its_alerts_raised_anew(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(58)

    await process.post(update(58, created_at=-10), when=58)
    await process.tick()

    assert (await process.told())[2:] == [
        (58, "retracted critical", None),
        (58, "retracted warning", None),
        (41, "resolution warning", "inhibited"),
        (47, "resolution critical", "inhibited"),
        (50, "resolution breached", None),
    ]
    retracted = await process.stream("T-1", Ticket.Retracted.TOPIC)
    assert {shown(event.body)["cycle_started_at"] for event in retracted} == {text(0)}
    assert {shown(event.body)["reason"] for event in retracted} == {
        "by what is known now, the clock did not start at that time"
    }


async def test_an_earlier_breach_that_becomes_known_bears_its_instant(process: Process) -> None:
    await process.post(opening(0))
    await process.post(update(20, status="pending"), when=20)
    await process.tick(120)
    assert await process.told() == []

    await process.post(update(30, status="open"), update(100, status="pending"), when=121)
    await process.tick()

    assert await process.told() == [
        (61, "resolution warning", "inhibited"),
        (67, "resolution critical", "inhibited"),
        (70, "resolution breached", None),
    ]


async def test_levels_are_taken_back_as_well(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(25)

    await process.post(update(15, status="pending"), when=26)
    await process.tick()

    assert (await process.told())[2:] == [(26, "retracted level:2", None)]
    (retracted,) = await process.stream("T-1", Ticket.Retracted.TOPIC)
    assert shown(retracted.body)["escalation_level"] == 1
    assert (await process.head()).raised["resolution"].milestones.keys() == {"level:1", "level:2"}


async def test_a_change_of_target_re_arms_what_moves_into_the_future(process: Process) -> None:
    await process.post(opening(0))
    await process.run(52)
    assert await process.told() == [(51, "resolution warning", None)]

    await process.post(update(53, priority="P3"), when=53)
    await process.run(250)

    # An alert that was true is not taken back.
    assert [line for line in await process.told() if "resolution" in line[1]] == [
        (51, "resolution warning", None),
        (204, "resolution warning", None),
        (228, "resolution critical", None),
        (240, "resolution breached", None),
    ]
    warnings = [
        shown(event.body)
        for event in await process.stream("T-1", Ticket.AlertRaised.TOPIC)
        if (shown(event.body)["clock"], shown(event.body)["severity"]) == ("resolution", "warning")
    ]
    assert [(body["generation"], body["ordinal"]) for body in warnings] == [(0, 0), (1, 1)]


async def test_a_change_to_and_fro_re_arms_each_time(process: Process) -> None:
    await process.post(opening(0))
    for minute, priority in ((52, "P3"), (53, "P1"), (54, "P3")):
        await process.run(minute)
        await process.post(update(minute, priority=priority), when=minute)
        await process.tick()

    warnings = [
        (event.occurred_at, shown(event.body)["generation"])
        for event in await process.stream("T-1", Ticket.AlertRaised.TOPIC)
        if (shown(event.body)["clock"], shown(event.body)["severity"]) == ("resolution", "warning")
    ]
    assert warnings == [(at(51), 0), (at(53), 1)]


async def test_what_lies_ahead_takes_effect_at_its_instant(process: Process) -> None:
    await process.post(opening(0, assigned_to="jo"))
    await process.post(
        update(55, status="resolved", assigned_to="ann"), update(100, status="closed"), when=1
    )
    assert await process.next_due() == at(51)

    looked = await process.run(200)

    assert looked == [at(51), at(55), at(100)]
    assert await process.told() == [
        (51, "resolution warning", None),
        (55, "moved", None),
        (100, "moved", None),
    ]
    moved = await process.stream("T-1", Ticket.Moved.TOPIC)
    assert [shown(event.body)["facts"]["status"] for event in moved] == ["resolved", "closed"]
    assert [shown(event.body)["current"]["status"] for event in moved] == ["resolved", "closed"]
    assert moved[0].personal == Personal(
        current={"title": "Outage", "assigned_to": "ann"}, had=(("resolution", 1, "ann"),)
    )
    (resolution,) = [
        cycle for cycle in shown(moved[0].body)["facts"]["cycles"] if cycle["clock"] == "resolution"
    ]
    assert (resolution["state"], resolution["stopped_at"]) == ("met", text(55))
    assert await process.next_due() is None


async def test_a_ticket_may_be_created_in_the_future(process: Process) -> None:
    await process.post(opening(30))
    assert shown((await process.stream())[0].body)["facts"]["cycles"] == []

    await process.run(200)

    assert [(minute, what) for minute, what, _ in await process.told()] == [
        (30, "moved"),
        (81, "resolution warning"),
        (87, "resolution critical"),
        (90, "resolution breached"),
    ]


async def test_a_known_future_is_overtaken_by_what_really_happens(process: Process) -> None:
    await process.post(opening(0), update(40, status="resolved"), when=0)
    await process.post(update(20, status="resolved"), when=20)
    await process.run(100)

    assert await process.told() == [(40, "moved", None)]
    case = await process.case()
    assert case.refold(10**16).clocks["resolution"].cycle is not None
    assert (await process.head()).attributes["status"] == "resolved"


async def test_a_reply_that_comes_late_takes_back_the_wait_for_it(process: Process) -> None:
    await process.post(opening(0, priority="P3"))
    await process.post(update(1, last_agent_reply_at=1), when=1)
    await process.post(update(10, last_customer_reply_at=10), when=10)
    await process.run(36)
    assert await process.told() == [(35.5, "next_response warning", None), (35.5, "level 1", None)]

    await process.post(update(11, last_agent_reply_at=11), when=37)
    await process.run(100)

    assert (await process.told())[2:] == [
        (37, "retracted level:1", None),
        (37, "retracted warning", None),
    ]
