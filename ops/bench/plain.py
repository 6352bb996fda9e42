"""The design that one writes first, to see what ours costs beside it: `python -m ops.bench.plain`.

A row a ticket, a row a clock, a row of history an update, all by SQLAlchemy in one transaction a
batch; deadlines are computed when an update comes, by the same promises and calendars, and a scan,
asked for each minute, raises what is due. It has indexes where it searches, reads a batch's rows by
two queries, and writes them in bulk, as the unit of work does. Instants are microseconds: dates and
times would only cost it more. It forgets what it knew before, takes no update that is late, and one
that was sent twice it knows only while it is the newest.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import (
    BigInteger,
    Engine,
    ForeignKey,
    Index,
    UniqueConstraint,
    create_engine,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from engine.sla.calendar import Calendar
from engine.sla.instants import micros
from engine.sla.policy import Plan
from ops.bench.workload import policies
from ops.http.serving import address, listener

POLICY = policies(datetime(2020, 1, 1, tzinfo=UTC)).current
SHARES = (1 - POLICY.warning / 100, 1 - POLICY.critical / 100, 1)
"""Of a target, at which a clock is a warning, critical and breached: 1, 2 and 3."""
FACTS = ("title", "description", "priority", "customer_tier", "status", "assigned_to", "tags")


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger, dict[str, Any]: JSONB}


class Ticket(Base):
    __tablename__ = "plain_tickets"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    source: Mapped[str]
    external_id: Mapped[str]
    title: Mapped[str | None]
    description: Mapped[str | None]
    priority: Mapped[str]
    customer_tier: Mapped[str]
    status: Mapped[str]
    assigned_to: Mapped[str | None]
    tags: Mapped[list[str] | None] = mapped_column(JSONB)
    created_at: Mapped[int]
    updated_at: Mapped[int]
    clocks: Mapped[list["Clock"]] = relationship(back_populates="ticket")

    @property
    def plan(self) -> Plan:
        return POLICY.plan(self.customer_tier, self.priority)


class Clock(Base):
    __tablename__ = "plain_clocks"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey(Ticket.id), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="running")
    spent: Mapped[int] = mapped_column(default=0)
    since: Mapped[int]
    severity: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[int | None]
    next_at: Mapped[int | None]
    ticket: Mapped[Ticket] = relationship(back_populates="clocks")


Index("plain_clocks_next", Clock.next_at, postgresql_where=Clock.next_at.is_not(None))


class History(Base):
    __tablename__ = "plain_history"
    __table_args__ = (Index("plain_history_of", "ticket_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey(Ticket.id))
    at: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changes: Mapped[dict[str, Any]]
    ticket: Mapped[Ticket] = relationship()


class Alert(Base):
    __tablename__ = "plain_alerts"
    __table_args__ = (UniqueConstraint("ticket_id", "clock", "kind", "severity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey(Ticket.id))
    clock: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[int]
    raised_at: Mapped[datetime] = mapped_column(server_default=func.now())
    told: Mapped[bool] = mapped_column(default=False)


class Item(BaseModel):
    """As the help desk says it; what it leaves out stays as it was."""

    source: str
    external_id: str
    title: str | None = None
    description: str | None = None
    priority: str | None = None
    customer_tier: str | None = None
    status: str | None = None
    assigned_to: str | None = None
    tags: list[str] | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime


class Batch(BaseModel):
    tickets: list[Item]


def take(session: Session, known: dict[tuple[str, str], Ticket], item: Item) -> str:
    """What became of it: accepted, duplicate or late."""
    key, at = (item.source, item.external_id), micros(item.updated_at)
    ticket = known.get(key)
    if ticket is not None and at <= ticket.updated_at:
        return "duplicate" if at == ticket.updated_at else "late"
    given = {name: value for name in FACTS if (value := getattr(item, name)) is not None}
    changes = given
    if ticket is None:
        created_at = micros(item.created_at) if item.created_at else at
        ticket = Ticket(id=uuid4(), source=key[0], external_id=key[1], created_at=created_at)
        known[key] = ticket
        session.add(ticket)
    else:
        changes = {name: value for name, value in given.items() if value != getattr(ticket, name)}
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.updated_at = at
    if not ticket.clocks:
        ticket.clocks = [
            Clock(name=name, state="running", spent=0, since=ticket.created_at, severity=0)
            for name in ticket.plan.targets
        ]
    session.add(History(ticket=ticket, at=at, changes=changes))
    count(ticket, at)
    return "accepted"


def count(ticket: Ticket, at: int) -> None:
    """The clocks as of an update."""
    plan, phase = ticket.plan, POLICY.phase(ticket.status)
    for clock in ticket.clocks:
        ends = phase != "waiting" if clock.name == "response" else phase in ("done", "cancelled")
        pauses = clock.name == "resolution" and phase == "paused"
        if clock.state == "ended":
            continue
        if clock.state == "running" and (ends or pauses):
            clock.spent += plan.calendars[clock.name].elapsed(clock.since, at)
        if clock.state == "paused":
            clock.since = at
        clock.state = "ended" if ends else "paused" if pauses else "running"
        schedule(clock, ticket, plan.calendars[clock.name])


def schedule(clock: Clock, ticket: Ticket, calendar: Calendar) -> None:
    """When it is due, and when the scan has to look at it next."""
    clock.due_at = clock.next_at = None
    budget = ticket.plan.targets.get(clock.name)
    if clock.state == "running" and budget is not None:
        target = budget.measured_from(ticket.created_at, calendar)
        left = [max(0, int(target * share) - clock.spent) for share in SHARES]
        at = [calendar.deadline(clock.since, each) for each in left]
        clock.due_at = at[-1]
        clock.next_at = at[clock.severity] if clock.severity < len(at) else None


def create(engine: Engine) -> FastAPI:
    app = FastAPI()

    @app.post("/tickets")
    def report(batch: Batch) -> dict[str, Any]:
        keys = sorted({(one.source, one.external_id) for one in batch.tickets})
        asked = select(Ticket).where(tuple_(Ticket.source, Ticket.external_id).in_(keys))
        locked = asked.options(selectinload(Ticket.clocks)).order_by(Ticket.id).with_for_update()
        with Session(engine) as session, session.begin():
            known = {(one.source, one.external_id): one for one in session.scalars(locked)}
            outcomes = [take(session, known, one) for one in batch.tickets]
        return {
            "accepted": outcomes.count("accepted"),
            "duplicates": outcomes.count("duplicate"),
            "results": [
                {"external_id": one.external_id, "outcome": outcome}
                for one, outcome in zip(batch.tickets, outcomes, strict=True)
            ],
        }

    @app.post("/scan")
    def scan() -> int:
        """What a cron job asks for each minute: raises what is due, and says how much that was."""
        with Session(engine) as session, session.begin():
            now = micros(session.scalars(select(func.clock_timestamp())).one())
            due = select(Clock).where(Clock.next_at <= now).options(joinedload(Clock.ticket))
            found = session.scalars(due.with_for_update(of=Clock, skip_locked=True)).all()
            for clock in found:
                plan = clock.ticket.plan
                clock.severity += 1
                for kind in ("alert", "escalation") if plan.ladder is None else ("alert",):
                    about = {"clock": clock.name, "kind": kind, "severity": clock.severity}
                    session.add(Alert(ticket_id=clock.ticket_id, **about))
                schedule(clock, clock.ticket, plan.calendars[clock.name])
            return len(found)

    return app


def main() -> None:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, pool_size=8)
    Base.metadata.create_all(engine)
    bound = listener("127.0.0.1", 0)
    bound.listen(128)
    sys.stderr.write(f"Plain: {address(bound)}/\n")
    uvicorn.Server(uvicorn.Config(create(engine), log_level="warning")).run(sockets=[bound])


if __name__ == "__main__":
    main()
