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


def named(notice: Notice, people: Mapping[str, Person]) -> Notice:
    """With the people in the place of their keys; of one who is not known any more, the key is
    all there is."""
    keys: list[str] | None = notice.body.get("people")
    if keys is None:
        return notice
    found = [people.get(key) or Person(key=key, name=key, email=None, slack=None) for key in keys]
    return replace(notice, body={**notice.body, "people": found})
