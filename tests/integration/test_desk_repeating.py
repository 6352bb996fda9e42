"""Somebody is reminded of what is still so: on a grid, never twice, and exactly until it stops."""

from uuid import UUID

import pytest

from tests.support.desk import CONFIG, Process
from tests.support.items import opening, update

BEFORE, AFTER = CONFIG.index("  routes:"), CONFIG.index("\n  channels:")
WARNS = "\n    - {name: Chat, match: {severity: warning}, to: [slack], repeat: {every: 4m}}"
"""A route besides, for warnings."""


def repeating(repeat: str, more: str = "") -> str:
    routes = f"""  routes:
    - {{name: Pager, match: {{severity: breached}}, to: [urgent], repeat: {{{repeat}}}}}{more}
    - {{match: {{}}, to: [slack]}}"""
    return CONFIG[:BEFORE] + routes + CONFIG[AFTER:]


async def reminders(process: Process) -> list[float]:
    return [at for at, what, _ in await process.notices() if what.startswith("reminder")]


async def test_every_minute_for_an_hour_with_engines_that_are_lost_until_somebody_takes_it_on(
    process: Process,
) -> None:
    """Three in turn; two of them are lost, and the head is made anew between."""
    await process.offer(repeating("every: 1m"))
    await process.post(opening(0))
    others = [Process(process.pool, process.clock) for _ in range(2)]
    for other in others:
        await other.learn()
    await process.run(60.5)
    for minute in range(61, 121):
        engine = [process, *others][minute % (3 if minute < 80 else 2 if minute < 100 else 1)]
        if minute == 90:
            await engine.desk.rebuild(UUID(int=0), process.clock.set(minute), 100)
        await engine.tick(minute + 0.25)
        await engine.tick(minute + 0.5)
    assert await reminders(process) == [minute + 0.25 for minute in range(61, 121)]

    await process.acknowledge(when=120.75)
    await process.run(200)
    await process.desk.rebuild(UUID(int=0), process.clock.set(201), 100)
    await process.run(300)
    assert len(await reminders(process)) == 60


async def test_those_that_were_missed_are_told_once_and_the_grid_stays(process: Process) -> None:
    await process.offer(repeating("every: 15m, at_most: 3"))
    await process.post(opening(0))
    await process.run(61)
    await process.tick(112)
    await process.run(500)
    assert await reminders(process) == [112, 120, 135]
    counts = [
        one.count
        for event in await process.stream()
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
        if one.type == "reminder"
    ]
    assert counts == [1, 2, 3]


async def test_an_update_in_between_changes_nothing_and_the_end_ends_it(process: Process) -> None:
    await process.offer(repeating("every: 15m"))
    await process.post(opening(0))
    await process.run(61)
    await process.post(update(70, title="Still down"), when=70)
    await process.run(76)
    await process.post(update(80, status="resolved"), when=80)
    await process.run(300)
    assert await reminders(process) == [75]
    assert (await process.head()).repeats == []


async def test_a_snooze_and_a_silence_swallow_them(process: Process) -> None:
    await process.offer(repeating("every: 15m"))
    await process.post(opening(0))
    await process.run(61)
    await process.snooze(until=80)
    await process.run(91)
    await process.silence(until=106, severity=["breached"])
    await process.run(130)
    assert await reminders(process) == [90, 120]


async def test_one_that_is_due_as_the_snooze_ends_is_told(process: Process) -> None:
    await process.offer(repeating("every: 15m", WARNS))
    await process.post(opening(0))
    await process.run(52)
    await process.snooze(until=55)
    await process.run(56)
    assert await reminders(process) == [55]


async def test_what_is_so_no_more_or_whose_route_is_gone_is_not_repeated(process: Process) -> None:
    await process.offer(repeating("every: 15m, until: ended", WARNS))
    await process.post(opening(0))
    await process.run(61)
    await process.acknowledge(when=62)
    await process.run(80)
    # The warning until it was critical; the breach, whoever has taken it on.
    assert await reminders(process) == [55, 75]
    await process.change(CONFIG, 81)
    await process.run(300)
    assert await reminders(process) == [55, 75]


async def test_what_is_taken_back_is_not_repeated_and_what_was_muted_is_from_then_on(
    process: Process,
) -> None:
    await process.offer(repeating("every: 15m"))
    await process.post(opening(0))
    await process.snooze(until=70)
    await process.run(86)
    assert await reminders(process) == [85]
    await process.desk.rebuild(UUID(int=0), process.now(), 100)
    await process.run(101)
    assert await reminders(process) == [85, 100]
    await process.post(update(30, status="resolved"), when=102)
    await process.run(300)
    assert await reminders(process) == [85, 100]
    assert (await process.head()).repeats == []


async def test_a_level_is_repeated_until_a_higher_one_is_reached(process: Process) -> None:
    levels = "\n    - {name: Levels, match: {type: escalation}, to: [urgent], repeat: {every: 4m}}"
    await process.offer(repeating("every: 15m", levels))
    await process.post(opening(0, priority="P2"))
    await process.run(29)
    assert await reminders(process) == [14, 18, 24, 28]


async def test_whatever_is_told_of_a_level_later_calls_it_by_its_name(process: Process) -> None:
    levels = "\n    - {name: Levels, match: {type: escalation}, to: [urgent], repeat: {every: 4m}}"
    await process.offer(repeating("every: 15m", levels))
    await process.post(opening(0, priority="P2"))
    await process.run(15)
    await process.post(update(16, status="resolved"), when=16)
    await process.run(17)
    told = [
        (one.type, one.level_name)
        for event in await process.stream()
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
        if one.milestone == "level:1"
    ]
    assert told == [(type_, "Team lead") for type_ in ("escalation", "reminder", "ended")]


async def test_a_head_that_is_made_anew_twice_reminds_no_more_than_was_asked_for(
    process: Process,
) -> None:
    await process.offer(repeating("every: 15m, at_most: 2"))
    await process.post(opening(0))
    for minute in (300, 400):
        await process.run(minute)
        await process.desk.rebuild(UUID(int=0), process.now(), 100)
    await process.run(500)
    assert await reminders(process) == [75, 90]


@pytest.mark.parametrize("anew", [False, True])
async def test_what_is_over_and_runs_again_is_not_repeated_though_no_reminder_was_due_between(
    process: Process, anew: bool
) -> None:
    await process.offer(repeating("every: 15m"))
    await process.post(opening(0))
    await process.run(64)
    await process.post(update(65, status="resolved"), when=65)
    await process.post(update(70, status="open"), when=70)
    if anew:
        await process.desk.rebuild(UUID(int=0), process.now(), 100)
    await process.run(200)
    assert await reminders(process) == []


async def armed_again(process: Process) -> None:
    """Warned at 510, of a target that is another from 512 on: it warns at 522.75."""
    warns = "\n    - {name: Chat, match: {severity: warning}, to: [slack], repeat: {every: 18m}}"
    targets = repeating("every: 15m", warns)
    for before, after in (("P1: {resolution: 60m", "600m"), ("P2: {resolution: 60m", "615m")):
        targets = targets.replace(before, before.replace("60m", after))
    await process.offer(targets)
    await process.post(opening(0))
    await process.run(511)
    await process.post(update(512, priority="P2"), when=512)


@pytest.mark.parametrize("anew", [False, True])
async def test_what_is_armed_again_is_repeated_from_then_on_and_not_as_before_besides(
    process: Process, anew: bool
) -> None:
    await armed_again(process)
    await process.tick(522.75)
    if anew:
        await process.desk.rebuild(UUID(int=0), process.now(), 100)
    await process.run(580)
    assert await reminders(process) == [540.75, 558.75, 576.75]


async def test_what_is_taken_back_of_one_time_is_still_repeated_of_the_other(
    process: Process,
) -> None:
    await armed_again(process)
    await process.run(523)
    await process.post(update(1, priority="P2"), when=530)
    await process.run(580)
    assert [line for line in await process.told() if "retracted" in line[1]] == [
        (530, "retracted warning", None)
    ]
    assert await reminders(process) == [540.75, 558.75, 576.75]


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("to: [slack], repeat: {every: 15m}", "repeat: needs the route's `name`"),
        ("name: A, to: [slack], repeat: {every: 30s}", "repeat.every: is at least 1m"),
        ("name: A, to: [slack], repeat: {every: often}", "repeat.every"),
        (
            "name: A, tell: ended, to: [slack], repeat: {every: 5m}",
            "repeat: repeats what is raised",
        ),
    ],
)
async def test_a_repetition_that_cannot_be_is_refused(
    process: Process, route: str, message: str
) -> None:
    wrong = f"  routes:\n    - {{{route}}}\n    - {{match: {{}}, to: [slack]}}"
    await process.offer(CONFIG[:BEFORE] + wrong + CONFIG[AFTER:])
    assert message in str(process.reloader.status.error)
