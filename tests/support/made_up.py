"""Rules and excuses made up from what real tickets say of themselves, and what they might say
besides; the same ones each time."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.excuses import Excuse, merged
from engine.sla.observation import Observation
from engine.sla.policy import OWN_DATES
from engine.sla.rules import Validity
from tests.support.ruling import Ruled, match
from tests.support.timelines import DAY, HOUR, MINUTE, at

SAID: Mapping[str, list[str]] = {
    "priority": ["P0", "P1", "P2", "P3"],
    "team": ["Group 70", "group 25", "Group 24", "Group 20", "GROUP 23", "Group 28"],
    "type": ["Category 26", "category 53", "Category 42", "Category 46"],
    "organization": ["Location 204", "Location 143", "location 161", "Location 93"],
    "tags": ["Subcategory 174", "Symptom 491", "symptom 4", "Email"],
    "fields.urgency": ["1 - High", "3 - Low"],
    "assigned": ["yes", "no"],
}
"""What the real tickets say most often, and what some say."""
FIRST, LAST = at("2016-02-20T00:00:00Z"), at("2016-05-20T00:00:00Z")


def conditions(random: Random, fields: int) -> dict[str, Any]:
    """On so many fields at most; now and then that it says nothing of one, or anything."""
    found: dict[str, Any] = {}
    for field in random.sample(sorted(SAID), random.randint(1, fields)):
        words: list[str | None] = [*random.sample(SAID[field], random.randint(1, 2))]
        if field != "assigned" and random.random() < 0.2:
            words = random.choice([[None], ["*"], [*words, None]])
        found[field] = words
    return found


def rules(count: int, *calendars: Calendar) -> list[Ruled]:
    """Each for some of the tickets; with targets, or none, for all priorities or some."""
    random = Random(count)
    found: list[Ruled] = []
    for number in range(count):
        promised = {
            priority: {
                clock: target(random)
                for clock in ("response", "resolution", "update", "assignment", "ownership")
                if random.random() < 0.7
            }
            for priority in random.sample(["P1", "P2", "P3", "any"], 3)
        }
        found.append(
            Ruled(
                f"rule {number}",
                conditions(random, 3),
                conditions(random, 1) if random.random() < 0.3 else {},
                promised,
                calendar=random.choice([ALWAYS, *calendars]),
                valid=validity(random) if random.random() < 0.3 else None,
            )
        )
    return found


def target(random: Random) -> str:
    """In hours or working days, these often with a cut-off."""
    if random.random() < 0.4:
        return f"{random.randint(1, 96)}h"
    days = f"{random.randint(1, 5)}bd{random.choice(['', '-end', '@02:30', '@12:00', '@17:00'])}"
    return days + random.choice(["", " cut-off 09:00", " cut-off 12:15", " cut-off 16:00"])


def validity(random: Random) -> Validity:
    """Some weeks, by the ticket's creation or by each instant."""
    start, end = sorted(FIRST + random.randint(0, LAST - FIRST) // HOUR * HOUR for _ in range(2))
    first, last = random.choice([(start, end), (None, end), (start, None)])
    return Validity(first, last, random.random() < 0.6)


def retold(number: str, observations: Sequence[Observation]) -> list[Observation]:
    """A real ticket's timeline in which it also brings dates along, withdraws them, is handed over,
    and is answered, now and then; the real ones are and do nothing of the kind."""
    random = Random(number)
    found: list[Observation] = []
    for one in observations:
        if random.random() < 0.15:
            one = one._replace(own_dates={random.choice(OWN_DATES): _own_date(random, one)})
        if random.random() < 0.1:
            said = {**one.said, "team": random.choice([*SAID["team"], None])}
            one = one._replace(said=said, assigned=random.random() < 0.5)
        if random.random() < 0.15:
            one = one._replace(agent_reply=_before(random, one))
        if random.random() < 0.2:
            one = one._replace(customer_reply=_before(random, one))
        found.append(one)
    return found


def _own_date(random: Random, one: Observation) -> int | None:
    """Mostly ahead, at times when it was opened or never, seldom in the past."""
    return random.choice(
        [
            *[one.at + random.randint(1, 7 * DAY // MINUTE) * MINUTE for _ in range(4)],
            one.at // DAY * DAY + DAY + 17 * HOUR,
            one.at - random.randint(1, 600) * MINUTE,
            one.created_at,
            None,
        ]
    )


def _before(random: Random, one: Observation) -> int:
    return one.at - random.choice([0, 0, 1, 30, 300]) * MINUTE


def excuses(count: int) -> list[Excuse]:
    """Windows of some hours or days, of some tickets, seldom of one clock only."""
    random = Random(count)
    return [
        Excuse(
            merged(_window(random) for _ in range(random.randint(1, 3))),
            match(conditions(random, 2), {}),
            frozenset({"resolution"}) if random.random() < 0.2 else None,
        )
        for _ in range(count)
    ]


def _window(random: Random) -> tuple[int, int]:
    start = FIRST + random.randint(0, (LAST - FIRST) // MINUTE) * MINUTE
    return start, start + random.randint(10, 3 * DAY // MINUTE) * MINUTE
