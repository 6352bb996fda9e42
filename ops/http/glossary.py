"""What a name means wherever the API says it; the OpenAPI document puts it where a model does not.

One name means one thing in all answers. Where it does not, the model says what it means there, or
an entry names the model.
"""

from collections.abc import Mapping
from typing import Any, Final

MEANINGS: Final[Mapping[str, str]] = {
    # Who and what
    "ticket_id": "Our id of the ticket, the same on every node",
    "external_id": "What the source calls the ticket",
    "source": "The system that the ticket comes from",
    "title": "What it is about; personal",
    "description": "What was reported, at length; personal",
    "status": "In the source's words",
    "phase": "What the status means: waiting, active, paused, done or cancelled",
    "priority": "In the source's words; with the tier it decides the targets",
    "customer_tier": "In the source's words; with the priority it decides the targets",
    "tier": "The customer tier",
    "rule": "The rule that decides what is promised; null: the tier's targets do",
    "on_purpose": "That nothing is promised is what the rule says; otherwise nobody said anything",
    "team": "The group or queue that has it; null: none",
    "type": "The kind of request, in the source's words; null: not said",
    "organization": "The customer; null: not said",
    "assigned_to": "Who works on it; null: nobody",
    "updated_by": "Who made the newest update; null: not said",
    "tags": "As the source names them",
    "correlation_id": "Of the request that brought it, to be found in the logs",
    # When
    "at": "The instant that the answer holds for",
    "as_of": "The instant that the answer holds for",
    "known_at": "By what was known then; null: by what is known now",
    "until": "The end, itself not included",
    "created_at": "When the ticket was opened at its source",
    "updated_at": "When the source made the newest update that has taken effect",
    "recorded_at": "When it was stored here",
    "due_at": "When the target is reached if nothing changes; null: the clock does not run",
    "due_in_seconds": "From now to the deadline; negative: overdue",
    "resumes_at": "When a clock that is paused runs again by itself; null: it does not",
    "next_due_in_seconds": "From now to the deadline that can still be kept; null: there is none",
    "warning_at": "When it becomes, or became, a warning; null: not foreseeable",
    "critical_at": "When it becomes, or became, critical; null: not foreseeable",
    "acknowledged_at": "When somebody took it on; null: nobody has",
    "acknowledged_by": "Who took it on",
    "acknowledged_until": "When the acknowledgement lapses",
    "snoozed_until": "Nothing is sent before then",
    "accepted_at": "When it came into force",
    # Clocks
    "clock": "The name of the clock, as the configuration has it",
    "clocks": "Every cycle of every clock",
    "cycle": "Which run of the clock, from 1",
    "calendar": "Whose opening hours count; 24x7: all",
    "severity": "compliant, warning, critical or breached",
    "started_at": "When the cycle began",
    "stopped_at": "When it ended; null: it has not",
    "first_stopped_at": "When it ended for the first time, if it was reopened since",
    "target_seconds": "What was promised, in time that counts; null: nothing any more",
    "elapsed_seconds": "Time that has counted",
    "remaining_percent": "Of the target; negative: overrun",
    "policy_version": "The version of the configuration that decided",
    "escalation": "Where the ladder stands",
    "escalation_level": "The highest rung reached by an open cycle; 0: none",
    "level": "The highest rung reached by an open cycle; 0: none",
    "level_name": "As the configuration names the rung",
    "next_level": "The next rung; null: none is to come",
    "next_at": "When it is reached if nothing happens",
    "raised_at": "When it happened, by the clock and not by who looked",
    # Commands
    "by": "Who does it",
    "note": "For those who read it later",
    "reason": "Why, for those who read it later",
    "matchers": "Field to accepted values; all fields must match, each by any of its values",
    "silence_id": "The id of the silence",
    "excuse_id": "Our id of the excuse",
    "job_id": "Our id of the job",
    "created_by": "Who made it",
    # Answers
    "count": "How many tickets",
    "items": "What was found",
    "page": "Which page, from 1",
    "size": "Items a page",
    "limit": "Items at most",
    "position": "In the log of everything; for `wait_for`",
    "errors": "What is wrong, and where; absent where nothing is",
    "loc": "Where: the way to it from the outside in",
    "msg": "What is wrong there",
    "revision": "Tells apart observations of the same `updated_at`",
    "met": "Cycles that ended in time",
    "breached": "Cycles whose deadline was missed",
    "elapsed_p50_seconds": "Half of the cycles that have ended took no longer",
    "elapsed_p90_seconds": "Nine in ten of the cycles that have ended took no longer",
}
"""By a member's name, or a parameter's."""
OF_A_MODEL: Final[Mapping[str, str]] = {
    "Alert.status": "The ticket's, when it was raised",
    "Alert.channels": "Where it was to be sent",
    "Attainment.from": "The period begins here",
    "Attainment.to": "And ends just before",
    "Attainment.groups": "One for each combination that occurs",
    "Attainment.total": "Of the whole period",
    "Batch.tickets": "Observations, in any order",
    "BatchResult.accepted": "Items that were stored",
    "BatchResult.duplicates": "Items that were stored already",
    "BatchResult.unchanged": "Items without a time of their own that say nothing new",
    "BatchResult.conflicts": "Items whose key is taken by other content",
    "BatchResult.rejected": "Items that cannot be taken",
    "BatchResult.results": "One for each item, in their order",
    "Breakdown.cycles": "By start within a clock",
    "Clock.name": "As the configuration has it",
    "ConfigHealth.version": "The version in force; null: none yet",
    "ConfigVersion.version": "From 1, without gaps",
    "ConfigVersion.hash": "SHA-256 of the content",
    "ConfigVersion.author": "Who or what offered it",
    "DatabaseHealth.reachable": "Whether it answers",
    "Dashboard.items": "The tickets of this page",
    "Dashboard.summary": "Tickets by state, under all filters but `sla_state`",
    "EngineHealth.last_tick_at": "When it last looked for due clocks; null: there is none here",
    "Entry.position": "Of the event in the log; null: by calculation",
    "Entry.kind": "What kind of thing: opened, observed, started, paused, breached and so on",
    "Entry.explanation": "What happened and why, in one sentence",
    "Escalation.name": "As the configuration names the rung",
    "Facets.priority": "By priority",
    "Facets.customer_tier": "By customer tier",
    "Facets.rule": "By the rule that decides what is promised",
    "Facets.team": "By who has it",
    "Facets.type": "By the kind of request",
    "Facets.organization": "By the customer",
    "Facets.status": "By status",
    "Facets.phase": "By what the status means",
    "Facets.assigned_to": "By who works on it",
    "Facets.due_within": "By the times asked for as `horizon`",
    "Forecast.at": "When it was asked",
    "Forecast.until": "How far it looks ahead",
    "Health.log": "This process's own log",
    "Health.status": "healthy, degraded or unhealthy",
    "Health.service": "Always the same, for whoever wants to know what answers",
    "Health.database": "Whether it answers",
    "Health.projections": "How far each read table is",
    "Health.outbox": "What is to be sent to channels",
    "Health.engine": "This process's engine",
    "Health.config": "The configuration in force",
    "ItemResult.index": "The item's place in the batch, from 0",
    "ItemResult.ticket_id": "Our id of the ticket; null: the item could not be read",
    "ItemResult.outcome": "accepted, duplicate, unchanged, conflict or rejected",
    "ItemResult.error": "All that is wrong with it, in one line",
    "Problem.type": "Always `about:blank`: the status says it",
    "Problem.title": "The status in words",
    "Problem.status": "As of the response",
    "Problem.detail": "What went wrong, for people",
    "ProjectionLag.name": "Of the projection",
    "ProjectionLag.position": "Of the last event applied",
    "ProjectionLag.behind_events": "Events not yet applied",
    "Ready.status": "ready or not ready",
    "Ready.reason": "What is missing; null: nothing",
    "Segment.start": "From this instant on",
    "Segment.end": "Until just before this one",
    "Silence.created_at": "When it was made",
    "Sla.at": "The instant that the clocks are shown for",
    "Snooze.until": "Nothing is sent before then",
    "Soon.seconds": "The time asked for, from now",
    "StatusChange.from": "The status before; null: it is the first",
    "StatusChange.to": "The status from then on",
    "StatusChange.at": "When, by the source's time",
    "StatusChange.by": "Who changed it; null: not said",
    "StoredEvent.topic": "What kind of event",
    "StoredEvents.events": "Oldest first",
    "Summary.compliant": "Tickets whose clocks are all far from their deadlines",
    "Summary.warning": "Tickets with a warning, and nothing worse",
    "Summary.critical": "Tickets close to a breach",
    "Summary.breached": "Tickets with a deadline that was missed",
    "Summary.untracked": "Tickets without a promise",
    "TicketItem.created_at": "When it was opened at its source; else its earliest update",
    "TicketItem.first_responded_at": "When it was first answered; wins over what replies suggest",
    "TicketItem.last_agent_reply_at": "When somebody last answered, up to this update",
    "TicketItem.automatic_reply_at": "A reply of this instant was automatic: it does not count",
    "TicketItem.withdrawn_replies": "Replies of either side at these instants were none; named"
    " again they stay withdrawn",
    "TicketItem.last_customer_reply_at": "When the customer last wrote, up to this update",
    "TicketItem.response_due_at": "Its own deadline for the first response; null withdraws it",
    "TicketItem.resolution_due_at": "Its own deadline for the resolution; null withdraws it",
    "TicketItem.updated_by": "Who made this update",
    "Timeline.entries": "All that happened, oldest first",
    "Trouble.kind": "What kind of trouble",
    "Usage.from": "The period begins here",
    "Usage.to": "And ends just before",
    "Usage.groups": "One for each combination that occurs",
    "Usage.total": "Of the whole period",
    "UsageGroup.clock": "As the configuration has it",
}
"""By the model and the name, where it means something of its own."""


def explain(document: dict[str, Any]) -> None:
    """Puts in what each member and each parameter means, where nothing is said yet."""
    for name, schema in document["components"]["schemas"].items():
        _members(name, schema)
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                meaning = MEANINGS.get(parameter["name"])
                if not parameter.get("description") and meaning is not None:
                    parameter["description"] = meaning


def _members(model: str, schema: dict[str, Any]) -> None:
    """Of a schema, and of what it holds without a name of its own."""
    for name, member in schema.get("properties", {}).items():
        meaning = OF_A_MODEL.get(f"{model}.{name}") or MEANINGS.get(name)
        if not member.get("description") and meaning is not None:
            member["description"] = meaning
        _members(model, member)
    if "items" in schema:
        _members(model, schema["items"])
