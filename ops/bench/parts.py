"""The parts of the bench by name, in the order in which they run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ops.bench import (
    alerting,
    appends,
    auditing,
    folding,
    memory,
    neighbour,
    over_http,
    readiness,
    replaying,
    single,
    telling,
    ticking,
)
from ops.bench.figures import Figure
from ops.bench.harness import Bench


@dataclass(frozen=True, slots=True)
class Part:
    """What can be measured by itself."""

    title: str
    measure: Callable[[Bench], Awaitable[list[Figure]]]


PARTS: Mapping[str, Part] = {
    "append": Part("Events into the log, 1,000 a transaction", appends.measure),
    "http": Part("Updates over HTTP, durable", over_http.measure),
    "plain": Part("The design that one writes first, beside it", neighbour.measure),
    "clients": Part("Concurrent clients, one ticket a request", single.measure),
    "projections": Part("Read tables", folding.measure),
    "idle": Part("A tick when nothing is due", ticking.idle),
    "due": Part("A flood of deadlines", ticking.due),
    "lateness": Part("How late an alert is", alerting.lateness),
    "subscribers": Part("Many subscribers", alerting.subscribers),
    "told": Part("What a storm comes to in one channel", telling.measure),
    "replay": Part("One ticket's timeline", replaying.measure),
    "audit": Part("The whole log, checked and folded again", auditing.measure),
    "start": Part("Starting", readiness.measure),
    "memory": Part("Memory of the service process", memory.measure),
}
