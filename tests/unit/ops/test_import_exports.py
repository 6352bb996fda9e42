"""What desks export is recognised by its columns, and tables that belong together become one."""

from pathlib import Path
from typing import Any

import pytest

from command_side.connect.preset import Export, preset, presets
from tests.support.imports import items, refusal, tried, written

TICKETS = (
    "id,_fivetran_synced,external_id,requester_id,submitter_id,assignee_id,group_id,"
    "organization_id,status,priority,subject,created_at,updated_at\n"
    "7,2025-02-01 00:00:00,their-own,1,1,5,9,,solved,high,Mail,"
    "2025-01-08 09:00:00,2025-01-08 12:00:00\n"
)
HISTORY = (
    "field_name,ticket_id,updated,user_id,value\n"
    "status,7,2025-01-08 09:00:00,1,new\n"
    "priority,7,2025-01-08 09:00:00,1,normal\n"
    "priority,7,2025-01-08 10:00:00,5,high\n"
    "status,7,2025-01-08 10:00:00,5,open\n"
    "assignee_id,7,2025-01-08 10:00:00,5,5\n"
    "status,7,2025-01-08 12:00:00,5,solved\n"
    "custom_1,7,2025-01-08 12:00:00,5,x\n"
)
COMMENTS = (
    "id,ticket_id,user_id,public,created,body\n"
    "1,7,5,TRUE,2025-01-08 09:30:00,hello\n"
    "2,7,5,FALSE,2025-01-08 09:40:00,note\n"
    "3,7,1,TRUE,2025-01-08 11:00:00,thanks\n"
)
USERS = (
    "id,name,email,role,organization_id,restricted_agent\n"
    "5,Ann,ann@desk.example,agent,,TRUE\n1,Cas,cas@x.example,end-user,,FALSE\n"
)


def folder(tmp_path: Path, **tables: str) -> Path:
    for name, text in tables.items():
        written(tmp_path, f"{name}.csv", text)
    return tmp_path


def told(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one.get(name) for name in names) for one in found]


def test_tickets_go_with_their_history_comments_and_users(tmp_path: Path) -> None:
    given = folder(tmp_path, tickets=TICKETS, history=HISTORY, comments=COMMENTS, users=USERS)
    found = tried(given, "--tier", "gold")
    assert (found["source"], found["tickets"], found["rows"]) == ("zendesk", 1, 11)
    assert told(found["first"], "updated_at", "status", "priority", "assigned_to") == [
        ("2025-01-08T09:00:00Z", "new", "normal", None),
        ("2025-01-08T09:30:00Z", None, None, None),
        ("2025-01-08T09:40:00Z", None, None, None),
        ("2025-01-08T10:00:00Z", "open", "high", "Ann"),
        ("2025-01-08T11:00:00Z", None, None, None),
        ("2025-01-08T12:00:00Z", "solved", "high", "Ann"),
    ]
    first = found["first"][0]
    assert (first["external_id"], first["created_at"]) == ("7", "2025-01-08T09:00:00Z")
    replies = [
        (name, one[name])
        for one in found["first"]
        for name in ("last_agent_reply_at", "last_customer_reply_at")
        if name in one
    ]
    assert replies == [
        ("last_agent_reply_at", "2025-01-08T09:30:00Z"),
        ("last_customer_reply_at", "2025-01-08T11:00:00Z"),
    ]
    assert found["left_out"] == {"changes of fields that no clock asks for": 1}


def test_a_ticket_table_alone_is_what_it_says(tmp_path: Path) -> None:
    (item,) = items(written(tmp_path, "t.csv", TICKETS), "--tier", "gold")
    assert (item["status"], item["assigned_to"], item["updated_at"]) == (
        "solved",
        "5",
        "2025-01-08T12:00:00Z",
    )


def test_numbers_of_other_tables_become_names(tmp_path: Path) -> None:
    issues = (
        "id,_fivetran_synced,_fivetran_deleted,key,project,status,priority,issue_type,summary,"
        "assignee,created,updated,resolved\n"
        "1,2025-02-01 00:00:00,FALSE,HELP-1,2,6,2,3,Mail,u1,"
        "2025-01-08 09:00:00,2025-01-09 09:00:00,2025-01-08 12:00:00\n"
    )
    names = "_fivetran_synced,id,name,description"
    changes = (
        "field_id,issue_id,time,value,author_id,is_active\n"
        "status,1,2025-01-08 10:00:00,3,u1,false\nsummary,1,2025-01-08 10:00:00,Mail,u1,true\n"
        "status,1,2025-01-08 12:00:00,6,u1,true\n"
    )
    given = folder(
        tmp_path,
        issue=issues,
        history=changes,
        priority=f"{names}\nx,2,High,\n",
        status=f"{names},status_category_id\nx,6,Done,,1\nx,3,In Progress,,2\n",
        user=f"{names[:-12]},email,username,time_zone\nx,u1,Ann,ann@desk.example,ann,UTC\n",
    )
    found = items(given, "--tier", "gold")
    assert told(found, "external_id", "updated_at", "status", "priority", "assigned_to") == [
        ("HELP-1", "2025-01-08T10:00:00Z", "In Progress", "High", None),
        ("HELP-1", "2025-01-08T12:00:00Z", "Done", None, None),
        ("HELP-1", "2025-01-09T09:00:00Z", "Done", "High", "Ann"),
    ]
    (item, _) = items(given / "issue.csv", given / "status.csv", "--tier", "gold")
    assert (item["updated_at"], item["status"]) == ("2025-01-08T12:00:00Z", "Done")
    assert "give the table of issues along" in refusal(given / "history.csv")
    assert "only names what others refer to" in refusal(given / "status.csv")


ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "jira": (
        "Issue key,Issue id,Summary,Issue Type,Status,Priority,Assignee,Labels,Labels,Created,"
        "Updated,Resolved",
        "HELP-1,10001,Mail,Bug,Done,High,ann,,,08/Jan/25 9:00 AM,09/Jan/25 9:00 AM,"
        "08/Jan/25 12:30 PM",
        {"updated_at": "2025-01-08T12:30:00Z", "status": "Done", "external_id": "HELP-1"},
    ),
    "zendesk": (
        "Id,Requester,Requester external id,Subject,Status,Priority,Group,Created at,Updated at,"
        "Solved at",
        "7,Cas,c-9,Mail,Hold,High,Mail,2025-01-08 09:00,2025-01-08 10:00,",
        {"updated_at": "2025-01-08T10:00:00Z", "status": "awaiting_vendor", "team": "Mail"},
    ),
    "freshdesk": (
        "Ticket ID,Subject,Status,Priority,Source,Agent,Group,Created time,Last update time,"
        "Resolved time,Closed time,Initial response time,First response time (in hrs)",
        "7,Mail,Open,High,Email,Ann,Mail,2025-01-08 09:00:00,2025-01-08 10:00:00,,,"
        "2025-01-08 09:10:00,00:10:00",
        {"first_responded_at": "2025-01-08T09:10:00Z", "assigned_to": "Ann"},
    ),
    "servicenow": (
        "Number,Opened,Short description,Caller,Priority,State,Assigned to,Updated,Updated by",
        "INC001,2025-01-08 09:00:00,Mail,Cas,2 - High,On Hold,Ann,2025-01-08 10:00:00,ann",
        {"priority": "P1", "status": "On Hold", "created_at": "2025-01-08T09:00:00Z"},
    ),
    "glpi": (
        "ID;Title;Status;Last update;Opening date;Priority;Assigned to - Technician;",
        '"7";"Mail";"Processing (assigned)";"2025-01-08 10:00";"2025-01-08 09:00";"High";"Ann";',
        {"status": "in_progress", "assigned_to": "Ann", "updated_at": "2025-01-08T10:00:00Z"},
    ),
    "hubspot": (
        "Ticket ID,Ticket name,Pipeline,Ticket status,Priority,Create date,Close date",
        "7,Mail,Support,Closed,HIGH,2025-01-08 09:00,2025-01-08 12:00",
        {"status": "Closed", "updated_at": "2025-01-08T12:00:00Z", "priority": "HIGH"},
    ),
    "linear": (
        "ID,Team,Title,Status,Priority,Assignee,Created,Updated,Completed,Canceled",
        "ENG-7,ENG,Mail,Todo,No priority,,Wed Jan 08 2025 09:00:00 GMT+0000 (GMT),"
        "Wed Jan 08 2025 11:00:00 GMT+0100 (CET),,",
        {"external_id": "ENG-7", "updated_at": "2025-01-08T10:00:00Z", "priority": "P3"},
    ),
    "github": (
        "number,title,state,createdAt,updatedAt,closedAt,url",
        "7,Mail,OPEN,2025-01-08T09:00:00Z,2025-01-08T10:00:00Z,,https://github.com/a/b/issues/7",
        {"external_id": "a/b#7", "status": "OPEN"},
    ),
}


@pytest.mark.parametrize("desk", ROWS)
def test_the_export_of_a_desk_needs_no_reading(tmp_path: Path, desk: str) -> None:
    header, row, expected = ROWS[desk]
    path = written(tmp_path, "export.csv", f"{header}\n{row}\n")
    found = tried(path, "--tier", "gold", "--priority", "P3", "--timezone", "UTC")
    assert (found["source"], found["tables"][0]["proposed"]) == (desk, False)
    assert found["first"][0].items() >= {"source": desk, **expected}.items()


def test_a_ticket_that_was_updated_before_it_was_closed_was_closed_then(tmp_path: Path) -> None:
    text = (
        "id,_fivetran_synced,number,repository_id,state,title,pull_request,created_at,updated_at,"
        "closed_at\n"
        "1,x,7,3,closed,Mail,FALSE,2025-01-08 09:00:00,2025-01-07 09:00:00,2025-01-08 12:00:00\n"
        "2,x,8,3,open,Pull,TRUE,2025-01-08 09:00:00,2025-01-08 09:00:00,\n"
    )
    found = tried(written(tmp_path, "t.csv", text), "--tier", "gold", "--priority", "P3")
    assert told(found["first"], "external_id", "updated_at", "status") == [
        ("3#7", "2025-01-07T09:00:00Z", "new"),
        ("3#7", "2025-01-08T12:00:00Z", "closed"),
    ]
    assert found["left_out"] == {"pull requests are no tickets": 1}


def test_a_row_that_is_nothing_of_what_its_table_has_is_refused(tmp_path: Path) -> None:
    """As one without the ticket's number is."""
    header, row, _ = ROWS["hubspot"]
    path = written(tmp_path, "export.csv", f"{header}\n{row}\n,{row.partition(',')[2]}\n")
    found = tried(path, "--tier", "gold", "--priority", "P3", "--timezone", "UTC")
    assert (found["tickets"], found["malformed"]) == (1, 1)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/a/b/issues/7", "a/b#7"),
        ("https://github.com/a/a.github.com/issues/7", "a/a.github.com#7"),
        ("github.com/a/b/issues/7", "a/b#7"),
        ("https://github.example.com/a/b/issues/7", "a/b#7"),
        ("http://code.example.com:8080/a/issues/issues/7", "a/issues#7"),
        ("https://acme.ghe.com/a/a.github.com/issues/7", "a/a.github.com#7"),
    ],
)
def test_an_issue_is_called_as_webhooks_call_it_whatever_host_it_is_of(
    tmp_path: Path, url: str, name: str
) -> None:
    issue = '{"number": 7, "title": "Mail", "state": "OPEN", "createdAt": "2025-01-08T09:00:00Z",'
    text = f'[{issue} "updatedAt": "2025-01-08T10:00:00Z", "url": "{url}"}}]'
    (found,) = items(written(tmp_path, "t.json", text), "--tier", "gold", "--priority", "P3")
    assert found["external_id"] == name


def test_a_list_of_issues_of_another_desk_is_not_called_as_if_it_were_githubs(
    tmp_path: Path,
) -> None:
    text = "number,title,state,createdAt,updatedAt,url\n7,Mail,OPEN,{0},{0},{1}\n".format(
        "2025-01-08T09:00:00Z", "https://desk.example.com/tickets/7"
    )
    found = tried(written(tmp_path, "t.csv", text), "--tier", "gold", "--priority", "P3")
    assert (found["tickets"], [one["at"] for one in found["refused"]]) == (0, ["t.csv:2"])


def test_what_an_api_has_answered_is_read_as_the_desk_would_have_sent_it(tmp_path: Path) -> None:
    issue = (
        '{"key": "H-1", "id": "1", "fields": {"created": "2025-01-08T09:00:00.000+0000", "updated":'
        ' "2025-01-08T10:00:00.000+0000", "status": {"name": "Done"}, "priority": {"name": "High"}'
        ', "summary": "Mail"}, "changelog": {"histories": [{"id": "5", "created":'
        ' "2025-01-08T10:00:00.000+0000", "items": [{"field": "status", "fromString": "To Do",'
        ' "toString": "Done"}]}]}}'
    )
    for text in (issue, f"[{issue}]", f'{{"issues": [{issue}]}}', f"{issue}\n{issue}\n"):
        found = tried(written(tmp_path, "answer.json", text), "--tier", "gold")
        assert (found["source"], found["tickets"]) == ("jira", 1), text
        assert told(found["first"], "updated_at", "status", "priority") == [
            ("2025-01-08T09:00:00Z", "To Do", "High"),
            ("2025-01-08T10:00:00Z", "Done", None),
        ]


def test_our_own_form_needs_no_reading_and_keeps_what_else_it_says(tmp_path: Path) -> None:
    text = (
        "external_id;source;priority;customer_tier;status;updated_at;tags;room;revision\n"
        'A;x;P2;gold;open;2025-01-08T09:00:00Z;"a,b";3;1\n'
        "A;y;P2;gold;open;2025-01-08T09:00:00Z;;;\n"
    )
    found = items(written(tmp_path, "t.csv", text))
    assert told(found, "source", "tags", "room", "revision") == [
        ("x", ["a", "b"], "3", 1),
        ("y", None, None, None),
    ]


def exports() -> list[tuple[str, Export]]:
    return [(desk, one) for desk in presets() for one in preset(desk).exports]


@pytest.mark.parametrize(("desk", "export"), exports(), ids=lambda one: getattr(one, "about", one))
def test_what_an_export_joins_and_needs_its_desk_exports(desk: str, export: Export) -> None:
    there = {one.table for one in preset(desk).exports} | {"repositories", "users"}
    assert {join.table for join in export.joins.values()} | {export.needs or "users"} <= there
    assert export.ignored or export.rows or export.table
