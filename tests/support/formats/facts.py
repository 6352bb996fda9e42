"""What events say of a ticket's clocks: all that they may say, and as little as they have to."""

from msgspec.structs import replace

from command_side.deciding.events import CycleFacts, Facts
from tests.support.formats.others import MINUTE, NINE

# Each number is another one: two that change places show. Where the bytes leave a member out, its
# value is spelled here all the same: a default that changes would change what old bytes say.
RUNNING = CycleFacts(
    clock="resolution",
    cycle=2,
    state="running",
    severity="warning",
    calendar="office",
    policy=3,
    started_at=NINE + 1 * MINUTE,
    counted_at=NINE + 2 * MINUTE,
    elapsed=1 * MINUTE,
    target=60 * MINUTE,
    stopped_at=NINE + 3 * MINUTE,
    first_stopped_at=NINE + 4 * MINUTE,
    due_at=NINE + 61 * MINUTE,
    warning_at=NINE + 52 * MINUTE,
    critical_at=NINE + 58 * MINUTE,
    breached_at=NINE + 62 * MINUTE,
    overdue_from=NINE + 63 * MINUTE,
)
UNTRACKED = CycleFacts(
    clock="response",
    cycle=1,
    state="met",
    severity="compliant",
    calendar="24x7",
    policy=1,
    started_at=NINE,
    counted_at=NINE + MINUTE,
    elapsed=30_000_001,
    target=None,
    stopped_at=None,
    first_stopped_at=None,
    due_at=None,
    warning_at=None,
    critical_at=None,
    breached_at=None,
    overdue_from=None,
    uncounted=0,
    breached_at_unexcused=None,
    overdue_from_unexcused=None,
)
EXCUSED = CycleFacts(
    clock="resolution",
    cycle=1,
    state="met",
    severity="compliant",
    calendar="24x7",
    policy=1,
    started_at=NINE,
    counted_at=NINE + MINUTE,
    elapsed=2 * MINUTE,
    uncounted=3 * MINUTE,
    breached_at_unexcused=NINE + 4 * MINUTE,
    overdue_from_unexcused=NINE + 5 * MINUTE,
)
ALL_FACTS = Facts(
    at=NINE + 5 * MINUTE,
    status="In Progress",
    phase="active",
    priority="P1",
    customer_tier="enterprise",
    created_at=NINE - 10 * MINUTE,
    newest_at=NINE + 4 * MINUTE,
    observations=7,
    policy=3,
    state="warning",
    late=2,
    warning_at=NINE + 52 * MINUTE,
    critical_at=NINE + 58 * MINUTE,
    breached_at=NINE + 61 * MINUTE + 1,
    due_at=NINE + 61 * MINUTE,
    level=1,
    cycles=(RUNNING, UNTRACKED),
    all_cycles=True,
)
FEW_FACTS = Facts(
    at=NINE,
    status="open",
    phase="waiting",
    priority="P4",
    customer_tier="standard",
    created_at=NINE - 1,
    newest_at=NINE + 1,
    observations=1,
    policy=0,
    state="untracked",
    late=0,
    warning_at=None,
    critical_at=None,
    breached_at=None,
    due_at=None,
    level=0,
    cycles=(),
    all_cycles=False,
    excuses=0,
)
EXCUSED_FACTS = Facts(
    at=NINE,
    status="resolved",
    phase="done",
    priority="P4",
    customer_tier="standard",
    created_at=NINE - 1,
    newest_at=NINE + 1,
    observations=1,
    policy=1,
    state="compliant",
    cycles=(EXCUSED,),
    all_cycles=True,
    excuses=7,
)
PAUSED_FACTS = replace(
    FEW_FACTS,
    resumes_at=NINE + 64 * MINUTE,
    cycles=(replace(RUNNING, resumes_at=NINE + 65 * MINUTE, team="Payments"),),
)
RULED_FACTS = replace(
    ALL_FACTS,
    cycles=(
        replace(
            RUNNING,
            team="Payments",
            rule="Payments outage",
            customer_tier="standard",
            priority="P3",
            organization="ACME",
        ),
    ),
    rule="Nothing is promised to the sandbox",
    on_purpose=True,
)
LEFT_FACTS = replace(FEW_FACTS, left=True)
DATED_FACTS = replace(ALL_FACTS, cycles=(replace(RUNNING, own_date=NINE + 66 * MINUTE),))
STOOD_FACTS = replace(
    FEW_FACTS,
    cycles=(
        replace(
            RUNNING,
            stood_at=NINE + 67 * MINUTE,
            type="incident",
            paused=68 * MINUTE,
            excused=69 * MINUTE,
            out_of_hours=70 * MINUTE,
            acknowledged_at=NINE + 71 * MINUTE,
        ),
    ),
)
