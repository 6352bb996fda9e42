"""What becomes of each item: accepted, duplicate, unchanged, conflict or rejected."""

from typing import Any

import pytest

from command_side.deciding.events import Personal, Ticket, shown
from command_side.deciding.ingesting import Submission
from engine.sla.instants import micros
from tests.support.items import NINE, at, identity, opening, submission, text, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

POLICY = policy({"P1": {"response": "30m", "resolution": "4h"}})
BOOK = book(POLICY)


class Sender:
    """Sends batches about one ticket."""

    def __init__(self) -> None:
        self.log = Log(identity())
        self.last: list[Submission] = []

    def send(self, *items: dict[str, Any], now: float = 0) -> list[str | None]:
        """What became of each."""
        self.last = [submission(item) for item in items]
        self.log.ingest(self.last, BOOK, at(now))
        return [one.outcome for one in self.last]

    def problems(self) -> list[tuple[tuple[str | int, ...], str]]:
        return [(problem.loc, problem.msg) for one in self.last for problem in one.problems]

    def topics(self) -> list[str]:
        return [event.topic for event in self.log.stream]

    def attributes(self) -> dict[str, Any]:
        return self.log.head.attributes


@pytest.fixture
def sender() -> Sender:
    return Sender()


def test_the_first_observation_opens_the_ticket(sender: Sender) -> None:
    assert sender.send(opening(0)) == ["accepted"]

    (opened,) = sender.log.bodies(Ticket.Opened.TOPIC)
    assert opened["given"]["status"] == "open"
    assert opened["facts"]["created_at"] == text(0)
    assert not opened["late"]


def test_state_is_of_the_observation_and_level_of_the_recording(sender: Sender) -> None:
    sender.send(opening(0), now=300)

    facts = sender.log.bodies(Ticket.Opened.TOPIC)[0]["facts"]
    assert (facts["at"], facts["state"], facts["breached_at"]) == (
        text(0),
        "compliant",
        text(30).replace("Z", ".000001Z"),
    )
    assert facts["level"] == 3


def test_the_same_observation_again_is_a_duplicate_and_writes_nothing(sender: Sender) -> None:
    sender.send(opening(0))

    assert sender.send(opening(0), opening(0)) == ["duplicate", "duplicate"]
    assert sender.topics() == [Ticket.Opened.TOPIC]


def test_a_duplicate_within_a_batch_is_one_too(sender: Sender) -> None:
    assert sender.send(opening(0), opening(0)) == ["accepted", "duplicate"]
    assert sender.topics() == [Ticket.Opened.TOPIC]


def test_what_comes_in_order_is_not_late(sender: Sender) -> None:
    sender.send(opening(0))
    sender.send(update(5, status="pending"), now=5)

    assert not sender.last[0].late
    assert sender.log.replays == 0


def test_what_is_older_than_the_newest_is_late_and_takes_its_place(sender: Sender) -> None:
    sender.send(opening(0))
    sender.send(update(10, status="resolved"), now=10)

    assert sender.send(update(5, status="pending"), now=11) == ["accepted"]
    assert sender.last[0].late
    (_, late) = sender.log.bodies(Ticket.Observed.TOPIC)
    assert late["late"]
    assert late["facts"]["status"] == "resolved"
    assert late["facts"]["late"] == 1
    assert late["current"]["status"] == "resolved"
    (resolution,) = [one for one in late["facts"]["cycles"] if one["clock"] == "resolution"]
    assert resolution["elapsed_seconds"] == 300  # it was paused for the other five minutes


def test_what_precedes_the_ticket_is_late_as_well(sender: Sender) -> None:
    sender.send(opening(10), now=10)
    sender.send(update(0, status="in_progress"), now=11)

    assert sender.last[0].late
    assert shown(sender.log.stream[-1].body)["facts"]["created_at"] == text(0)


def test_lateness_is_told_within_a_batch(sender: Sender) -> None:
    sender.send(opening(0), update(10, status="pending"), update(5, priority="P2"), now=10)

    assert [one.late for one in sender.last] == [False, False, True]


def test_equal_times_are_told_apart_by_their_revision(sender: Sender) -> None:
    sender.send(opening(0))

    outcomes = sender.send(
        update(5, status="resolved", revision=1), update(5, status="pending"), now=5
    )

    assert outcomes == ["accepted", "accepted"]
    assert [one.late for one in sender.last] == [False, True]
    assert sender.attributes()["status"] == "resolved"


def test_other_content_under_a_taken_key_is_a_conflict_and_is_not_applied(sender: Sender) -> None:
    sender.send(opening(0))

    assert sender.send(opening(0, status="resolved", title="Other")) == ["conflict"]
    assert sender.problems() == [(("updated_at",), "other content is stored under this key")]
    assert sender.attributes()["status"] == "open"
    (conflicted,) = sender.log.bodies(Ticket.Conflicted.TOPIC)
    assert conflicted["given"]["status"] == "resolved"
    assert sender.log.stream[-1].personal == Personal(given={"title": "Other"})


def test_a_conflict_is_stored_once_for_each_content(sender: Sender) -> None:
    sender.send(opening(0))
    other, third = opening(0, status="resolved"), opening(0, status="closed")

    assert sender.send(other, other, third) == ["conflict"] * 3
    assert sender.send(third, other) == ["conflict"] * 2
    assert len(sender.log.bodies(Ticket.Conflicted.TOPIC)) == 2


def test_a_conflict_within_a_batch_is_one_too(sender: Sender) -> None:
    assert sender.send(opening(0), opening(0, status="closed")) == ["accepted", "conflict"]
    assert sender.topics() == [Ticket.Opened.TOPIC, Ticket.Conflicted.TOPIC]


def test_a_conflict_leaves_the_head_as_it_was(sender: Sender) -> None:
    sender.send(opening(0))
    before = sender.log.head

    sender.send(opening(0, status="resolved"))

    assert sender.log.head == before


def test_without_a_time_the_time_of_receipt_counts(sender: Sender) -> None:
    sender.send(opening(0))

    assert sender.send(update(None, status="pending"), now=3) == ["accepted"]
    assert sender.log.stream[-1].occurred_at == at(3)


def test_without_a_time_it_comes_after_the_newest(sender: Sender) -> None:
    sender.send(opening(0), update(10, status="pending"))

    assert sender.send(update(None, status="open"), now=3) == ["accepted"]
    assert sender.log.stream[-1].occurred_at == at(10).replace(microsecond=1)
    assert not sender.last[0].late


def test_without_a_time_and_without_news_it_is_unchanged(sender: Sender) -> None:
    sender.send(opening(0, description="long", tags=["emea"], assigned_to="jo", cost=5))

    same = opening(None, description="long", tags=["emea"], assigned_to="jo", cost=5)
    assert sender.send(same, update(None), update(None, status="open"), now=3) == ["unchanged"] * 3
    assert sender.topics() == [Ticket.Opened.TOPIC]


@pytest.mark.parametrize(
    "news",
    [
        {"status": "pending"},
        {"priority": "P2"},
        {"title": "Other"},
        {"description": "other"},
        {"description": None},
        {"assigned_to": None},
        {"tags": None},
        {"tags": ["emea", "apac"]},
        {"updated_by": "jane"},
        {"created_at": -5},
        {"first_responded_at": 1},
        {"last_agent_reply_at": 1},
        {"last_customer_reply_at": 1},
        {"cost": 6},
    ],
    ids=lambda news: next(iter(news.items())).__repr__(),
)
def test_without_a_time_any_news_is_accepted(sender: Sender, news: dict[str, Any]) -> None:
    sender.send(opening(0, description="long", tags=["emea"], assigned_to="jo", cost=5))

    assert sender.send(update(None, **news), now=3) == ["accepted"]
    assert sender.send(update(None, **news), now=4) == ["unchanged"]


def test_clearing_what_is_clear_changes_nothing(sender: Sender) -> None:
    sender.send(opening(0))

    nothing = update(None, description=None, assigned_to=None, tags=None)
    assert sender.send(nothing, now=3) == ["unchanged"]


def test_with_a_time_it_is_stored_although_it_changes_nothing(sender: Sender) -> None:
    sender.send(opening(0))

    assert sender.send(update(5, status="open"), now=5) == ["accepted"]
    assert sender.log.head.observations == 2


def test_a_new_ticket_twice_without_a_time_is_opened_once(sender: Sender) -> None:
    assert sender.send(opening(None), opening(None)) == ["accepted", "unchanged"]


def test_without_a_time_news_are_compared_with_what_the_same_batch_said(sender: Sender) -> None:
    sender.send(opening(0))

    # The correction of created_at has everything folded again.
    outcomes = sender.send(
        update(5, status="pending", created_at=-60), update(None, status="open"), now=6
    )

    assert outcomes == ["accepted", "accepted"]
    assert sender.attributes()["status"] == "open"


def test_without_a_time_news_are_compared_with_what_came_late_too(sender: Sender) -> None:
    sender.send(opening(0), update(10, status="pending"), now=10)

    same, late = update(None, status="pending"), update(5, assigned_to="jo")
    outcomes = sender.send(same, late, update(None, assigned_to="jo"), now=11)

    assert outcomes == ["unchanged", "accepted", "unchanged"]


def test_without_a_time_news_are_compared_with_the_future_too(sender: Sender) -> None:
    sender.send(opening(0), update(60, status="resolved"))

    assert sender.send(update(None, status="open"), now=5) == ["accepted"]
    assert sender.log.stream[-1].occurred_at == at(60).replace(microsecond=1)
    assert sender.send(update(None, status="open"), now=6) == ["unchanged"]


def test_what_happens_later_takes_effect_later(sender: Sender) -> None:
    sender.send(opening(0))

    assert sender.send(update(60, status="resolved"), now=5) == ["accepted"]
    assert not sender.last[0].late
    assert sender.attributes()["status"] == "open"
    assert shown(sender.log.stream[-1].body)["facts"]["status"] == "open"
    assert shown(sender.log.stream[-1].body)["current"]["status"] == "open"


def test_only_what_decides_the_targets_has_the_value_that_comes_first(sender: Sender) -> None:
    sender.send(opening(60), update(90, status="resolved"), update(0, assigned_to="jo"), now=5)

    last = sender.log.stream[-1]
    assert shown(last.body)["facts"]["status"] == "open"
    assert shown(last.body)["current"]["status"] == "open"
    assert last.personal == Personal(given={"assigned_to": "jo"}, current={"assigned_to": "jo"})
    assert sender.attributes()["priority"] == "P1"


@pytest.mark.parametrize("name", ["priority", "customer_tier", "status"])
def test_the_first_observation_to_arrive_must_be_complete(sender: Sender, name: str) -> None:
    assert sender.send(opening(0, "T-1", **{name: None})) == ["rejected"]
    assert sender.problems() == [((name,), "required on a ticket's first observation")]
    assert sender.log.stream == []


def test_what_lacks_something_because_the_first_was_refused_says_so(sender: Sender) -> None:
    first, second = opening(0, status="half-done"), update(5, status="open")

    assert sender.send(first, second, now=5) == ["rejected", "rejected"]
    _, *missing = sender.problems()
    assert {msg for _, msg in missing} == {
        "required on a ticket's first observation, and the one before that says it was refused"
    }


def test_the_first_complete_item_of_a_batch_opens_the_ticket(sender: Sender) -> None:
    outcomes = sender.send(update(0, status="open"), opening(1), update(0, status="open"), now=1)

    assert outcomes == ["rejected", "accepted", "accepted"]
    assert [one.late for one in sender.last] == [False, False, True]


def test_an_unknown_status_is_refused_with_the_line_that_accepts_it_and_the_known_ones(
    sender: Sender,
) -> None:
    sender.send(opening(0))

    assert sender.send(update(5, status="half-done"), now=5) == ["rejected"]
    (((where,), msg),) = sender.problems()
    assert where == "status"
    assert msg.startswith("unknown status 'half-done'; this line under `statuses:`")
    assert '`"half-done": waiting`' in msg
    assert "; known are: active, assigned, backlog, canceled" in msg
    assert msg.endswith("workinprogress, awaiting*")
    assert len(sender.log.stream) == 1


def test_what_is_stored_is_a_duplicate_even_when_its_status_is_known_no_more() -> None:
    log = Log(identity())
    lenient = policy({"P1": {"resolution": "4h"}}, default_phase="active")
    strict = policy({"P1": {"resolution": "4h"}}, version=2, accepted_at="09:10")
    log.ingest([submission(opening(0, status="triage"))], book(lenient), NINE)
    again = submission(opening(0, status="triage"))

    log.ingest([again], book(lenient, strict), at(20))

    assert again.outcome == "duplicate"
    assert len(log.stream) == 1


def test_the_order_of_keys_makes_no_other_content(sender: Sender) -> None:
    sender.send(opening(0, custom={"a": 1, "b": {"c": 2, "d": 3}}))

    assert sender.send(opening(0, custom={"b": {"d": 3, "c": 2}, "a": 1})) == ["duplicate"]


def test_a_default_phase_takes_in_unknown_statuses() -> None:
    log = Log(identity())
    lenient = book(policy({"P1": {"resolution": "4h"}}, default_phase="active"))
    one = submission(opening(0, status="half-done"))

    log.ingest([one], lenient, NINE)

    assert one.outcome == "accepted"
    assert shown(log.stream[0].body)["phase"] == "active"


def test_statuses_are_matched_without_regard_to_their_spelling(sender: Sender) -> None:
    assert sender.send(opening(0, status="In-Progress")) == ["accepted"]
    assert shown(sender.log.stream[0].body)["phase"] == "active"
    assert shown(sender.log.stream[0].body)["given"]["status"] == "In-Progress"


def test_every_event_bears_the_correlation_id_of_its_request() -> None:
    log = Log(identity())
    batch = [
        submission(opening(0), "first"),
        submission(update(1, status="pending"), "second"),
        submission(update(1, status="open"), "third"),
    ]

    log.ingest(batch, BOOK, at(1))

    assert [event.correlation_id for event in log.stream] == ["first", "second", "third"]


def test_only_the_last_event_of_a_batch_carries_the_cycles(sender: Sender) -> None:
    sender.send(opening(0), update(1, status="pending"), update(2, status="open"), now=2)

    facts = [shown(event.body)["facts"] for event in sender.log.stream]
    assert [bool(one["cycles"]) for one in facts] == [False, False, True]
    assert [one["all_cycles"] for one in facts] == [False, False, True]
    assert {one["status"] for one in facts} == {"open"}


def test_after_an_erasure_no_content_can_be_guessed_from_its_hash(sender: Sender) -> None:
    """Without the salt that went with it, a later title's hash would be the same for everybody."""
    sender.send(opening(0))
    head, stored = sender.log.head, sender.log.stored
    assert stored is not None
    head.salt, sender.log.stream[0].said = None, None
    stored.state = head.dump()

    items = [update(when, title=title) for when, title in ((5, "Fire"), (6, "Flood"))]
    assert sender.send(*items, now=6) == ["accepted", "accepted"]

    keys = [(micros(at(when)), 0) for when in (5, 6)]
    assert len({sender.log.hashes[key] for key in keys}) == 1
    assert sender.send(*items, now=7) == ["duplicate", "duplicate"]
    # As a conflict it would put back into the log what was erased.
    assert sender.send(opening(0), now=8) == ["duplicate"]
