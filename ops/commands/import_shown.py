"""What `sla import` says of files before it sends anything."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from command_side.connect.expressions import names_in
from command_side.connect.source import Source
from engine.sla.policy import Phase, Policy
from ops.commands.exits import counted, out, show, table
from ops.importing.choosing import Chosen
from ops.importing.gathering import Assigned, Gathered, used_columns
from ops.importing.meaning import Meaning
from ops.importing.rows import Row
from ops.importing.surveying import Survey

_VALUES, _NOTES, _ROWS = 12, 5, 6  # of each that are shown
_COLUMNS = ("status", "priority", "customer_tier", "assigned_to", "title")


def readings(chosen: Chosen) -> None:
    """Which table is read as what."""
    for one in chosen.tables:
        of_whom = "by its columns" if one.proposed else f"of {chosen.desk}"
        _say(f"{one.table.name}: {one.table.form}; {one.export.about} ({of_whom}).")
        for remark in one.table.remarks:
            _say(f"  {remark}")
        if one.proposed:
            proposal(one)
        if unused := unread(one, chosen.source):
            _say(f"  Columns that nothing reads: {', '.join(unused)}")
    for name, why in chosen.left:
        _say(f"{name} is not read: {why}.")


def proposal(one: Assigned) -> None:
    shown = table("attribute", values="read from")
    for kind in one.export.rows:
        for name, where in kind.ticket.items():
            shown.add_row(name, where.find.replace("body.", ""))
        if kind.changes is not None:
            shown.add_row("what changes", f"{kind.changes.field}: {kind.changes.now}")
    for milestone in (each for kind in one.export.rows for each in kind.milestones):
        shown.add_row(f"{milestone.status.find.strip(chr(39))} at", milestone.at.find[5:])
    show(shown)


def unread(one: Assigned, source: Source) -> list[str]:
    own = (source.tiers.by, source.priorities.by, source.teams, *source.fields.values())
    used = used_columns(one.export).union(*(names_in(where.find) for where in own if where))
    if one.objects or one.export.columns == ("external_id",) or not one.export.rows:
        return []  # others say what they take of it
    return [heading or name for name, heading in one.table.columns.items() if name not in used]


def found(
    gathered: Gathered, survey: Survey, meaning: Meaning, phase: Callable[[str], Phase | None]
) -> None:
    """What stands in the files, and what it is here."""
    said = f"{counted(survey.tickets, 'ticket')}, {counted(survey.observations, 'update')} of them"
    if survey.earliest is not None:
        said += f", from {survey.earliest} to {survey.latest}"
    _say(f"{counted(gathered.rows, 'row')}: {said}.")
    for name, order in gathered.orders.items():
        _say(
            f"Dates in {name} name the {'day' if order == 'dmy' else 'month'} first: some can be"
            " read only so."
        )
    _mapped("status", gathered.statuses, lambda one: _status(meaning.status(one), phase))
    _mapped("priority", gathered.priorities, lambda one: meaning.priority_of(one) or "-")
    for why, count in gathered.left_out.most_common():
        _say(f"Left out, {counted(count, 'row')}: {why}.")
    for why, count in gathered.remarks.most_common(_NOTES):
        _say(f"Note, {counted(count, 'row')}: {why}.")
    if (others := sum(gathered.remarks.values()) - _notes(gathered)) > 0:
        _say(f"And {counted(others, 'row')} with other notes.")
    if survey.missing["status"]:
        _say(
            f"Without a status here, {counted(survey.missing['status'], 'ticket')}: taken only if"
            " known already. Give the table of tickets along."
        )
    if survey.backwards:
        _say(
            f"Updated before created, as the file has it, {counted(survey.backwards, 'ticket')}:"
            " that counts from the creation."
        )
    first(survey.first)


def _notes(gathered: Gathered) -> int:
    return sum(count for _, count in gathered.remarks.most_common(_NOTES))


def _status(word: str, phase: Callable[[str], Phase | None]) -> str:
    known = phase(word)
    return f"{word} ({known})" if known else f"{word}: nobody knows it"


def _mapped(name: str, values: Counter[str], becomes: Callable[[str], str]) -> None:
    if not values:
        return
    shown = table(name, "rows", values="is read as")
    shown.columns[1].justify = "right"
    for value, count in values.most_common(_VALUES):
        shown.add_row(value, f"{count:,}", becomes(value))
    if (others := len(values) - _VALUES) > 0:
        shown.add_row(f"and {others:,} more", "", "")
    show(shown)


def no_target(survey: Survey, policy: Policy | None) -> str | None:
    """Which priorities, or tiers, are promised nothing; by tickets."""
    tiers, priorities = (
        None if policy is None else policy.promising(field)
        for field in ("customer_tier", "priority")
    )
    counts: Counter[str] = Counter()
    for (tier, priority), count in survey.no_target.items():
        if tiers is not None and tier.casefold() not in tiers:
            counts[f"tier {tier}"] += count
        elif priorities is not None and priority.casefold() in priorities:
            counts[f"{tier} {priority}"] += count
        else:
            counts[f"priority {priority}"] += count
    if not counts:
        return None
    return f"no target: {', '.join(f'{name} {count:,}' for name, count in counts.most_common())}"


def about(
    chosen: Chosen, gathered: Gathered, survey: Survey, policy: Policy | None
) -> dict[str, Any]:
    """The same for machines."""
    return {
        "source": chosen.name,
        "tables": [
            {
                "table": one.table.name,
                "form": one.table.form,
                "read_as": one.export.about,
                "proposed": one.proposed,
                "unread": unread(one, chosen.source),
            }
            for one in chosen.tables
        ],
        "unread": sorted({name for one in chosen.tables for name in unread(one, chosen.source)}),
        "not_read": dict(chosen.left),
        "rows": gathered.rows,
        "tickets": survey.tickets,
        "updates": survey.observations,
        "earliest": survey.earliest,
        "latest": survey.latest,
        "statuses": dict(gathered.statuses),
        "unknown_statuses": dict(survey.unknown),
        "priorities": dict(gathered.priorities),
        "left_out": dict(gathered.left_out),
        "remarks": dict(gathered.remarks),
        "no_target": no_target(survey, policy),
        "first": [row.item for rows in survey.first for row in rows],
    }


def first(tickets: Sequence[Sequence[Row]]) -> None:
    """The first tickets as they would be read."""
    names = [name for name in _COLUMNS if any(name in row.item for row in _flat(tickets))]
    titled = names[-1:] == ["title"]  # the only one that may wrap
    shown = table("ticket", "at", *names[: len(names) - titled], values="title" if titled else "")
    several = any(len(rows) > 1 for rows in tickets)  # which then stand together
    for rows in tickets:
        for row in rows[:_ROWS]:
            cells = [str(row.item.get(name, "") or "")[:40] for name in names]
            shown.add_row(row.item["external_id"], row.item["updated_at"], *cells)
        if (others := len(rows) - _ROWS) > 0:
            shown.add_row("", f"and {others:,} more")
        if several:
            shown.add_section()
    _say("The first tickets, as they would be read:")
    show(shown)


def _flat(tickets: Sequence[Sequence[Row]]) -> Iterator[Row]:
    return (row for rows in tickets for row in rows)


def _say(words: str) -> None:
    out.print(words, soft_wrap=True)
