"""The replica that questions go to: whether it answers, is one, and how far it has come."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops.doctor.finding import Finding, ok, warning

ABOUT = "replica"


@dataclass(frozen=True, slots=True)
class Read:
    """What DATABASE_READ_URL leads to."""

    error: str | None = None
    """Why it does not answer, or has not this service's tables."""
    follows: bool = True
    """Another server; False: it takes writes itself."""
    behind: int = 0
    """Positions of the log that it does not have yet."""


def judged(found: Read) -> Iterator[Finding]:
    """One finding; questions are answered in each case."""
    if found.error is not None:
        yield warning(
            ABOUT,
            f"It cannot be asked: {found.error}. The primary answers all questions.",
            "See that it runs, and that DATABASE_READ_URL names it.",
        )
    elif not found.follows and found.behind:
        yield warning(
            ABOUT,
            f"DATABASE_READ_URL leads to a server that follows none, and lacks {found.behind:,}"
            " positions of the log: it is another database.",
            "Name a replica of the one in DATABASE_URL.",
        )
    else:
        kind = "follows" if found.follows else "is the primary itself"
        yield ok(ABOUT, f"{kind}; {found.behind:,} positions behind")
