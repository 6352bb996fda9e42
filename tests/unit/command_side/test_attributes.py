"""What a ticket says about itself, on its way from the item to the fold."""

from dataclasses import replace
from typing import Any

import msgspec

from command_side.deciding.events import Ticket, written
from command_side.deciding.replayed import Replayed
from engine.sla.conditions import Attributes
from engine.sla.timeline import Fold
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.ruling import asking
from tests.support.timelines import policy

ASKING = asking(policy({"P1": {"resolution": "4h"}}), ("source", "tags", "fields.region"))


def told(*items: dict[str, Any]) -> Log:
    log = Log(identity(source="zendesk"))
    for number, item in enumerate(items):
        log.ingest([submission({**item, "source": "zendesk"})], book(ASKING), at(number * 10))
    return log


def refolded(log: Log) -> Fold:
    assert log.stored is not None
    case = Replayed(log.ticket, log.stored.version, log.head, book(ASKING), log.stream)
    return case.folded(int(at(60).timestamp()) * 1_000_000)


FIRST = opening(0, team="Support", organization="ACME", tags=["emea"], region="EU")


def test_the_head_goes_on_with_what_the_stream_says() -> None:
    log = told(FIRST, update(10, assigned_to="jo", region=3), update(20, team="Billing"))
    assert log.replays == 0
    fold = log.head.fold
    assert fold is not None
    assert fold.others is not None
    assert (fold.team, fold.organization, fold.assigned) == ("Billing", "ACME", True)
    assert fold.others == {"fields.region": "3", "source": "zendesk", "tags": ("emea",)}
    attributes = refolded(log).attributes
    assert attributes == Attributes("gold", "P1", "Billing", "ACME", True, fold.others)


def test_erasing_names_changes_nothing_of_what_conditions_ask() -> None:
    log = told(FIRST, update(10, assigned_to="jo"))
    log.stream = [replace(one, said=None, _personal=None) for one in log.stream]
    assert refolded(log).attributes.assigned


def test_of_an_event_without_the_flag_the_name_says_that_somebody_is_assigned() -> None:
    log = told(FIRST, update(10, assigned_to="jo"))
    last = log.stream[-1].body
    assert isinstance(last, Ticket.Observed)
    assert last.assigned
    older = written(msgspec.structs.replace(last, assigned=None))
    log.stream[-1] = replace(log.stream[-1], state=older, _body=None)
    assert refolded(log).attributes.assigned


def test_before_its_first_observation_a_ticket_is_shown_with_what_that_says_but_unassigned() -> (
    None
):
    log = Log(identity(source="zendesk"))
    first = {**opening(30, created_at=0, assigned_to="jo", team="Support"), "source": "zendesk"}
    log.ingest([submission(first)], book(ASKING), at(10))
    case = Replayed(log.ticket, 1, log.head, book(ASKING), log.stream)
    plain, personal = case.current(int(at(10).timestamp()) * 1_000_000)
    assert (plain["team"], plain["status"], personal) == ("Support", "open", {"title": "Outage"})
