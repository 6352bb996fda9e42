"""The same task on the event-sourcing library as it comes: what the product's own path is for."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

from ops.bench.tickets import Json


class StockTicket(Aggregate):
    """Remembers which observations it has; knows no clocks."""

    @event("Opened")
    def __init__(self, external_id: str, key: str, given: Json) -> None:
        self.external_id = external_id
        self.keys = {key}
        self.given = given

    @staticmethod
    def create_id(external_id: str) -> UUID:
        return uuid5(NAMESPACE_URL, external_id)

    @event("Observed")
    def observe(self, key: str, given: Json) -> None:
        self.keys.add(key)
        self.given = {**self.given, **given}


class StockTickets(Application[UUID]):
    """Loads, checks and saves one ticket at a time."""

    def open(self, item: Json) -> None:
        """One `app.save()` of a new aggregate's first event."""
        self.save(StockTicket(item["external_id"], item["updated_at"], item))

    def ingest(self, item: Json) -> None:
        """Repeating it does no harm."""
        try:
            ticket: StockTicket = self.repository.get(StockTicket.create_id(item["external_id"]))
        except AggregateNotFoundError:
            self.open(item)
            return
        if item["updated_at"] not in ticket.keys:
            ticket.observe(item["updated_at"], item)
            self.save(ticket)


@contextmanager
def stock(conninfo: str) -> Generator[StockTickets]:
    """The library's application with its PostgreSQL recorder, on a database of its own."""
    app = StockTickets(env=_environment(conninfo))
    try:
        yield app
    finally:
        app.close()


def opening(app: StockTickets, items: Sequence[Json]) -> float:
    """Tickets a second."""
    began = time.monotonic()
    for item in items:
        app.open(item)
    return len(items) / (time.monotonic() - began)


def ingesting(app: StockTickets, items: Sequence[Json]) -> float:
    """Updates a second."""
    began = time.monotonic()
    for item in items:
        app.ingest(item)
    return len(items) / (time.monotonic() - began)


def _environment(conninfo: str) -> Mapping[str, str]:
    given: dict[str, Any] = conninfo_to_dict(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given.get("dbname", "")),
        "POSTGRES_HOST": str(given.get("host", "")),
        "POSTGRES_PORT": str(given.get("port", 5432)),
        "POSTGRES_USER": str(given.get("user", "")),
        "POSTGRES_PASSWORD": str(given.get("password", "")),
    }
