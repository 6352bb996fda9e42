"""A help desk of any size, as its tickets' lives would be told: the same one for the same numbers.

Some people and teams have more to do than others, most tickets come in the hours of an office, and
about as many promises are broken as in a desk that is a little behind.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.support.clients import item

TEAMS = ("Payments", "Network", "Identity", "Billing", "Mobile", "Data", "Hardware", "Workplace")
PEOPLE = (
    *("ana.silva", "ben.okafor", "chen.wei", "dora.novak", "emil.berg"),
    *("fatima.zahra", "george.kim", "hanna.lind", "ivan.petrov", "jo.murphy"),
    *("kavya.rao", "liam.walsh", "mina.sato", "noor.khan", "olga.ivanova"),
    *("pablo.ruiz", "quinn.hayes", "rosa.marin", "sven.olsen", "tara.singh"),
)
TOPICS = (
    "Checkout fails at the last step",
    "VPN drops every few minutes",
    "Cannot sign in with SSO",
    "Invoice shows the wrong amount",
    "Push messages do not arrive",
    "Nightly export is empty",
    "Laptop does not wake up",
    "Meeting room screen is black",
    "Refund is stuck",
    "Mail is delayed",
    "New starter needs access",
    "Report takes ten minutes",
    "Printer asks for a code",
)
CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {response: 15m, resolution: 4h}
    P1: {response: 1h, resolution: 8h}
    P2: {response: 4h, resolution: 24h}
    P3: {response: 8h, resolution: 72h}
  PREMIUM:
    P0: {response: 30m, resolution: 8h}
    P1: {response: 2h, resolution: 24h}
    P2: {response: 8h, resolution: 48h}
    P3: {response: 24h, resolution: 120h}
  STANDARD:
    P1: {response: 4h, resolution: 24h}
    P2: {response: 8h, resolution: 72h}
    P3: {response: 24h, resolution: 168h}
goals: {response: 95, resolution: 90}
"""
HOURS = {"P0": 3, "P1": 7, "P2": 24, "P3": 70}
"""How long a ticket usually takes."""


class Desk:
    """`count` tickets of the last `days` days before `until`, of which `still_open` are open."""

    def __init__(self, count: int, still_open: int, until: datetime, days: float = 28) -> None:
        self.random = Random(count)
        self.count, self.still_open, self.until, self.days = count, still_open, until, days

    def told(self) -> Iterator[dict[str, Any]]:
        """The items of all tickets, by ticket, each in its order."""
        for number in range(self.count):
            yield from self.life(number, closed=number >= self.still_open)

    def life(self, number: int, *, closed: bool) -> Iterator[dict[str, Any]]:
        random = self.random
        team = TEAMS[min(len(TEAMS) - 1, int(random.expovariate(0.4)))]
        priority = random.choices(("P0", "P1", "P2", "P3"), (2, 13, 45, 40))[0]
        tier = random.choices(("enterprise", "premium", "standard"), (25, 35, 40))[0]
        who = PEOPLE[min(len(PEOPLE) - 1, int(random.expovariate(0.15)))]
        took = timedelta(hours=HOURS[priority] * random.lognormvariate(-0.5, 0.8))
        begun = self.opened() if closed else self.until - took * random.random()
        begun = min(begun, self.until - took) if closed else begun
        facts: dict[str, Any] = {
            "title": random.choice(TOPICS),
            "priority": priority,
            "customer_tier": tier,
            "team": team,
            "type": random.choice(("incident", "request", "question")),
            "organization": f"Customer {random.randint(1, 300)}",
        }
        name = f"HD-{number:06d}"
        yield item(name, created_at=begun, updated_at=begun, **facts)
        answered = begun + took * random.uniform(0.02, 0.3)
        if answered > self.until:
            return
        taken = {"assigned_to": who, "priority": priority, "customer_tier": tier}
        yield item(name, "in_progress", updated_at=answered, first_responded_at=answered, **taken)
        if closed:
            yield item(name, "resolved", updated_at=begun + took, updated_by=who, **taken)
        elif random.random() < 0.12:
            yield item(name, "pending", updated_at=self.until, **taken)

    def opened(self) -> datetime:
        """Mostly on a weekday, between eight and six."""
        while True:
            at = self.until - timedelta(days=self.days * self.random.random())
            busy = 1.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.15
            if self.random.random() < busy:
                return at
