"""What would become of all that was read, before anything of it is sent."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from command_side.intake.item import Refused as NoItem
from command_side.intake.item import checked
from engine.sla.instants import parsed
from engine.sla.policy import Phase, Policy
from ops.importing.folding import Folder, Unplaced
from ops.importing.rows import Row
from ops.importing.spool import Spool

FIRST = 5


@dataclass(slots=True)
class Survey:
    tickets: int = 0
    observations: int = 0
    first: list[Sequence[Row]] = field(default_factory=list[Sequence[Row]])
    """Of the first tickets."""
    missing: Counter[str] = field(default_factory=Counter[str])
    """Tickets by what they lack."""
    unknown: Counter[str] = field(default_factory=Counter[str])
    """Statuses that nobody knows, by observations."""
    unplaced: Counter[str] = field(default_factory=Counter[str])
    """Statuses of tickets that do not say since when; of what nobody knows, it may be of one
    whose time stands in the file."""
    no_target: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Tickets by their last tier and priority, where these are promised nothing."""
    backwards: int = 0
    """Tickets that something is said of before they were created."""
    earliest: str | None = None
    latest: str | None = None


def survey(
    spool: Spool,
    folder: Folder,
    phase: Callable[[str], Phase | None],
    policy: Policy | None,
) -> Survey:
    found = Survey()
    for said in spool.tickets():
        found.tickets += 1
        try:
            rows = folder.fold(said)
        except Unplaced as error:
            found.unplaced[error.status or "-"] += 1
            if error.status is not None and phase(error.status) is None:
                found.unknown[error.status] += 1
            continue
        found.observations += len(rows)
        if len(found.first) < FIRST:
            found.first.append(rows)
        _look(found, rows, phase, policy)
    return found


def _look(
    found: Survey,
    rows: Sequence[Row],
    phase: Callable[[str], Phase | None],
    policy: Policy | None,
) -> None:
    first = rows[0].item
    for name in ("status", "priority", "customer_tier"):
        if first.get(name) is None:
            found.missing[name] += 1
    state: dict[str, Any] = {}
    for row in rows:
        state |= row.item
        status = row.item.get("status")
        if status is not None and phase(status) is None:
            found.unknown[status] += 1
    began, ended = first["updated_at"], rows[-1].item["updated_at"]
    found.earliest = min(found.earliest or began, began, key=parsed)
    found.latest = max(found.latest or ended, ended, key=parsed)
    created_at = state.get("created_at")
    if created_at is not None and parsed(first["updated_at"]) < parsed(created_at):
        found.backwards += 1
    tier, priority = state.get("customer_tier"), state.get("priority")
    if policy is None or policy.rules or tier is None or priority is None:
        return  # what a rule promises, it asks more to know
    if not policy.plan(tier, priority).targets:
        found.no_target[tier, priority] += 1


def wrong(row: Row) -> str | None:
    """Why no service would take the observation."""
    item = checked(row.item)
    if not isinstance(item, NoItem):
        return None
    return "; ".join(f"{'.'.join(map(str, one.loc))}: {one.msg}" for one in item.problems)


def rows(spool: Spool, folder: Folder) -> Iterator[Row]:
    """All of them, ticket by ticket; those that cannot be placed are left out."""
    for said in spool.tickets():
        try:
            yield from folder.fold(said)
        except Unplaced:
            continue
