"""FOLD: windows in which alerts are recorded but not sent, and what they have muted."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import (
    Observation,
    Raised,
    SilenceCreated,
    SilenceEnded,
    SilentWindow,
    Ticket,
)
from command_side.event_store import Recorded
from engine.sla.instants import micros
from projections.protocol import Change, Replace, Table, Upsert, Write


class Silences:
    """One row a silence, one a window of it, one an alert, and one a reminder that it has muted."""

    name = "silences"
    version = 3
    tables = (
        Table("silences", key=("silence_id",)),
        Table("silence_windows", key=("silence_id", "starts_at"), parent=("silence_id",)),
        Table("silence_mutes", key=("silence_id", "alert_id")),
        Table("silence_reminders", key=("silence_id", "position", "alert_id", "route")),
    )
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """A silence ends by itself at `until`; `ended_at` is when somebody ended it before."""
        for event in events:
            body = event.body
            if isinstance(body, Observation):
                continue  # as most are
            if isinstance(body, SilenceCreated):
                yield from _created(event, body)
            elif isinstance(body, SilenceEnded):
                yield Change(
                    "silences",
                    {
                        "silence_id": str(body.silence_id),
                        "ended_at": body.ended_at,
                        "position": event.position,
                    },
                )
            elif isinstance(body, Raised):
                for silence in body.silenced_by:
                    yield Upsert(
                        "silence_mutes",
                        {
                            "silence_id": str(silence),
                            "alert_id": body.alert_id,
                            "position": event.position,
                            "ticket_id": event.ticket_id,
                            "external_id": body.external_id,
                            "type": "alert"
                            if isinstance(body, Ticket.AlertRaised)
                            else "escalation",
                            "clock": body.clock,
                            "severity": body.severity,
                            "escalation_level": body.escalation_level,
                            "raised_at": body.raised_at,
                        },
                    )
            elif isinstance(body, Ticket.NotReminded):
                for one in body.reminders:
                    for silence in one.silenced_by:
                        yield Upsert(
                            "silence_reminders",
                            {
                                "silence_id": str(silence),
                                "position": event.position,
                                "alert_id": one.alert_id,
                                "route": one.route,
                            },
                        )


def _created(event: Recorded, body: SilenceCreated) -> Iterator[Write]:
    since = micros(event.occurred_at)
    windows = body.windows or (SilentWindow(start=min(since, body.until), until=body.until),)
    silence = str(body.silence_id)
    yield Upsert(
        "silences",
        {
            "silence_id": silence,
            "matchers": body.matchers,
            "starts_at": windows[0].start,
            "until": body.until,
            "windows": len(windows),
            "rrule": body.rrule,
            "time_zone": body.time_zone,
            "reason": body.reason,
            "created_by": event.personal.by,
            "created_at": event.occurred_at,
            "position": event.position,
        },
    )
    rows = [{"silence_id": silence, "starts_at": one.start, "until": one.until} for one in windows]
    yield Replace("silence_windows", {"silence_id": silence}, rows)
