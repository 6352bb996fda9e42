"""What a what-if answers: what was attained beside what would have been, and whether counting again
says of the past what was said when it happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from query_side import spreadsheet
from query_side.audit.what_if.sums import By, Counted, Grouping, Side, Sums, Turned, Verdict
from query_side.goals import budget_left


class Attained(BaseModel):
    """Cycles of a group."""

    met: int
    breached: int
    cancelled: int = Field(description="Neither met nor breached: spam, or promised no more")
    open: int = Field(description="Not decided yet")
    attainment_percent: float | None = Field(
        description="Of those met and breached, rounded down to two places; null: there are none"
    )
    goal_percent: float | None = Field(
        description="What share has to be kept by this configuration; null: there is no goal, or"
        " several"
    )
    budget_left: int | None = Field(
        description="How many more could have been missed with the goal still reached; negative: so"
        " many were too many; null where `goal_percent` is"
    )

    @classmethod
    def of(cls, counted: Counted) -> "Attained":
        """As answers have it."""
        met, breached, goal = counted.met, counted.breached, counted.goal
        decided = met + breached
        return cls(
            met=met,
            breached=breached,
            cancelled=counted.cancelled,
            open=counted.open,
            attainment_percent=10_000 * met // decided / 100 if decided else None,
            goal_percent=goal,
            budget_left=budget_left(met, breached, goal),
        )


class Compared(BaseModel):
    """The same tickets, twice."""

    before: Attained = Field(description="As it was")
    after: Attained = Field(description="As it would have been")


class GroupCompared(Compared):
    """One group, by the names asked for; the others are left out."""

    clock: str | None = None
    rule: str | None = None
    tier: str | None = None
    priority: str | None = None
    team: str | None = None
    organization: str | None = None
    policy: str | None = Field(None, description="The version of the configuration")
    day: date | None = Field(None, description="On which it was decided; null: it is open")
    week: date | None = Field(None, description="The Monday of that week")
    month: date | None = Field(None, description="The first day of that month")


class CycleTurned(BaseModel):
    """A cycle whose verdict is another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    cycle: int
    before: Verdict = Field(description="met, breached, cancelled, open, or none: there was none")
    after: Verdict = Field(description="The same, as it would have been")
    href: str = Field(description="The ticket's timeline")

    @classmethod
    def of(cls, one: Turned) -> "CycleTurned":
        """As answers have it."""
        href = f"/tickets/{one.ticket_id}/timeline"
        return cls.model_validate({**one._asdict(), "href": href})


class TurnedCount(BaseModel):
    """How many turn one way."""

    before: Verdict = Field(description="What they were")
    after: Verdict = Field(description="What they would have been")
    cycles: int = Field(description="How many")


class DayCompared(BaseModel):
    """What came up on one day, by when it happened."""

    day: date = Field(description="In `time_zone`")
    alerts_before: int = Field(description="Warnings, critical ones and breaches, as it was")
    alerts_after: int = Field(description="The same, as it would have been")
    escalations_before: int = Field(description="Rungs of the ladder, as it was")
    escalations_after: int = Field(description="The same, as it would have been")


class TeamCompared(BaseModel):
    """The load on one team: of the cycles that were its own."""

    team: str | None
    breached_before: int = Field(description="Deadlines missed, as it was")
    breached_after: int = Field(description="The same, as it would have been")
    escalations_before: int = Field(description="Rungs of the ladder, as it was")
    escalations_after: int = Field(description="The same, as it would have been")


class Proof(BaseModel):
    """The past, counted again as it was: by the same counting as the rest of the answer."""

    holds: bool = Field(description="Every verdict is the one that was recorded when it happened")
    cycles: int = Field(description="Whose recorded verdict was compared")
    differing: int = Field(description="Of them, those judged otherwise")
    differences: list[CycleTurned] = Field(
        description="The first 1,000 of them: `before` as recorded, `after` as counted"
    )
    says: str = Field(description="The same in a sentence")


class WhatIf(BaseModel):
    """The tickets of a time, as if another configuration had always been in force."""

    about: Literal["past"] = Field("past", description="What is supposed: of the past")
    at: datetime = Field(description="The instant to which everything was counted")
    position: int = Field(description="Of the newest event in the log that was counted")
    since: datetime | None = Field(description="Tickets opened since then; null: all")
    until: datetime | None = Field(description="Tickets opened before then; null: all")
    time_zone: str = Field(description="Of the days")
    policy_version: int = Field(description="The version in force, whose goals stand at `before`")
    group_by: list[Grouping] = Field(description="What groups are told by")
    tickets: int = Field(description="That were counted")
    updates: int = Field(description="Observations of them")
    tickets_changed: int = Field(description="With a cycle whose verdict is another one")
    cycles_changed: int = Field(description="Whose verdict is another one")
    turned: list[TurnedCount] = Field(description="The same by what they were and would have been")
    cycles: list[CycleTurned] = Field(description="The first 1,000 of them, by the ticket's id")
    groups: list[GroupCompared] = Field(description="One for each combination that occurs")
    total: Compared = Field(description="All groups together")
    days: list[DayCompared] = Field(description="On which anything came up")
    teams: list[TeamCompared] = Field(description="That had anything to do with it")
    proof: Proof = Field(description="Whether the past, counted again, is what was recorded")
    warnings: list[str] = Field(description="What is doubtful about the configuration")


def answer(
    sums: Sums,
    by: By,
    *,
    at: datetime,
    position: int,
    since: datetime | None,
    until: datetime | None,
    policy_version: int,
    pending: bool,
    warnings: list[str],
) -> WhatIf:
    """Of all tickets; `pending`: not every ticket stands under the version in force yet."""
    before, after = sums.before, sums.after
    return WhatIf(
        about="past",
        at=at,
        position=position,
        since=since,
        until=until,
        time_zone=str(by.zone),
        policy_version=policy_version,
        group_by=list(by.names),
        tickets=sums.tickets,
        updates=sums.updates,
        tickets_changed=sums.tickets_turned,
        cycles_changed=sums.turned.total(),
        turned=[
            TurnedCount(before=was, after=would, cycles=count)
            for (was, would), count in sorted(sums.turned.items())
        ],
        cycles=[CycleTurned.of(one) for one in sums.cycles],
        groups=list(_groups(sums, by.names)),
        total=_compared(before.total, after.total),
        days=_days(before, after),
        teams=_teams(before, after),
        proof=_proof(sums, pending=pending),
        warnings=warnings,
    )


def _compared(before: Counted | None, after: Counted | None) -> Compared:
    return Compared(before=Attained.of(before or Counted()), after=Attained.of(after or Counted()))


def _groups(sums: Sums, names: Sequence[Grouping]) -> Iterable[GroupCompared]:
    before, after = sums.before.groups, sums.after.groups
    for key in sorted({*before, *after}, key=lambda key: [(one is None, one) for one in key]):
        both = _compared(before.get(key), after.get(key))
        named = dict(zip(names, sums.spelled[key], strict=True))
        yield GroupCompared.model_validate({**named, "before": both.before, "after": both.after})


def _days(before: Side, after: Side) -> list[DayCompared]:
    days = {*before.alerts, *after.alerts, *before.escalations, *after.escalations}
    return [
        DayCompared(
            day=day,
            alerts_before=before.alerts[day],
            alerts_after=after.alerts[day],
            escalations_before=before.escalations[day],
            escalations_after=after.escalations[day],
        )
        for day in sorted(days)
    ]


def _teams(before: Side, after: Side) -> list[TeamCompared]:
    sides = (before.breaches_of, after.breaches_of, before.escalations_of, after.escalations_of)
    teams = {team for side in sides for team in side}
    return [
        TeamCompared(
            team=team,
            breached_before=before.breaches_of[team],
            breached_after=after.breaches_of[team],
            escalations_before=before.escalations_of[team],
            escalations_after=after.escalations_of[team],
        )
        for team in sorted(teams, key=lambda team: (team is None, team))
    ]


def _proof(sums: Sums, *, pending: bool) -> Proof:
    if not sums.differing:
        says = (
            f"Counted again as it was, none of {sums.proven:,} cycles has another verdict than the"
            " one that was recorded when it happened."
        )
    else:
        says = (
            f"Counted again as it was, {sums.differing:,} of {sums.proven:,} cycles have another"
            " verdict than the one that was recorded when it happened"
        )
        says += (
            ": the newest version of the configuration is still being applied. Ask again later."
            if pending
            else ". Do not rely on this answer before you know why: `sla verify` checks the log."
        )
    return Proof(
        holds=not sums.differing,
        cycles=sums.proven,
        differing=sums.differing,
        differences=[CycleTurned.of(one) for one in sums.differences],
        says=says,
    )


def as_csv(found: Mapping[str, Any]) -> str:
    """The groups of a `WhatIf` as JSON has it, without the total, so that columns can be
    summed. One that an earlier release has stored may lack what is new."""
    columns = [f"{name}_{when}" for name in Attained.model_fields for when in ("before", "after")]
    rows: list[dict[str, Any]] = []
    for group in found["groups"]:
        row = dict(group)
        for when in ("before", "after"):
            row |= {f"{name}_{when}": value for name, value in group[when].items()}
        rows.append(row)
    return spreadsheet.as_csv([*found["group_by"], *columns], rows)
