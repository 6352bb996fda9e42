"""What is found: one thing that is well, or is not, and what to do then."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault"]
"""A warning: it works, and somebody should look. A fault: it does not, or something may be lost."""
CODES: dict[Level, int] = {"ok": 0, "warning": 1, "fault": 2}
"""The exit code, by the worst of all findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One of them."""

    about: str
    """A word or two."""
    level: Level
    what: str
    remedy: str = ""
    """What to do; empty where all is well."""


def ok(about: str, what: str) -> Finding:
    """It is well."""
    return Finding(about, "ok", what)


def warning(about: str, what: str, remedy: str) -> Finding:
    """Somebody should look."""
    return Finding(about, "warning", what, remedy)


def fault(about: str, what: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(about, "fault", what, remedy)


def size(octets: int) -> str:
    """As in `1.2 GB`."""
    amount, unit = float(octets), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
