"""The points of a ticket's timeline at which something happens to its clocks, and their order."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.sla.observation import Observation
from engine.sla.policy import Policy

# What comes first where instants are equal.
# A reply falls within the observation of its instant: after its attributes, which decide the target
# of the clock that it stops, and before its phase.
POLICY, EDGE, TERMS, CUSTOMER, GIVEN_ANSWER, AGENT, OBSERVATION = range(7)


class Point(NamedTuple):
    at: int
    rank: int
    order: int
    what: Observation | Policy | None


def order_of(point: Point) -> tuple[int, int, int]:
    return (point.at, point.rank, point.order)


def points_of(
    observations: Sequence[Observation],
    after: Sequence[Observation],
    first_responded_at: int | None,
    later: Iterable[Policy],
) -> list[Point]:
    """In no order. `after` are the observations after the ticket's creation, `later` the policies
    that come into force after it."""
    points = [Point(one.at, OBSERVATION, one.revision, one) for one in after]
    agents = {one.agent_reply for one in observations if one.agent_reply is not None}
    customers = {one.customer_reply for one in observations if one.customer_reply is not None}
    points += [Point(at, AGENT, 0, None) for at in agents]
    points += [Point(at, CUSTOMER, 0, None) for at in customers]
    answers = agents | customers
    if first_responded_at is not None:
        points.append(Point(first_responded_at, GIVEN_ANSWER, 0, None))
        answers.add(first_responded_at)
    earliest = {one.at: one for one in reversed(after) if one.at in answers}
    points += [Point(at, TERMS, 0, one) for at, one in earliest.items()]
    return points + [Point(one.begins_at, POLICY, one.version, one) for one in later]


def edges_of(policies: Iterable[Policy], after: int, until: int) -> list[Point]:
    """Where time alone may bring a ticket under another rule of these policies."""
    edges = {at for one in policies if one.edges for at in one.edges if after < at <= until}
    return [Point(at, EDGE, 0, None) for at in edges]


def passed(policy: Policy, later: Sequence[Policy], after: int, until: int) -> list[Point]:
    """What comes in that time without anybody saying anything of the ticket; `later` are the
    policies that come into force."""
    points = [Point(one.begins_at, POLICY, one.version, one) for one in later]
    return points + edges_of([policy, *later], after, until)


def following(one: Observation, agent_reply: int | None, customer_reply: int | None) -> list[Point]:
    """Those of an observation that comes after all others; the replies are the newest known."""
    points = [Point(one.at, OBSERVATION, one.revision, one)]
    if one.at in (one.agent_reply, one.customer_reply):
        points.append(Point(one.at, TERMS, 0, one))
    if one.agent_reply is not None and one.agent_reply != agent_reply:
        points.append(Point(one.agent_reply, AGENT, 0, None))
    if one.customer_reply is not None and one.customer_reply != customer_reply:
        points.append(Point(one.customer_reply, CUSTOMER, 0, None))
    return points
