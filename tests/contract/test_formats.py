"""Today's code reads and writes every stored format as it was when its sample was made."""

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
import pytest
from psycopg import AsyncConnection

from command_side.deciding import events
from command_side.deciding.events import topics
from command_side.deciding.events.base import SHORT, Part
from command_side.event_store import append
from engine.notify.message import Delivered, Message
from engine.notify.slack import Slack
from engine.notify.threads import Apart
from engine.sla.instants import moment
from tests.support.formats import FOLDER, Sample
from tests.support.formats.__main__ import main
from tests.support.formats.all import SAMPLES
from tests.support.formats.events import NINE
from tests.support.formats.hashes import APPENDS, AT, HASHES, LINKS, fixed_random
from tests.support.formats.ids import STREAMS
from tests.support.formats.told import BODY, BODY_EXCUSED, notice, without_personal
from tests.support.web import answering


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_a_sample_is_read_and_written_as_ever(sample: Sample) -> None:
    assert sample.faults() == []


def test_no_sample_is_without_a_test() -> None:
    files = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    assert files == {sample.file for sample in SAMPLES}


def test_every_topic_has_a_sample() -> None:
    names = [sample.path.name for sample in SAMPLES if sample.file.startswith("events/")]
    assert sorted({name.rsplit(".", 2)[0] for name in names}) == topics()


def test_every_stream_beside_the_tickets_has_a_sample_of_its_id() -> None:
    assert {name for name, one in vars(events).items() if isinstance(one, UUID)} == set(STREAMS)


def _parts(value: Any) -> Iterator[Part]:
    """It and all that it consists of."""
    if isinstance(value, Part):
        yield value
        for name in value.__struct_fields__:
            yield from _parts(getattr(value, name))
    elif isinstance(value, tuple):
        for one in cast("tuple[Any, ...]", value):
            yield from _parts(one)


def test_every_member_that_may_be_left_out_is_in_one_sample_and_missing_in_another() -> None:
    """So that a new member asks for a sample of its own."""
    said: dict[tuple[str, str], set[bool]] = {}
    for sample in SAMPLES:
        for part in _parts(sample.value):
            for field in msgspec.structs.fields(part):
                if not field.required:
                    is_said = getattr(part, field.name) != field.default
                    said.setdefault((type(part).__name__, field.name), set()).add(is_said)
    assert {name for name, found in said.items() if found != {True, False}} == set()


def test_every_kind_of_body_and_part_is_in_a_sample() -> None:
    def below(of: type[Any]) -> Iterator[str]:
        for one in of.__subclasses__():
            if one.__module__.startswith("command_side."):
                yield one.__name__
            yield from below(one)

    abstract = {"Body", "Unknown", "Observation", "Milestone"}
    shown = {type(part).__name__ for sample in SAMPLES for part in _parts(sample.value)}
    assert {name for name in below(Part) if name not in abstract} - shown == set()


def test_every_short_name_is_that_of_a_member() -> None:
    """One that stands ready for nobody would be given to whoever takes the long name one day."""
    parts = [part for sample in SAMPLES for part in _parts(sample.value)]
    assert set(SHORT) - {name for part in parts for name in part.__struct_fields__} == set()


def test_what_is_there_is_never_written_again() -> None:
    before = {file: file.stat().st_mtime_ns for file in FOLDER.rglob("*")}
    assert main() == 0
    assert {file: file.stat().st_mtime_ns for file in FOLDER.rglob("*")} == before


async def test_the_database_computes_the_same_chain(database_url: str) -> None:
    async with await AsyncConnection[Any].connect(database_url) as conn:
        for after, writes in APPENDS:
            with fixed_random():
                outcomes = await append(conn, writes, now=AT + after)
            await conn.commit()
            assert all(outcome.appended for outcome in outcomes)
        cursor = await conn.execute("select hash, link from events order by notification_id")
        rows = await cursor.fetchall()
    assert "".join(f"{hash.hex()}\n" for hash, _ in rows).encode() == HASHES.path.read_bytes()
    links = [link for _, link in rows if link is not None]
    assert "".join(f"{link.hex()}\n" for link in links).encode() == LINKS.path.read_bytes()


@pytest.mark.parametrize("body", [BODY, BODY_EXCUSED, without_personal(BODY)])
async def test_a_stored_notice_can_be_told_to_people(body: dict[str, Any]) -> None:
    answers = answering(lambda _: httpx.Response(200, content=b"ok"))
    async with httpx.AsyncClient(transport=answers) as client:
        slack = Slack(
            "https://example.com", client=client, now=lambda: moment(NINE), threads=Apart()
        )
        assert await slack.deliver(Message((notice(body, "slack"),))) == Delivered()
