"""What Prometheus scrapes says what the parts have done."""

from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import httpx
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from config.settings import Settings
from ops.logging import lost_lines
from ops.wiring import Service
from tests.support.desk import CONFIG, Clock, until
from tests.support.items import opening
from tests.support.service import database_url_of

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


async def scraped(service: Service) -> Samples:
    """By name and the values of the labels."""
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        response = await client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


async def posted(service: Service, *items: object) -> None:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
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


async def test_a_refused_file_shows(service: Service) -> None:
    await service.reloader.take("nonsense: true")

    numbers = await scraped(service)

    assert numbers["sla_config_refused", ()] == 1
    assert numbers["sla_config_version", ()] == 1


async def test_what_is_not_sent_shows_by_its_state(service: Service) -> None:
    def outbox(numbers: Samples) -> dict[str, float]:
        return {key[1][0]: n for key, n in numbers.items() if key[0] == "sla_outbox_notices"}

    none = {"pending": 0, "sending": 0, "dead": 0, "skipped": 0}
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
