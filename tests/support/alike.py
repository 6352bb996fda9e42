"""A ticket of each desk as every kind of its preset tells of it, with other ids beside its own."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

T: Final = "2026-01-05T09:00:00Z"
LATER: Final = "2026-01-05T10:00:00Z"


class Ticket(NamedTuple):
    """A ticket, and what tells of it."""

    name: str
    """Under which it is known, whatever tells of it."""
    told: Mapping[str, tuple[Any, ...]]
    """By kind (its table before it, for rows of exports): of each form of it one."""
    identity: str | None = None
    """The desk's own constant id, where some kind has it."""
    by_identity: tuple[str, ...] = ()
    """Kinds that know nothing else."""


JIRA_ISSUE: Final[dict[str, Any]] = {
    "id": "10040",
    "key": "OPS-3",
    "self": "https://acme.example/rest/api/2/issue/10040",
    "fields": {"created": T, "updated": LATER, "status": {"id": "6", "name": "Done"}},
}
JIRA_ROW: Final = {"id": "10040", "key": "OPS-3", "project": "2", "updated": LATER}
JIRA: Final = Ticket(
    "OPS-3",
    {
        "an issue that was deleted": (
            {"webhookEvent": "jira:issue_deleted", "timestamp": LATER, "issue": JIRA_ISSUE},
        ),
        "a transition (a post function of a workflow)": (
            {
                "transition": {"transitionId": 5, "to_status": "Done"},
                "timestamp": LATER,
                "issue": JIRA_ISSUE,
            },
        ),
        "a comment": (
            {
                "webhookEvent": "comment_created",
                "timestamp": LATER,
                "comment": {"id": "7", "created": LATER},
                "issue": JIRA_ISSUE,
            },
        ),
        "an issue": (
            {
                "webhookEvent": "jira:issue_updated",
                "timestamp": LATER,
                "issue": JIRA_ISSUE,
                "changelog": {"id": "11", "items": [{"field": "summary", "toString": "Mail"}]},
            },
        ),
        "an issue as it stands": (JIRA_ISSUE,),
        "a request of a service desk as it stands": (
            {
                "issueId": "10040",
                "issueKey": "OPS-3",
                "serviceDeskId": "4",
                "createdDate": {"iso8601": T},
                "currentStatus": {"status": "Done", "statusDate": {"iso8601": LATER}},
            },
        ),
        "an issue with its changelog": (
            {
                **JIRA_ISSUE,
                "changelog": {
                    "histories": [
                        {
                            "id": "12",
                            "created": LATER,
                            "items": [{"field": "status", "fromString": "New", "toString": "Done"}],
                        }
                    ]
                },
            },
        ),
        "issues of a warehouse / an issue": (JIRA_ROW,),
        "changes of issues in a warehouse / a change": (
            {"field_id": "status", "issue_id": "10040", "time": LATER, "value": "6"}
            | {"author_id": "u1", "issue": JIRA_ROW},
        ),
        "issues of a search / an issue": (
            {"issue_key": "OPS-3", "issue_id": "10040", "summary": "Mail", "updated": LATER},
        ),
    },
    identity="10040",
)


def _github(repository: str) -> Ticket:
    there = f"https://api.github.com/repos/{repository}"
    issue = {
        "id": 991,
        "node_id": "I_kw",
        "number": 7,
        "url": f"{there}/issues/7",
        "html_url": f"https://github.com/{repository}/issues/7",
        "state": "closed",
        "created_at": T,
        "updated_at": LATER,
    }
    whole = {"issue": issue, "repository": {"id": 3, "full_name": repository}}
    comment = {"id": 55, "created_at": LATER, "updated_at": LATER, "user": {"id": 1}}
    row = {"id": "991", "number": "7", "repository_id": "3", "updated_at": LATER}
    names = {"repository": {"id": "3", "full_name": repository}}
    happened = {"id": 4, "event": "closed", "created_at": LATER}
    return Ticket(
        f"{repository}#7",
        {
            "an issue that was deleted": ({"action": "deleted", **whole},),
            "a comment": ({"action": "created", "comment": comment, **whole},),
            "an issue": ({"action": "closed", **whole},),
            "an issue as it stands": (issue,),
            "an event of an issue": ({**happened, "issue": issue},),
            "an issue with its timeline": ({**whole, "timeline": [happened]},),
            "issues of a warehouse / an issue": ({**row, **names},),
            "closings of issues in a warehouse / a closing": (
                {"issue_id": "991", "closed": "TRUE", "updated_at": LATER, "issue": row, **names},
            ),
            "comments of a warehouse / a comment": (
                {"id": "55", "issue_id": "991", "user_id": "1", "created_at": LATER}
                | {"issue": row, **names},
            ),
            "issues as `gh issue list` has them / an issue": (
                *(
                    {"number": "7", "updated_at": LATER, "url": f"{host}/{repository}/issues/7"}
                    for host in ("https://github.com", "https://github.example.com:8443")
                ),
            ),
        },
    )


ZENDESK_TICKET: Final[dict[str, Any]] = {
    "id": 35,
    "external_id": "their-own",
    "requester_id": 1,
    "assignee_id": 5,
    "status": "solved",
    "created_at": T,
    "updated_at": LATER,
}
ZENDESK: Final = Ticket(
    "35",
    {
        "a ticket that was merged, deleted or is spam": (
            {"id": "e1", "type": "zen:event-type:ticket.soft_deleted", "time": LATER}
            | {"detail": ZENDESK_TICKET},
        ),
        "an event of a ticket": (
            {"id": "e2", "type": "zen:event-type:ticket.status_changed", "time": LATER}
            | {"detail": ZENDESK_TICKET, "event": {"current": "solved", "previous": "open"}},
        ),
        "a ticket as it stands": (ZENDESK_TICKET,),
        "an audit": (
            {"id": 90, "ticket_id": 35, "author_id": 5, "created_at": LATER, "events": [{"id": 1}]},
        ),
        "an event of the incremental export": (
            {"id": 91, "ticket_id": 35, "updater_id": 5, "timestamp": 1767607200}
            | {"child_events": [{"id": 92, "status": "solved"}]},
        ),
        "a ticket with its audits": (
            {
                "ticket": ZENDESK_TICKET,
                "audits": [
                    {
                        "id": 90,
                        "ticket_id": 35,
                        "created_at": LATER,
                        "events": [
                            {"id": 1, "type": "Change", "field_name": "status"}
                            | {"previous_value": "open", "value": "solved"}
                        ],
                    }
                ],
            },
        ),
        "a ticket with its comments": (
            {
                "ticket": ZENDESK_TICKET,
                "comments": [{"id": 1, "created_at": T}, {"id": 2, "created_at": LATER}],
            },
        ),
        "tickets of a warehouse / a ticket": (
            {"id": "35", "external_id": "their-own", "requester_id": "1", "updated_at": LATER},
        ),
        "changes of tickets in a warehouse / a change": (
            {"ticket_id": "35", "field_name": "status", "value": "solved", "updated": LATER}
            | {"user_id": "5"},
        ),
        "comments of a warehouse / a comment": (
            {"id": "2", "ticket_id": "35", "user_id": "5", "created": LATER},
        ),
        "tickets of a view or a report / a ticket": (
            {"id": "35", "requester": "Cas", "requester_external_id": "9", "updated_at": LATER},
        ),
    },
)

SERVICENOW_ROW: Final = {"number": "INC0010023", "sys_id": "4f9a", "sys_mod_count": "3"}
SERVICENOW: Final = Ticket(
    "INC0010023",
    {
        "records of a table": (
            {"result": [{**SERVICENOW_ROW, "sys_updated_on": LATER}]},
            {
                "result": [
                    {
                        name: {"display_value": value, "value": f"{value} as stored"}
                        for name, value in SERVICENOW_ROW.items()
                    }
                    | {"sys_updated_on": {"display_value": "today", "value": LATER}}
                ]
            },
        ),
        "a record": ({**SERVICENOW_ROW, "sys_updated_on": LATER},),
        "tasks of a warehouse / a task": ({**SERVICENOW_ROW, "sys_updated_on": LATER},),
        "the log of incidents / an update": ({**SERVICENOW_ROW, "sys_updated_at": LATER},),
        "incidents, columns by their names / an incident": (
            {**SERVICENOW_ROW, "sys_updated_on": LATER},
        ),
        "incidents of a list / an incident": ({**SERVICENOW_ROW, "updated": LATER},),
    },
)

GLPI: Final = Ticket(
    "12345",
    {
        "a ticket that was deleted": (
            {"event": "delete", "item": {"id": 12345, "entity": {"id": 2}, "date_mod": LATER}},
        ),
        "a ticket": (
            {"event": "update", "item": {"id": 12345, "entity": {"id": 2}, "date_mod": LATER}},
        ),
        "tickets as the API has them / a ticket": (
            {"id": "12345", "entities_id": "2", "date_mod": LATER},
        ),
        "a search of the API, its columns by their numbers / a ticket": (
            {"1": "Mail", "2": "12345", "12": "2", "19": LATER},
        ),
        # As a list shows numbers, by what its user prefers.
        "tickets of a list / a ticket": tuple(
            {"id": shown, "title": "Mail", "last_update": LATER}
            for shown in ("12345", "12 345", "12\N{NO-BREAK SPACE}345", "12,345")
        ),
    },
)

HUBSPOT: Final = Ticket(
    "77001",
    {
        "what happened to tickets": (
            [
                {"subscriptionType": "ticket.propertyChange", "objectId": 77001, "portalId": 62}
                | {"eventId": 1, "subscriptionId": 2, "occurredAt": 1767607200000}
                | {"propertyName": "hs_pipeline_stage", "propertyValue": "4"}
            ],
        ),
        "tickets of a warehouse / a ticket": (
            {"id": "77001", "property_hs_pipeline_stage": "4", "property_closed_date": LATER},
        ),
        "changes of tickets in a warehouse / a change": (
            {"ticket_id": "77001", "name": "hs_pipeline_stage", "value": "4", "source_id": "u1"}
            | {"timestamp_instant": LATER},
        ),
        "tickets as they are exported / a ticket": (
            {"ticket_id": "77001", "ticket_name": "Mail", "ticket_status": "Closed"},
        ),
    },
)

FRESHDESK: Final = Ticket(
    "104",
    {
        "a ticket, as an automation rule sends it": (
            {"freshdesk_webhook": {"ticket_id": 104, "ticket_subject": "Mail"}},
        ),
        "a ticket as it stands": (
            {"id": 104, "requester_id": 1, "responder_id": 5, "company_id": 2, "updated_at": LATER},
        ),
        "a ticket of the first API": (
            {"helpdesk_ticket": {"id": 6000123, "display_id": 104, "updated_at": LATER}},
        ),
        "a conversation of a ticket": (
            {"id": 9, "ticket_id": 104, "user_id": 5, "created_at": LATER},
        ),
        "tickets as they are exported / a ticket": (
            {"ticket_id": "104", "subject": "Mail", "contact_id": "1", "last_update_time": LATER},
        ),
    },
)

INTERCOM: Final = Ticket(
    "2150003",
    {
        "a conversation": (
            {
                "id": "notif_1",
                "topic": "conversation.admin.closed",
                "data": {"item": {"type": "conversation", "id": "2150003", "updated_at": LATER}},
            },
        ),
        "a conversation as it stands": (
            {"type": "conversation", "id": "2150003", "updated_at": LATER}
            | {"source": {"id": "81"}, "admin_assignee_id": 5},
        ),
        "the states of conversations in a warehouse / a state": (
            {"id": "2150003", "assignee_id": "5", "source_id": "81", "updated_at": LATER},
        ),
        "the parts of conversations in a warehouse / a part": (
            {"id": "6", "conversation_id": "2150003", "part_type": "close", "created_at": LATER},
        ),
    },
)

HELPSCOUT: Final = Ticket(
    "349", {"a conversation": ({"id": 109_000, "number": 349, "userUpdatedAt": LATER},)}
)

LINEAR_ISSUE: Final[dict[str, Any]] = {
    "id": "a1b2-c3",
    "number": 7,
    "identifier": "ENG-7",
    "team": {"id": "t-1", "key": "ENG", "name": "Engineering"},
    "updatedAt": LATER,
}
LINEAR: Final = Ticket(
    "ENG-7",
    {
        "an issue that was removed": (
            {"type": "Issue", "action": "remove", "createdAt": LATER, "data": LINEAR_ISSUE},
        ),
        "an issue": (
            {"type": "Issue", "action": "update", "createdAt": LATER, "data": LINEAR_ISSUE},
        ),
        "a comment": (
            {"type": "Comment", "action": "create", "createdAt": LATER}
            | {"data": {"id": "c-9", "issueId": "a1b2-c3", "createdAt": LATER}},
        ),
        "issues as they are exported / an issue": (
            {"id": "ENG-7", "team": "ENG", "title": "Mail", "updated": LATER},
        ),
    },
    identity="a1b2-c3",
    by_identity=("a comment",),
)

GITLAB_PROJECT: Final = {"id": 4, "path_with_namespace": "acme/desk"}
GITLAB: Final = Ticket(
    "acme/desk#7",
    {
        "a comment of an issue": (
            {
                "object_kind": "note",
                "project": GITLAB_PROJECT,
                "object_attributes": {"id": 55, "noteable_id": 991, "created_at": LATER},
                "issue": {"id": 991, "iid": 7},
            },
        ),
        "an issue": (
            {
                "object_kind": "issue",
                "project": GITLAB_PROJECT,
                "object_attributes": {"id": 991, "iid": 7, "updated_at": LATER},
            },
        ),
    },
)

ZAMMAD_TICKET: Final = {"id": 81, "number": "31001", "updated_at": LATER}
ZAMMAD: Final = Ticket(
    "31001",
    {
        "a ticket": ({"ticket": ZAMMAD_TICKET, "article": {"id": 6, "ticket_id": 81}},),
        "a ticket as it stands": (ZAMMAD_TICKET,),
    },
)

TICKETS: Final[Mapping[str, tuple[Ticket, ...]]] = {
    "freshdesk": (FRESHDESK,),
    # What is only for issues is often called so.
    "github": (_github("acme/desk"), _github("acme/issues"), _github("issues/issues")),
    "gitlab": (GITLAB,),
    "glpi": (GLPI,),
    "helpscout": (HELPSCOUT,),
    "hubspot": (HUBSPOT,),
    "intercom": (INTERCOM,),
    "jira": (JIRA,),
    "linear": (LINEAR,),
    "servicenow": (SERVICENOW,),
    "zammad": (ZAMMAD,),
    "zendesk": (ZENDESK,),
}
