"""The page of metrics, from what each says of itself."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ops.docs.table import code, table
from ops.metrics.meaning import Meaning
from ops.metrics.of_database import OF_DATABASE
from ops.metrics.of_process import OF_PROCESS
from ops.metrics.route import REACHABLE

INTRODUCTION = """# Metrics

`GET /metrics` of every process, for Prometheus; it needs no token, and `METRICS_PORT` puts it on
a port of its own. Seconds and bytes, counters end in `_total`, and no label has a value that a
ticket could make up: rules, tiers, clocks, channels, rotations and desks are those of the
configuration. `ops/observe` has a dashboard and rules.

A scrape asks the database once. While that is away it is answered all the same: with
`sla_database_reachable` 0 and without what stands in the database.
"""
PROCESS = """
## Of each process

Each process counts what it has done itself, from 0 when it starts. Of several, take the sum:
`sum(rate(sla_observations_total[5m]))`. What an `api` process does not do (raise, tell) stays 0
there, as does what a `worker` does not (take updates). Of histograms, sum the buckets before the
quantile: `histogram_quantile(0.95, sum by (le) (rate(sla_update_durable_seconds_bucket[5m])))`.

"""
DATABASE = """
## Of the database

Every process says the same, for it asks the same database, each at its own scrape. Take the
largest, never the sum: `max by (rule, clock, severity) (sla_clocks_open)`. One process that is
scraped is enough for these.

"""
LIBRARY = """
## Of the program

The client library's own, on Linux: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_start_time_seconds`, `process_open_fds`,
`process_max_fds`.
"""


def page(root: Path) -> str:
    return "".join(
        (
            INTRODUCTION,
            PROCESS,
            _table((*OF_PROCESS, REACHABLE)),
            DATABASE,
            _table(OF_DATABASE),
            LIBRARY,
        )
    )


def _table(meanings: Iterable[Meaning[Any]]) -> str:
    return table(("metric", "kind", "labels", "meaning"), _rows(meanings))


def _rows(meanings: Iterable[Meaning[Any]]) -> Iterator[tuple[str, ...]]:
    for one in meanings:
        yield code(one.shown), one.kind, ", ".join(map(code, one.labels)), one.says
