"""Part `replay`: one ticket read back from the log, and the pure fold by itself."""

import time
from datetime import timedelta

from command_side.deciding.events import ticket_id
from engine.sla import timeline
from engine.sla.instants import SECOND, micros
from engine.sla.policy import Phase, Policy
from engine.sla.timeline import Observation
from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected, intake
from ops.bench.tickets import Updates
from ops.bench.workload import policies, submissions
from query_side.audit.replay import replay

REPEATS = 5
LENGTHS = (20, 100, 1000)
PHASES: tuple[Phase, ...] = ("waiting", "active", "paused", "active")
PRIORITIES = ("P3", "P4")


async def measure(bench: Bench) -> list[Figure]:
    """Milliseconds to read and fold a stream; microseconds of folds alone."""
    count = bench.scale.stream
    began = bench.now()
    book = policies(began - timedelta(days=400))
    async with bench.database() as conninfo, connected(conninfo) as conn:
        updates = Updates("replayed", began, 1, 1)
        items = [updates.item(0, step) for step in range(count)]
        await intake(book).ingest(conn, submissions(items), began)
        ticket = ticket_id("bench", items[0]["external_id"])
        whole: list[float] = []
        for _ in range(bench.scale.rounds * REPEATS):
            start = time.perf_counter()
            replayed = await replay(conn, book, ticket, as_of=began, known_at=None, asked="it")
            whole.append((time.perf_counter() - start) * 1000)
            if len(replayed.stream) != count:
                raise RuntimeError(f"{len(replayed.stream)} of {count} events were replayed")
    figures = [
        Figure("replay.stream", f"a ticket of {count:,} events replayed", "ms", tuple(whole))
    ]
    for length in LENGTHS:
        observations = _observations(length, micros(began))
        samples = tuple(
            _fold_once(observations, book.all, micros(began))
            for _ in range(bench.scale.rounds * REPEATS)
        )
        label = f"fold of {length:,} observations, two calendars"
        base = None if length == LENGTHS[0] else f"replay.fold_{LENGTHS[0]}"
        figures.append(Figure(f"replay.fold_{length}", label, "µs", samples, base=base))
    return figures


def _observations(count: int, now: int) -> list[Observation]:
    """Status and priority keep changing, and with the priority the calendar."""
    hour = 3600 * SECOND
    start = now - (count + 1) * hour // 4
    return [
        Observation(
            start + number * hour // 4,
            0,
            PHASES[number % len(PHASES)],
            PRIORITIES[number // 5 % len(PRIORITIES)],
            "enterprise",
        )
        for number in range(count)
    ]


def _fold_once(observations: list[Observation], book: tuple[Policy, ...], as_of: int) -> float:
    start = time.perf_counter()
    folded = timeline.fold(observations, book, as_of)
    folded.count_to(as_of)
    return (time.perf_counter() - start) * 1_000_000
