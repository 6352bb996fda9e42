"""Whom the newest configuration knows, of those who answer."""

from config.loading import Loaded
from config.people import Person


def addressed(newest: Loaded | None, email: str) -> Person | None:
    """Who has this address."""
    address = email.casefold()
    people = newest.people if newest and address else ()
    return next((one for one in people if (one.email or "").casefold() == address), None)


def time_zone(newest: Loaded | None, person: Person | None) -> str:
    """The person's, else that of the promises."""
    if person is not None and person.time_zone:
        return person.time_zone
    return newest.policy.time_zone if newest else "UTC"
