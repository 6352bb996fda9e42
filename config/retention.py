"""How long what is not the log is kept: `90d`, `12mo`, `2y`, `forever`."""

import re
from datetime import timedelta
from typing import Final

DAYS: Final = {"d": 1, "w": 7, "mo": 30, "y": 365}
_KEPT: Final = re.compile(r"([1-9][0-9]{0,4})(d|w|mo|y)")


def kept(value: object) -> timedelta | None:
    """The time of a `90d`, None: for ever; raises `ValueError` that says what to write. Months have
    30 days, years 365."""
    if value == "forever":
        return None
    found = _KEPT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time to keep things: write 90d, 12mo, 2y or forever")
    return timedelta(days=int(found[1]) * DAYS[found[2]])
