"""The time zone in which somebody wants instants told."""

from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Query
from pydantic import AfterValidator

LONGEST = 100


def known(name: str) -> str:
    """The zone of that name. Raises ValueError, with what may have been meant."""
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, LookupError) as error:
        names = {one.casefold(): one for one in available_timezones()}
        close = get_close_matches(name[:LONGEST].casefold(), names, n=1, cutoff=0.5)
        meant = f"did you mean {names[close[0]]!r}?" if close else "write one like Europe/Berlin"
        raise ValueError(f"unknown time zone {name!r}; {meant}") from error


Zone = Annotated[str, AfterValidator(known)]
TimeZone = Annotated[
    Zone | None,
    Query(
        description="An IANA name, such as Europe/Berlin, for the instants in sentences; by default"
        " the calendar's."
    ),
]
