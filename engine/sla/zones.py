"""Time zones by the names that people write."""

from zoneinfo import ZoneInfo


def zone(name: str) -> str:
    """The name, if it is an IANA time zone; raises `ValueError`."""
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(
            f"unknown time zone {name!r}: write an IANA name such as Europe/Berlin"
        ) from error
