"""The configuration: whether the file holds, whether it is in force, and what it lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ops.doctor.finding import Finding, fault, ok, warning

ABOUT = "configuration"


@dataclass(frozen=True, slots=True)
class Promises:
    """What was found."""

    path: str
    """Of the file."""
    error: str | None = None
    """Why it is refused, or cannot be read."""
    doubts: Sequence[str] = ()
    """Where it is taken, and may not be meant so."""
    in_force: int | None = None
    """The version that counts, by the log; None: there is none."""
    asked: bool = True
    """Whether the log could be."""
    unread: str | None = None
    """Why this release cannot read it."""
    is_the_file: bool = True
    """Whether the version says what the file does."""
    runs: bool = False
    """Whether a service runs, which would take the file over."""
    unset: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is named in the file and lacks a secret, and which."""


def judged(found: Promises) -> Iterator[Finding]:
    """The file, what is in force, what is lacking."""
    if found.unread:
        yield fault(
            ABOUT,
            f"The newest version in the log cannot be read by this release: {_first(found.unread)}",
            "Run the release that accepted it: tickets rest on it.",
        )
    if found.error:
        yield fault(
            ABOUT,
            f"The file is refused: {_first(found.error)}",
            f"Mend it; version {found.in_force} stays in force until then."
            if found.in_force
            else "Mend it: nothing starts without one. `sla config check` names every mistake.",
        )
    elif found.in_force and not found.is_the_file and found.runs:
        yield warning(
            ABOUT,
            f"{found.path} is not what is in force: version {found.in_force} says something else.",
            "A running service takes its file over within seconds. See that SLA_CONFIG names the"
            " same file there as here, and `sla config diff` what is different.",
        )
    elif not found.unread:
        yield ok(ABOUT, f"{found.path} holds{_in_force(found)}")
    if found.doubts:
        more = f" ({len(found.doubts) - 1} more)" if len(found.doubts) > 1 else ""
        yield warning(
            ABOUT,
            f"The file holds, and may not mean it: {found.doubts[0]}{more}",
            "`sla config check` names every doubt.",
        )
    for what, why in found.unset.items():
        yield fault(ABOUT, f"{what}: {why}.", "Set it where the service runs, and restart it.")


def _in_force(found: Promises) -> str:
    if not found.asked:
        return ""
    if found.in_force is None:
        return "; none is in force yet, the first start takes it"
    if found.is_the_file:
        return f"; version {found.in_force} is in force"
    return f"; version {found.in_force} is in force, and the next start takes the file"


def _first(error: str) -> str:
    first, *others = error.splitlines()
    return f"{first} ({len(others)} more)" if others else first
