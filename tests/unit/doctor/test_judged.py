"""What `sla doctor` makes of what it finds: each finding by its facts, none where all is well."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.doctor import environment, machine, outside, promises, tokens
from ops.doctor.environment import Environment
from ops.doctor.finding import Finding, size
from ops.doctor.machine import Disk, Times
from ops.doctor.outside import Channels, Try
from ops.doctor.promises import Promises
from ops.doctor.tokens import Expiring, Tokens
from tests.support.findings import all_is_well, one_is_wrong

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
GB = 1_000_000_000
KNOWN = ("DATABASE_URL", "SLA_CONFIG", "SLACK_WEBHOOK_URL", "SLA_TOKEN")

ENVIRONMENT = Environment(["SLA_CONFIG", "OPS_URL", "HOME"], KNOWN, named=["OPS_URL"])
PROMISES = Promises("sla.yaml", in_force=3)


@pytest.mark.parametrize(
    ("found", "judged", "said"),
    [
        (ENVIRONMENT, environment.judged, ["2 of our variables set, all known"]),
        (Environment(["HOME"], KNOWN), environment.judged, ["all as by default"]),
        (PROMISES, promises.judged, ["sla.yaml holds; version 3 is in force"]),
        (
            replace(PROMISES, is_the_file=False),
            promises.judged,
            ["sla.yaml holds; version 3 is in force, and the next start takes the file"],
        ),
        (
            Promises("sla.yaml"),
            promises.judged,
            ["sla.yaml holds; none is in force yet, the first start takes it"],
        ),
        (Promises("sla.yaml", asked=False), promises.judged, ["sla.yaml holds"]),
        (Disk("/data", 50 * GB, 1000 * GB), machine.disk, ["50.0 GB of 1.0 TB free for /data"]),
        (Tokens([], AT), tokens.judged, []),
        (
            Tokens([Expiring("page", None), Expiring("jira", AT + 30 * DAY)], AT),
            tokens.judged,
            ["none of 2 expires soon"],
        ),
        (Times(0.001), machine.clock, ["0.001 seconds ahead of the database's"]),
        (
            Channels({}, {"ops": [Try("hooks.example.com")], "log": []}),
            outside.judged,
            ["reached, nothing sent: ops; 1 could not be looked at"],
        ),
        (
            Channels({}, {"log": []}),
            outside.judged,
            ["reached, nothing sent: none; 1 could not be looked at"],
        ),
    ],
)
def test_where_all_is_well_that_is_said(
    found: Any, judged: Callable[[Any], Iterable[Finding]], said: list[str]
) -> None:
    all_is_well(judged(found), said)


@pytest.mark.parametrize(
    ("found", "judged", "level", "what", "remedy"),
    [
        # The environment
        (
            Environment(["DATABSE_URL"], KNOWN),
            environment.judged,
            "warning",
            "DATABSE_URL is set, and nothing reads it",
            "Did you mean DATABASE_URL?",
        ),
        (
            Environment(["SLA_CONFIGS", "SLA_CONFIG"], KNOWN),
            environment.judged,
            "warning",
            "SLA_CONFIGS is set, and nothing reads it",
            "unset this one",
        ),
        (
            Environment([], KNOWN, errors=["LOG_LEVEL: must be INFO"], public=True, guarded=False),
            environment.judged,
            "fault",
            "LOG_LEVEL: must be INFO",
            "mend it",
        ),
        (
            Environment([], KNOWN, tokens="token 1: nobody could send it"),
            environment.judged,
            "fault",
            "token 1",
            "mend it",
        ),
        (
            Environment([], KNOWN, public=True, guarded=False),
            environment.judged,
            "warning",
            "no token",
            "API_TOKENS",
        ),
        (
            Environment([], KNOWN, links_without_home=True),
            environment.judged,
            "warning",
            "messages have no links",
            "PUBLIC_URL",
        ),
        (Environment([], KNOWN, debug=True), environment.judged, "warning", "DEBUG", "Unset it"),
        # The configuration
        (
            replace(PROMISES, error="sla.yaml:3: no\nsla.yaml:4: no"),
            promises.judged,
            "fault",
            "refused: sla.yaml:3: no (1 more)",
            "version 3 stays in force",
        ),
        (
            Promises("sla.yaml", error="cannot be read"),
            promises.judged,
            "fault",
            "refused: cannot be read",
            "nothing starts without one",
        ),
        (
            replace(PROMISES, unread="version 4: no"),
            promises.judged,
            "fault",
            "cannot be read by this release: version 4",
            "Run the release that accepted it",
        ),
        (
            replace(PROMISES, is_the_file=False, runs=True),
            promises.judged,
            "warning",
            "sla.yaml is not what is in force",
            "SLA_CONFIG names the same file",
        ),
        (
            replace(PROMISES, doubts=["rules.0: never met", "people: …"]),
            promises.judged,
            "warning",
            "rules.0: never met (1 more)",
            "`sla config check`",
        ),
        (
            replace(PROMISES, unset={"sources.jira": "JIRA_SECRET is not set"}),
            promises.judged,
            "fault",
            "sources.jira: JIRA_SECRET is not set.",
            "restart it",
        ),
        # The machine
        (
            Disk("/data", 5 * GB, 100 * GB, writable=False),
            machine.disk,
            "fault",
            "Nothing can be written into /data",
            "who owns it",
        ),
        (Disk("/data", GB // 4, GB), machine.disk, "fault", "250 MB of 1.0 GB", "Make room"),
        (Disk("/data", 2 * GB, 100 * GB), machine.disk, "fault", "2.0 GB of 100 GB", "Make room"),
        (Disk("/data", 9 * GB, 100 * GB), machine.disk, "warning", "9.0 GB", "Make room"),
        (Disk("/data", 0, 0), machine.disk, "fault", "0 bytes", "Make room"),
        (Times(-61.0), machine.clock, "warning", "1 minute 1 second behind", "NTP"),
        (Times(0.0, 3600.0), machine.clock, "warning", "a time to come, by 1 hour", "set"),
        # Tokens
        (
            Tokens([Expiring("zendesk", AT + 3 * DAY), Expiring("page", None)], AT),
            tokens.judged,
            "warning",
            "The token zendesk expires in 3 days",
            "`sla tokens create`",
        ),
        # The channels
        (
            Channels({"pager": "PAGER_KEY is not set"}, {}),
            outside.judged,
            "fault",
            "Nothing can be sent to pager: PAGER_KEY is not set.",
            "`sla outbox replay --channel pager`",
        ),
        (
            Channels({}, {"ops": [Try("a.example.com"), Try("b.example.com", "it is gone")]}),
            outside.judged,
            "fault",
            "ops cannot be reached from here: b.example.com: it is gone.",
            "firewall",
        ),
        (Channels({}, {}), outside.judged, "warning", "nobody is told", "SLACK_WEBHOOK_URL"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    found: Any, judged: Callable[[Any], Iterable[Finding]], level: str, what: str, remedy: str
) -> None:
    one_is_wrong(judged(found), level, what, remedy)


def test_sizes_are_in_words() -> None:
    assert [size(one) for one in (0, 999, 1_000, 123_456_789, 1_500_000_000_000, 10**16)] == [
        "0 bytes",
        "999 bytes",
        "1.0 KB",
        "123 MB",
        "1.5 TB",
        "10,000 TB",
    ]
