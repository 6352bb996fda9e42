"""What Prometheus scrapes says what the parts have done."""

import asyncio
import re
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from config.settings import Settings
from ops.logging import lost_lines
from ops.metrics.route import MEANINGS
from ops.wiring import Service
from tests.support import promtool
from tests.support.desk import CONFIG, Clock, until
from tests.support.items import opening, update
from tests.support.service import database_url_of
from tests.support.web import calling

Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest_asyncio.fixture
async def service(furnished_database_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    """At nine o'clock, whatever the time is."""
    config = tmp_path / "sla_config.yaml"
    config.write_text(CONFIG)
    settings = Settings(
        database_url=SecretStr(database_url_of(furnished_database_url)),
        sla_config=config,
        sla_data_dir=tmp_path,
        scheduler_interval=3600,
    )
    async with Service(settings, now=lambda: clock.now, environment={}) as service:
        yield service


clock = Clock()


async def shown(service: Service) -> str:
    """As it is scraped."""
    async with calling(service.app) as client:
        response = await client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return response.text


async def scraped(service: Service) -> Samples:
    """By name and the values of the labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(await shown(service))
        for sample in family.samples
    }


async def posted(service: Service, *items: object) -> None:
    async with calling(service.app) as client:
        await client.post("/tickets", json={"tickets": items})


async def test_the_numbers_are_those_of_the_parts(service: Service) -> None:
    # The first is long past: it is due at once.
    await posted(service, opening(-600, "T-1"), opening(0, "T-2"), opening(0, "T-2"))
    await posted(service, opening(0, "T-2", title="Other"), opening(0, "T-3", status="half-done"))

    async def all_is_followed_and_applied() -> bool:
        numbers = await scraped(service)
        behind = [n for (name, _), n in numbers.items() if name == "sla_projection_behind_events"]
        return numbers["sla_tickets_followed_total", ()] >= 1 and not any(behind)

    await until(all_is_followed_and_applied)
    numbers = await scraped(service)

    assert {
        labels[0]: value
        for (name, labels), value in numbers.items()
        if name == "sla_observations_total"
    } == {"accepted": 2, "duplicate": 1, "conflict": 1, "rejected": 1}
    expected = {
        "sla_write_queue_items": 0,
        "sla_live_streams": 0,
        "sla_config_version": 1,
        "sla_config_refused": 0,
        "sla_log_lines_lost_total": lost_lines(),
        "sla_engine_last_tick_age_seconds": 0,
    }
    assert {name: numbers[name, ()] for name in expected} == expected
    for projection in ("tickets", "alerts", "outbox"):
        assert numbers["sla_projection_behind_seconds", (projection,)] == 0
        assert numbers["sla_projection_parked_events", (projection,)] == 0


async def test_each_leg_of_the_way_is_timed(service: Service) -> None:
    await posted(service, opening(-600, "T-1"), opening(0, "T-2"))

    async def all_is_raised_and_shown() -> bool:
        numbers = await scraped(service)
        shown = numbers["sla_event_visible_seconds_count", ()]
        return numbers["sla_alert_late_seconds_count", ()] >= 3 and shown >= 5

    await until(all_is_raised_and_shown)
    numbers = await scraped(service)
    assert numbers["sla_update_durable_seconds_count", ()] == 2
    # The clock stands: what has happened ten hours before was heard of just now.
    assert numbers["sla_alert_late_seconds_sum", ()] == 0
    assert numbers["sla_alert_late_seconds_bucket", ("0.005",)] == 3
    service.timings.taken("slack", 2.0)
    numbers = await scraped(service)
    assert numbers["sla_alert_told_seconds_sum", ("slack",)] == 2


async def test_open_clocks_show_by_who_promises_them_and_how_they_stand(service: Service) -> None:
    await posted(
        service,
        opening(0, "T-1"),  # has an hour
        opening(-55, "T-2"),  # warns from 51 minutes on
        opening(-58, "T-3"),
        opening(-600, "T-4"),
        opening(0, "T-5", customer_tier="unheard of", priority="P1"),
        opening(-30, "T-6"),
        update(-20, "T-6", status="resolved"),
    )

    async def all_is_shown() -> bool:
        behind = "sla_projection_behind_events", ("ticket_clocks",)
        return (await scraped(service))[behind] == 0

    await until(all_is_shown)
    numbers = await scraped(service)
    assert {
        labels: value for (name, labels), value in numbers.items() if name == "sla_clocks_open"
    } == {
        ("resolution", "gold", "compliant"): 1,
        ("resolution", "gold", "warning"): 1,
        ("resolution", "gold", "critical"): 1,
        ("resolution", "gold", "breached"): 1,
    }


async def test_a_tier_that_nobody_promises_anything_has_no_label_of_its_own(
    service: Service,
) -> None:
    async with service.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO ticket_clocks (ticket_id, clock, cycle, state, severity, calendar, policy,"
            " started_at, elapsed_seconds, counted_at, customer_tier, priority)"
            " SELECT gen_random_uuid(), 'resolution', 1, 'running', 'compliant', '', 1, now(), 0,"
            " now(), 'tier ' || number, 'P1' FROM generate_series(1, 3) AS number"
        )
    assert (await scraped(service))["sla_clocks_open", ("resolution", "other", "compliant")] == 3


async def test_sizes_are_those_of_the_database(service: Service) -> None:
    numbers = await scraped(service)
    tables = {key[1][0] for key in numbers if key[0] == "sla_table_size_bytes"}
    assert {"events", "heads", "outbox", "tickets", "ticket_clocks"} <= tables
    assert numbers["sla_table_size_bytes", ("events",)] > 0
    assert numbers["sla_table_size_bytes", ("events",)] < numbers["sla_database_size_bytes", ()]


async def test_while_the_database_is_away_the_process_still_says_what_it_knows(
    service: Service,
) -> None:
    await service.reading.close()

    numbers = await scraped(service)

    assert numbers["sla_database_reachable", ()] == 0
    assert numbers["sla_config_version", ()] == 1
    assert not [name for name, _ in numbers if name.startswith("sla_projection")]


async def test_a_refused_file_shows(service: Service) -> None:
    await service.reloader.take("nonsense: true")

    numbers = await scraped(service)

    assert numbers["sla_config_refused", ()] == 1
    assert numbers["sla_config_version", ()] == 1


async def test_what_is_not_sent_shows_by_its_state(service: Service) -> None:
    def outbox(numbers: Samples) -> dict[str, float]:
        return {key[1][0]: n for key, n in numbers.items() if key[0] == "sla_outbox_notices"}

    none = {"pending": 0, "sending": 0, "dead": 0, "skipped": 0, "held": 0}
    assert outbox(await scraped(service)) == none
    async with service.pool.connection() as conn:
        for number, state in enumerate(("dead", "sent", "dead", "skipped")):
            await conn.execute(
                "INSERT INTO outbox (dedup_key, position, ticket_id, alert_id, kind, channel,"
                " body, next_attempt_at, state, recorded) VALUES"
                " (%s, 1, gen_random_uuid(), 'a1', 'alert', 'slack', '{}', now(), %s, true)",
                (str(number), state),
            )
    assert outbox(await scraped(service)) == none | {"dead": 2, "skipped": 1}


async def test_a_dead_channel_shows(service: Service) -> None:
    async with service.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO outbox_channels (channel, failing_since, dead_since)"
            " VALUES ('slack', now(), now()), ('urgent', now(), NULL)"
        )
    numbers = await scraped(service)
    assert {key[1]: n for key, n in numbers.items() if key[0] == "sla_channel_dead"} == {
        ("slack",): 1
    }


async def test_messages_and_notices_have_numbers_of_their_own(service: Service) -> None:
    service.courier.messages["slack", "put off"] = 2
    service.courier.notices["slack", "put off"] = 40
    numbers = await scraped(service)
    assert numbers["sla_messages_total", ("slack", "put_off")] == 2
    assert numbers["sla_notices_total", ("slack", "put_off")] == 40


async def test_messages_a_ticket_count_each_ticket_once(service: Service) -> None:
    service.courier.messages["slack", "sent"] = 3
    for number in (1, 2, 3, 1, 4, 4):
        service.courier.tickets["slack"].add(UUID(int=number))
    numbers = await scraped(service)
    assert numbers["sla_tickets_told", ("slack",)] == 4
    assert numbers["sla_messages_per_ticket", ("slack",)] == 0.75


async def test_every_metric_is_there_under_its_name_and_nothing_else_is(service: Service) -> None:
    text = await shown(service)
    found = re.findall(r"^# HELP (sla_\w+) .+$", text, re.MULTILINE)
    assert sorted(found) == sorted(one.shown for one in MEANINGS)
    assert "process_start_time_seconds" in text


@promtool.needed
async def test_prometheus_own_tool_finds_nothing_to_say_of_names_and_words(
    service: Service,
) -> None:
    text = await shown(service)
    tool = await asyncio.create_subprocess_exec(
        "promtool",
        "check",
        "metrics",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await tool.communicate(text.encode())
    assert (tool.returncode, said) == (0, b"")
