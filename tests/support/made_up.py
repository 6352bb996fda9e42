"""Rules and excuses made up from what real tickets say of themselves; the same ones each time."""

from collections.abc import Mapping
from random import Random
from typing import Any

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.excuses import Excuse, merged
from tests.support.ruling import Ruled, match
from tests.support.timelines import DAY, MINUTE, at

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
                clock: f"{random.randint(1, 96)}h"
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
            )
        )
    return found


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
