"""How much is measured: counts of everything, in full and in a hurry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """One run's amounts; times in seconds."""

    rounds: int
    """Interleaved rounds, of which the medians are taken."""
    batches: int
    """Transactions of 1,000 events a round of appends."""
    stock_items: int
    """Tickets a round of the stock library's path."""
    updates: int
    """Updates a round over HTTP, in batches of 500."""
    warming: int
    """Updates that a fresh service takes before anything is measured on it."""
    client_seconds: float
    """A round of concurrent clients."""
    clients: int
    backlog: int
    """Events that the projections find."""
    idle_few: int
    idle_many: int
    """Open tickets while nothing is due."""
    ticks: int
    due: int
    """Clocks due at one instant."""
    alert_seconds: float
    stream: int
    """Events of the ticket that is replayed."""
    tickets: int
    """Tickets taken in before the memory is looked at."""
    subscribers: int
    subscriber_seconds: float


FULL = Scale(
    rounds=5,
    batches=10,
    stock_items=300,
    updates=20_000,
    warming=2_000,
    client_seconds=4.0,
    clients=200,
    backlog=60_000,
    idle_few=10_000,
    idle_many=300_000,
    ticks=200,
    due=10_000,
    alert_seconds=20.0,
    stream=1000,
    tickets=300_000,
    subscribers=500,
    subscriber_seconds=10.0,
)
QUICK = Scale(
    rounds=2,
    batches=2,
    stock_items=100,
    updates=4_000,
    warming=2_000,
    client_seconds=1.0,
    clients=200,
    backlog=10_000,
    idle_few=10_000,
    idle_many=300_000,
    ticks=50,
    due=10_000,
    alert_seconds=4.0,
    stream=1000,
    tickets=10_000,
    subscribers=500,
    subscriber_seconds=3.0,
)
