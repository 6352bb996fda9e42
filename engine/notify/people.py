"""Who is meant by a notice: the outbox keeps keys, and whose they are is said when it is sent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

from engine.notify.message import Notice


class Person(TypedDict):
    """Somebody whom a channel may address."""

    key: str
    name: str
    email: str | None
    slack: str | None
    """The member's ID."""


ELSEWHERE = {
    "link": "{} (through a link)",
    "slack": "Slack member {}",
    "pagerduty": "PagerDuty user {}",
}
"""Who answers there and is nobody of the configuration is recorded with where that was."""


def named(notice: Notice, people: Mapping[str, Person]) -> Notice:
    """With the people in the place of their keys, and with the names of those who have done
    something; of one who is not known any more, the key is all there is."""
    notice = replace(
        notice,
        names=names(people, notice.body.get("by"), notice.handled.get("acknowledged_by")),
    )
    keys: list[str] | None = notice.body.get("people")
    if keys is None:
        return notice
    found = [people.get(key) or Person(key=key, name=key, email=None, slack=None) for key in keys]
    return replace(notice, body={**notice.body, "people": found})


def names(people: Mapping[str, Person], *keys: str | None) -> Mapping[str, str]:
    """What they are called of whom that is known."""
    return {key: people[key]["name"] for key in keys if key and key in people}


def called(by: str, names: Mapping[str, str]) -> str:
    """Whoever has done something, as people call them: by name, else by where that was, else as
    it was said."""
    where, _, name = by.partition(":")
    if by in names or where not in ELSEWHERE or not name:
        return names.get(by, by)
    return ELSEWHERE[where].format(name)
