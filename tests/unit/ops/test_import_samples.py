"""Files that desks have written go in as they are, where the folder with them lies beside the
project: each with nothing besides, or with what no file of the kind can know."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from command_side.connect.moments import moment
from engine.sla.instants import micros, rfc3339
from tests.support import samples
from tests.support.imports import refusal, tried

TIER: Final = ("--tier", "standard")
BOTH: Final = (*TIER, "--priority", "P3")
"""Of desks without priorities, and of tickets without one."""
UTC: Final = ("--timezone", "UTC")
YES: Final = ("--yes",)
"""To what is proposed, to statuses of one's own being refused, to tickets being known already."""
AS_OF: Final = ("--updated-at", "2025-06-01T00:00:00Z")

TAKEN: Mapping[str, tuple[tuple[str, ...], int, int]] = {
    # What has to be said besides, and how many tickets and updates it is.
    "eventlog/helpdesk_italy_semicolon.csv": ((*BOTH, *UTC, *YES), 400, 1994),
    "freshdesk/api_v1_ticket.json": (TIER, 1, 1),
    "freshdesk/api_v2_all_tickets.json": (TIER, 1, 1),
    "freshdesk/api_v2_conversations.json": ((*BOTH, *YES), 1, 2),
    "freshdesk/api_v2_search_tickets.json": (TIER, 1, 2),
    "freshdesk/api_v2_ticket_1.json": (TIER, 1, 1),
    "generic/tickets_iso_z.csv": ((*TIER, *YES), 10, 10),
    "generic/tickets_iso_z.json": ((*TIER, *YES), 10, 10),
    "generic/tickets_tab_bom.csv": ((*TIER, *YES), 10, 10),
    "github/rest_issue_closed.json": (BOTH, 1, 2),
    "github/rest_issues_page_recorded.json": (BOTH, 13, 13),
    "github/rest_repo_issue_events_reopened_closed.json": (BOTH, 2, 3),
    "github/warehouse_issue.csv": (BOTH, 30, 46),
    "glpi/api_search_tickets_numbered_columns.json": ((*TIER, *UTC), 1, 1),
    "glpi/api_ticket_solved.json": ((*TIER, *UTC), 1, 2),
    "hubspot/warehouse_ticket.csv": (BOTH, 25, 25),
    "hubspot/warehouse_ticket_property_history.csv": ((*BOTH, *YES), 1, 2),
    "intercom/api_conversation_v2.json": (TIER, 1, 1),
    "intercom/warehouse_conversation_history.csv": (TIER, 2, 9),
    "intercom/warehouse_conversation_part_history.csv": (BOTH, 5, 8),
    "jira/history_export_offsets.csv": ((*BOTH, *YES), 8, 157),
    "jira/jsm_request.json": (BOTH, 1, 1),
    "jira/rest_issue_changelog_11_histories_done.json": ((*TIER, *YES), 1, 9),
    "jira/rest_issue_changelog_3_histories.json": ((*TIER, *YES), 1, 3),
    "jira/rest_issue_with_comments_worklog.json": (TIER, 1, 1),
    "jira/warehouse_issue.csv": ((*TIER, *AS_OF, *YES), 4, 4),
    "servicenow/api_table_incidents.json": (TIER, 2, 2),
    "servicenow/incidents_updates.xlsx": ((*TIER, *UTC), 60, 374),
    "servicenow/warehouse_task.csv": ((*TIER, *YES), 1, 1),
    "zammad/api_search_with_assets.json": (TIER, 2, 2),
    "zammad/api_ticket_expanded_closed_then_open.json": (TIER, 1, 1),
    "zammad/api_ticket_expanded_pytest.json": (TIER, 1, 1),
    "zammad/api_ticket_history_with_assets.json": (TIER, 1, 1),
    "zammad/api_ticket_merge_result.json": (TIER, 2, 2),
    "zammad/api_ticket_merged_source.json": (TIER, 1, 1),
    "zammad/api_ticket_updated_internal_note.json": (TIER, 1, 1),
    "zendesk/api_incremental_export_cursor.json": (BOTH, 2, 2),
    "zendesk/api_ticket_audits.json": (BOTH, 1, 1),
    "zendesk/api_tickets_list.json": (BOTH, 2, 2),
    "zendesk/warehouse_ticket.csv": (BOTH, 10, 10),
    "zendesk/warehouse_ticket_comment.csv": ((*BOTH, *YES), 7, 20),
    "zendesk/warehouse_ticket_field_history.csv": (BOTH, 17, 29),
}
TOGETHER: Mapping[str, tuple[tuple[str, ...], int, int]] = {
    "github": (BOTH, 30, 81),
    "hubspot": ((*BOTH, *YES), 25, 27),
    "intercom": (BOTH, 7, 17),
    "jira": ((*TIER, *AS_OF, *YES), 4, 4),
    "servicenow": ((*TIER, *YES), 1, 1),
    "zendesk": (BOTH, 33, 58),
}
NAMES: Final = "only names what others refer to"
REFUSED: Mapping[str, str] = {
    "freshdesk/api_v2_company.json": "none of its columns is a status",
    "freshdesk/api_v2_groups.json": "none of its columns is a status",
    "github/rest_issue_events.json": "each of its rows is an event, and none says of which ticket",
    "github/warehouse_issue_closed_history.csv": "give the table of issues along",
    "github/warehouse_issue_comment.csv": "give the table of issues along",
    "github/warehouse_issue_label.csv": "they do not say when they were put on",
    "glpi/api_ticket_followups_expanded.json": "they do not say whose ticket they are of",
    "hubspot/warehouse_ticket_company.csv": NAMES,
    "hubspot/warehouse_ticket_pipeline.csv": "their stages say what they mean",
    "hubspot/warehouse_ticket_pipeline_stage.csv": NAMES,
    "intercom/warehouse_admin.csv": NAMES,
    "intercom/warehouse_conversation_tag_history.csv": "no clock asks for them",
    "intercom/warehouse_team.csv": NAMES,
    "jira/warehouse_issue_field_history.csv": "give the table of issues along",
    "jira/warehouse_issue_multiselect_history.csv": "no clock asks for them",
    "jira/warehouse_priority.csv": NAMES,
    "jira/warehouse_status.csv": NAMES,
    "jira/warehouse_user.csv": NAMES,
    "servicenow/manual_creation_import.csv": "none of its columns says which ticket a row is about",
    "servicenow/warehouse_incident.csv": NAMES,
    "servicenow/warehouse_sys_user_group.csv": NAMES,
    "servicenow/warehouse_task_sla.csv": "these are those of the desk",
    "zendesk/api_organizations.json": NAMES,
    "zendesk/api_sla_policies.json": "none of its columns says when something was so",
    "zendesk/api_ticket_comments_public_and_private.json": "none of its columns is a status",
    "zendesk/warehouse_group.csv": NAMES,
    "zendesk/warehouse_organization.csv": NAMES,
    "zendesk/warehouse_schedule.csv": "a calendar of ours says them",
    "zendesk/warehouse_ticket_tag.csv": "they do not say when they were put on",
    "zendesk/warehouse_user.csv": NAMES,
}
FACTS: Final = {one["file"]: one["facts"] for one in samples.told()}
# The samples are third parties' and do not ship, so the tests have to pass without them, as in CI.
# They run where the folder lies beside the project: with whoever works on the import.
there = pytest.mark.skipif(not FACTS, reason="the folder with them is not there")


def path(file: str) -> Path:
    return samples.ROOT / file


@there
def test_every_sample_that_is_an_export_is_tried() -> None:
    kinds = ("csv", "xlsx", "json", "api")
    exports = {file for file, facts in FACTS.items() if facts["kind"] in kinds}
    desks = {file for file in exports if not file.startswith("gitlab/")}  # these are deliveries
    assert desks == TAKEN.keys() | REFUSED.keys()


@there
@pytest.mark.parametrize("file", TAKEN)
def test_a_file_is_taken_as_it_is(file: str) -> None:
    told, tickets, updates = TAKEN[file]
    found = tried(path(file), *told)
    assert (found["open"], found["refused"]) == ([], [])
    assert (found["tickets"], found["updates"]) == (tickets, updates)
    agrees(FACTS[file], found)


def agrees(facts: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """With what is known of the sample."""
    if "rows" in facts:
        assert found["rows"] == facts["rows"]
        return
    if facts.get("id") in (None, "id", "issue.number", "in response[].number"):
        return
    first: Sequence[Mapping[str, Any]] = found["first"]
    of_it = [one for one in first if one["external_id"] == facts["id"].split(" (")[0]]
    assert of_it, first
    trail: Sequence[str] = facts.get("trail") or []
    names = {"created": "created_at"} if trail else {"created": "created_at", "at": "updated_at"}
    for name, attribute in names.items():
        if facts.get(name) and not str(facts[name]).startswith("["):
            assert at(facts[name]) in [one.get(attribute) for one in of_it], name
    for step in (one for one in trail if " status: " in one):
        when, _, change = step.partition(" ")
        told = {(one["updated_at"], one.get("status")) for one in of_it}
        assert (at(when), change.rpartition(" → ")[2]) in told


def at(written: object) -> str:
    return rfc3339(micros(moment(written, "UTC")))


@there
@pytest.mark.parametrize("file", REFUSED)
def test_a_file_that_is_no_use_alone_is_refused_in_a_sentence(file: str) -> None:
    assert REFUSED[file] in refusal(path(file))


@there
@pytest.mark.parametrize("desk", TOGETHER)
def test_the_tables_of_a_desk_are_taken_together(desk: str) -> None:
    told, tickets, updates = TOGETHER[desk]
    found = tried(*sorted((samples.ROOT / desk).glob("warehouse_*.csv")), *told)
    assert (found["source"], found["open"], found["refused"]) == (desk, [], [])
    assert (found["tickets"], found["updates"]) == (tickets, updates)


@there
def test_what_only_people_know_is_asked_for() -> None:
    assert "--timezone" in refusal(path("servicenow/incidents_updates.xlsx"))
    open_ = tried(path("servicenow/incidents_updates.xlsx"), *UTC)["open"]
    assert ["--tier" in one for one in open_] == [True]
    open_ = tried(path("zendesk/warehouse_ticket.csv"))["open"]
    assert ["--tier" in open_[0], "--priority" in open_[1]] == [True, True]
    open_ = tried(path("generic/tickets_iso_z.csv"), *TIER)["open"]
    assert ["--yes" in one for one in open_] == [True]
