"""By which reading files are read, and what their priorities may mean."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from command_side.connect.expressions import names_in
from command_side.connect.source import Choice, Source, Tiers
from command_side.intake.item import NUL
from ops.importing import choosing, separated
from ops.importing.files import Content
from ops.importing.meaning import Meaning
from ops.importing.proposing import scale
from ops.importing.records import plain
from ops.importing.rows import UnusableFile
from ops.importing.vocabulary import COLUMNS, FIELD, NEW, OLD
from tests.support.imports import items, refusal, sla_import, tried, written

ISSUES = "Issue key,Summary,Status,Priority,Created,Updated\nH-1,Mail,Done,High,{0},{0}\n".format(
    "2025-01-08T09:00:00Z"
)
HELPDESK = Source(
    desk="jira",
    unsigned=True,
    tiers=Tiers(map={"Acme": "enterprise"}, default="standard"),
    priorities=Choice(map={"Highest": "P0", "High": "P1"}, default="P3"),
    statuses={"Parked": "on_hold"},
)


def chosen(tmp_path: Path, known: Mapping[str, Source], name: str | None = None) -> choosing.Chosen:
    path = written(tmp_path, "issues.csv", ISSUES)
    table = separated.table(Content(path.name, lambda: path.open("rb")))
    return choosing.chosen([table], known, None, name)


def test_a_source_that_is_connected_reads_its_files_as_its_webhooks(tmp_path: Path) -> None:
    found = chosen(tmp_path, {"helpdesk": HELPDESK})
    assert (found.name, found.source) == ("helpdesk", HELPDESK)
    assert chosen(tmp_path, {}).name == "jira"
    assert chosen(tmp_path, {"helpdesk": HELPDESK}, "elsewhere").name == "elsewhere"
    two = {"helpdesk": HELPDESK, "ops": HELPDESK}
    with pytest.raises(UnusableFile, match="say --source helpdesk or --source ops"):
        chosen(tmp_path, two)
    assert chosen(tmp_path, two, "ops").name == "ops"


def test_values_are_mapped_as_the_source_says() -> None:
    meaning = Meaning(HELPDESK, lambda _: None)
    assert [meaning.priority_of(one) for one in ("High", "Whatever", None)] == ["P1", "P3", "P3"]
    assert [meaning.status(one) for one in ("parked", "Done")] == ["on_hold", "Done"]
    acme, other = {"organization": "ACME"}, {"organization": "x"}
    assert [meaning.tier_of(one) for one in (acme, other, {})] == [
        "enterprise",
        "standard",
        "standard",
    ]
    assert meaning.tier_of({"customer_tier": "Acme"}) == "enterprise"


@pytest.mark.parametrize(
    "by", ["by: body.plan, map: {Gold: enterprise}", "map: {Acme: enterprise}"]
)
def test_a_tier_is_that_of_the_row_that_says_it(tmp_path: Path, by: str) -> None:
    """What is only known of a time, such as the resolution, says nothing of customers."""
    path = written(
        tmp_path,
        "cases.csv",
        "case_no,opened,state,plan,company,resolved\n"
        "1,2025-01-08T09:00:00Z,resolved,Gold,Acme,2025-01-08T10:00:00Z\n"
        "2,2025-01-08T09:00:00Z,resolved,Iron,x,2025-01-08T10:00:00Z\n",
    )
    reading = tmp_path / "reading.yaml"
    reading.write_text(
        "desk: generic\n"
        f"tiers: {{{by}, default: standard}}\n"
        "priorities: {default: P3}\n"
        "exports:\n"
        "- about: one row a ticket\n"
        "  columns: [case_no]\n"
        "  rows:\n"
        "  - about: a row\n"
        "    when: body\n"
        "    ticket: {external_id: body.case_no, created_at: body.opened, status: body.state,"
        " organization: body.company}\n"
        "    milestones: [{at: body.resolved, status: \"'resolved'\"}]\n"
    )
    told = tried(path, "--reading", reading)
    assert ("plan" in told["unread"]) is ("plan" not in by)
    assert [(one["external_id"], one["customer_tier"]) for one in told["first"]] == [
        ("1", "enterprise"),
        ("2", "standard"),
    ]


def test_a_reading_may_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, "issues.csv", ISSUES)
    assert tried(path, "--reading", "jira", "--tier", "gold")["source"] == "jira"
    zendesk = tried(path, "--reading", "zendesk", "--tier", "gold")
    assert (zendesk["source"], zendesk["tables"][0]["proposed"]) == ("zendesk", True)
    reading = written(
        tmp_path, "r.yaml", "desk: jira\ntiers: {default: gold}\npriorities: {map: {High: P1}}\n"
    )
    (item,) = items(path, "--reading", str(reading))
    assert (item["source"], item["customer_tier"], item["priority"]) == ("jira", "gold", "P1")
    broken = written(tmp_path, "b.yaml", "desk: [")
    assert "b.yaml is no YAML" in refusal(path, "--reading", str(broken))


def test_updates_in_our_own_form_are_sent_as_they_are(tmp_path: Path) -> None:
    text = (
        '{"external_id": "J-1", "priority": "P2", "customer_tier": "gold", "status": "open",'
        ' "tags": ["a,b"], "updated_at": "2025-01-08T09:00:00Z", "room": {"floor": 1}}\n'
        '{"external_id": 5, "status": "open"}\n'
        '{"external_id": "J-2", "status": "open", "updated_at": "yesterday"}\n'
        '{"external_id": "J\\u00001", "status": "open", "updated_at": "2025-01-08T09:00:00Z"}\n'
    )
    found = tried(written(tmp_path, "t.jsonl", text))
    (item,) = found["first"]
    assert (item["tags"], item["room"]) == (["a,b"], {"floor": 1})
    assert [one["error"] for one in found["refused"]] == [
        "no external_id",
        "updated_at: 'yesterday' is no time",
        f"external_id: {NUL}",
    ]


def test_times_of_our_own_form_place_a_ticket_only_where_they_are_times(tmp_path: Path) -> None:
    text = (
        '{"external_id": "J-1", "status": "open", "created_at": "yesterday"}\n'
        '{"external_id": "J-2", "status": "open", "created_at": "2025-01-08T10:00:00+01:00"}\n'
    )
    found = tried(written(tmp_path, "t.jsonl", text), *("--tier", "gold", "--priority", "P1"))
    (item,) = found["first"]
    assert (item["external_id"], item["updated_at"]) == ("J-2", "2025-01-08T09:00:00Z")
    assert [one["error"] for one in found["refused"]] == ["created_at: 'yesterday' is no time"]


@pytest.mark.parametrize(
    ("updated", "is_before"), [("09:00:00.5", False), ("09:00:01", False), ("08:59:59.5", True)]
)
def test_an_update_before_the_creation_is_named(
    tmp_path: Path, updated: str, is_before: bool
) -> None:
    row = f"1,open,P1,2025-01-08T09:00:00Z,2025-01-08T{updated}Z\n"
    path = written(tmp_path, "t.csv", f"id,status,priority,created,updated\n{row}")
    shown = sla_import(path, "--tier", "gold", "--dry-run", "--yes").stdout
    assert ("Updated before created, as the file has it, 1 ticket" in shown) is is_before


def test_names_that_are_looked_for_are_those_of_columns_and_of_expressions() -> None:
    names = {
        *FIELD,
        *OLD,
        *NEW,
        *(name for several in COLUMNS.values() for name in several.split()),
    }
    assert {name for name in names if plain(name) != name} == set()
    assert {name for name in names if names_in(f"body.{name}") != {"body", name}} == set()


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("Highest High Medium Low", "P0 P1 P2 P3"),
        ("Low Urgent", "P3 P0"),
        ("Critical Minor", "P1 P3"),
        ("1 3 5", "P0 P2 -"),
        ("Hoch Mittel", "P1 P2"),
        ("P1 High", "- P1"),
        ("High Whatever", "- -"),
    ],
)
def test_priorities_are_ranked_where_their_words_make_a_scale(words: str, means: str) -> None:
    found = scale(words.split(), ["P0", "P1", "P2", "P3"])
    assert [found.get(word, "-") for word in words.split()] == means.split()
    assert scale(words.split(), []) == {}
