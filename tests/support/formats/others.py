"""What happens beside the tickets, with all that it may say and with as little as it has to."""

from uuid import UUID

from command_side.deciding.events import (
    Body,
    CalendarsRead,
    ClockSetBack,
    ExcusedWindow,
    ExcuseEnded,
    ExcuseGranted,
    ExcusesApplied,
    ExcuseWithdrawn,
    LogRestored,
    OnCallShift,
    OperatorActed,
    PolicyAccepted,
    PolicyApplied,
    RetentionApplied,
    SilenceCreated,
    SilenceEnded,
    SilentWindow,
    TokenMade,
    TokenRevoked,
)

NINE = 1_767_603_600_000_000
"""2026-01-05T09:00:00Z"""
MINUTE = 60_000_000
SILENCE = UUID("0b0e7a9e-6a52-4a53-8f63-3d4c1a3f0c11")

OTHERS: dict[str, tuple[Body, ...]] = {
    "silence.created.v1": (
        SilenceCreated(
            silence_id=SILENCE,
            matchers={"priority": ("P3", "P4"), "clock": ("update",)},
            until=NINE + 120 * MINUTE,
            reason="maintenance",
        ),
        SilenceCreated(
            silence_id=SILENCE,
            matchers={"organization": ("ACME", None), "level": (">=3",)},
            until=NINE + 180 * MINUTE,
            reason="patches",
            windows=(
                SilentWindow(start=NINE, until=NINE + 60 * MINUTE),
                SilentWindow(start=NINE + 120 * MINUTE, until=NINE + 180 * MINUTE),
            ),
            rrule="FREQ=DAILY;COUNT=2",
            time_zone="Europe/Berlin",
        ),
    ),
    "silence.ended.v1": (SilenceEnded(silence_id=SILENCE, ended_at=NINE + 60 * MINUTE),),
    "log.restored.v1": (LogRestored(after=41, until=NINE),),
    "clock.set_back.v1": (ClockSetBack(was=NINE + 60 * MINUTE, set_to=NINE, tickets=12),),
    "policy.accepted.v1": (
        PolicyAccepted(
            version=3,
            content="sla_targets: {}\n# größer\n",
            hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            author="sla_config.yaml",
            accepted_at=NINE,
            apply_to="open_tickets",
            warning=0.15,
            critical=0.05,
        ),
        PolicyAccepted(
            version=4,
            content="sla_targets: {}\n",
            hash="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            author="sla_config.yaml",
            accepted_at=NINE,
            apply_to="new_tickets",
            warning=0.25,
            critical=0.05,
            built_in=2,
        ),
        PolicyAccepted(
            version=5,
            content="sla_targets: {}\n",
            hash="5d41402abc4b2a76b9719d911017c592ae1f1b1d2b0b822cd15d6c15b0f00a08",
            author="ann",
            accepted_at=NINE,
            apply_to="new_tickets",
            warning=0.15,
            critical=0.05,
            built_in=2,
            since=NINE - 60 * MINUTE,
            reason="a holiday entered late",
        ),
    ),
    "excuse.granted.v1": (
        ExcuseGranted(
            excuse_id=UUID(int=6),
            windows=(
                ExcusedWindow(start=NINE, until=NINE + 60 * MINUTE),
                ExcusedWindow(start=NINE + 90 * MINUTE, until=None),
            ),
            match={"team": ["billing", None], "tags": "*"},
            unless={"source": "sandbox"},
            clocks=("resolution",),
            reason="Größere Störung",
            rrule="FREQ=WEEKLY;COUNT=2",
            time_zone="Europe/Berlin",
        ),
        ExcuseGranted(
            excuse_id=UUID(int=6),
            windows=(),
            match={},
            unless=None,
            clocks=None,
            reason="strike",
            rrule=None,
            time_zone=None,
        ),
    ),
    "excuse.ended.v1": (ExcuseEnded(excuse_id=UUID(int=6), ended_at=NINE),),
    "excuse.withdrawn.v1": (ExcuseWithdrawn(excuse_id=UUID(int=6), reason="no agreement"),),
    "excuses.applied.v1": (ExcusesApplied(number=7, moved=40),),
    "on_call.calendars_read.v1": (
        CalendarsRead(
            rotation="payments",
            since=NINE,
            until=NINE + 30 * 24 * 60 * MINUTE,
            shifts=(
                OnCallShift(person="anna", start=NINE - 60 * MINUTE, end=NINE + 60 * MINUTE),
                OnCallShift(person="ben", start=NINE, end=NINE + 60 * MINUTE, level=2),
            ),
            overrides=(OnCallShift(person="zoë", start=NINE, end=NINE + MINUTE),),
        ),
        CalendarsRead(rotation="ops", since=NINE, until=NINE + MINUTE, shifts=()),
    ),
    "token.made.v1": (
        TokenMade(
            token_id="k3v9x2m1",
            name="grafana",
            hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            scopes=("read", "audit"),
            expires_at=NINE + 120 * MINUTE,
            requests_a_minute=600,
        ),
        TokenMade(token_id="00000000", name="chief", hash="00" * 32, scopes=("admin",)),
    ),
    "token.revoked.v1": (TokenRevoked(token_id="k3v9x2m1", reason="found in a screenshot"),),
    "operator.acted.v1": (
        OperatorActed(what="rebuild_projection", about="tickets"),
        OperatorActed(what="rebuild_heads", count=1204),
    ),
    "policy.applied.v1": (PolicyApplied(version=3, retargeted=40),),
    "retention.applied.v1": (
        RetentionApplied(
            what="raw",
            source="zendesk",
            before=NINE,
            count=3,
            first=NINE - 2 * MINUTE,
            last=NINE - MINUTE,
        ),
        RetentionApplied(what="outbox", source=None, before=NINE, count=1, first=NINE, last=NINE),
    ),
}
