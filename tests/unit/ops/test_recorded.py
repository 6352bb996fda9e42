"""Of every command it is known whether `sla log commands` tells of it, or why not."""

import re
from typing import get_args

from ops.docs.commands import page
from ops.docs.reference import ROOT
from query_side.audit.commands import Names
from tests.unit.ops.test_who_may import NEEDED, SIGNED

LOOKS = "it only looks, or supposes: nothing is other than before"
TICKETS_OWN = "the ticket's own events have it"
ITS_OWN = "it works on a database of its own"
MIGRATIONS = (
    "the table of migrations has what was applied when; a service does the same as it starts"
)
STARTS = "the log of the process has it; a supervisor starts it as well"

RECORDED: dict[str, set[Names]] = {
    "sla backfill": {"operate"},
    "sla backup": {
        "operate"
    },  # from when its log is kept, and until when; a verified copy of others
    "sla config apply": {"apply_config"},
    "sla excuses end": {"end_excuse"},
    "sla excuses grant": {"grant_excuse"},
    "sla excuses withdraw": {"withdraw_excuse"},
    "sla heads rebuild": {"operate"},
    "sla outbox drop": {"operate"},
    "sla outbox release": {"operate"},
    "sla outbox replay": {"operate"},
    "sla projections rebuild": {"operate"},
    "sla projections replay": {"operate"},
    "sla restore": {"operate"},
    "sla silences create": {"create_silence"},
    "sla silences end": {"end_silence"},
    "sla sources let-be": {"operate"},
    "sla sources replay": {"operate"},
    "sla tokens create": {"make_token"},
    "sla tokens revoke": {"revoke_token"},
    "POST /answer/{token}": {"acknowledge", "snooze"},
    "POST /config/apply": {"apply_config"},
    "POST /connect/parked/let-be": {"operate"},
    "POST /connect/parked/replay": {"operate"},
    "POST /connect/{source}/backfill": {"operate"},
    "POST /excuses": {"grant_excuse"},
    "POST /excuses/{excuse_id}/end": {"end_excuse"},
    "DELETE /excuses/{excuse_id}": {"withdraw_excuse"},
    "POST /pagerduty/{channel:path}": {"acknowledge", "snooze"},
    "POST /silences": {"create_silence"},
    "DELETE /silences/{silence_id}": {"end_silence"},
    "POST /slack/actions": {"acknowledge", "snooze"},
    "POST /tickets/{id:path}/acknowledge": {"acknowledge"},
    "POST /tickets/{id:path}/snooze": {"snooze"},
    "POST /tokens": {"make_token"},
    "DELETE /tokens/{token_id}": {"revoke_token"},
}
NOT_RECORDED: dict[str, str] = {
    "sla bench": ITS_OWN,
    "sla breakdown": LOOKS,
    "sla config check": LOOKS,
    "sla config diff": LOOKS,
    "sla config show": LOOKS,
    "sla demo": ITS_OWN,
    "sla doctor": LOOKS,
    "sla excuses list": LOOKS,
    "sla excuses preview": LOOKS,
    "sla explain": LOOKS,
    "sla import": TICKETS_OWN,
    "sla log commands": LOOKS,
    "sla migrate": MIGRATIONS,
    "sla mock-slack": ITS_OWN,
    "sla notifications test": LOOKS,
    "sla on-call": LOOKS,
    "sla outbox held": LOOKS,
    "sla outbox status": LOOKS,
    "sla projections status": LOOKS,
    "sla retention": LOOKS,
    "sla serve": STARTS,
    "sla silences list": LOOKS,
    "sla simulate": LOOKS,
    "sla sources check": LOOKS,
    "sla sources list": LOOKS,
    "sla sources parked": LOOKS,
    "sla sources show": LOOKS,
    "sla sources test": LOOKS,
    "sla status": LOOKS,
    "sla timeline": LOOKS,
    "sla tokens list": LOOKS,
    "sla verify": LOOKS,
    "POST /config/preview": LOOKS,
    "POST /connect/{source}": TICKETS_OWN,
    "POST /excuses/preview": LOOKS,
    "DELETE /jobs/{job_id}": LOOKS,
    "POST /notifications/preview": LOOKS,
    "POST /reports/attainment/jobs": LOOKS,
    "POST /reports/cycles/jobs": LOOKS,
    "POST /reports/worst/jobs": LOOKS,
    "POST /tickets": TICKETS_OWN,
    "POST /tickets/": TICKETS_OWN,
    "POST /what-if": LOOKS,
}


def test_whoever_adds_a_command_says_whether_it_is_recorded() -> None:
    typed = re.findall(r"^## (sla .+)$", page(ROOT), re.MULTILINE)
    asked = [
        f"{method} {path}"
        for lists in (SIGNED, *NEEDED.values())
        for method, paths in lists.items()
        for path in paths
        if method not in ("GET", "WEBSOCKET")
    ]
    assert RECORDED.keys().isdisjoint(NOT_RECORDED)
    assert sorted({**RECORDED, **NOT_RECORDED}) == sorted([*typed, *asked])


def test_every_kind_of_command_that_is_told_of_comes_from_one() -> None:
    assert set[Names]().union(*RECORDED.values()) == set(get_args(Names))
