"""The environment's variables: those that nobody reads, and those that cannot be used."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ops.doctor.finding import Finding, fault, ok, warning

ABOUT = "environment"
OURS = "SLA_"
"""What begins so is meant for us."""
CLOSE = 0.85
"""So alike a name must be to be called a misspelling: others are somebody else's."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What was found; no values, which may be secrets."""

    names: Collection[str]
    """Of the variables that are set, in capitals."""
    known: Collection[str]
    """Those that this program reads, in capitals."""
    named: Collection[str] = ()
    """Those that the configuration names, as it does."""
    errors: Sequence[str] = ()
    """Why it cannot be used, a line for each variable."""
    tokens: str | None = None
    """Why the tokens cannot be read."""
    guarded: bool = True
    """Whether anybody has to show who it is: by a token, or by a proxy's word."""
    public: bool = False
    """Whether people reach the service under an address of its own."""
    links_without_home: bool = False
    """Whether there is a key for links, and no address that they could lead to."""
    debug: bool = False


def judged(found: Environment) -> Iterator[Finding]:
    """Misspelt variables first: they explain the rest."""
    bad = [*_unread(found)]
    yield from bad
    for line in found.errors:
        yield fault(ABOUT, f"{line}.", "Nothing starts like that: mend it where it is set.")
    if found.tokens:
        yield fault(ABOUT, found.tokens, "Nothing starts like that: mend it where it is set.")
    if found.public and not found.guarded and not found.errors:
        yield warning(
            ABOUT,
            "PUBLIC_URL is set, and no token: whoever reaches that address may read and change"
            " everything.",
            "Set API_TOKENS, or let a proxy ask who it is.",
        )
    if found.links_without_home:
        yield warning(
            ABOUT,
            "SLA_LINK_KEY is set, and PUBLIC_URL is not: messages have no links.",
            "Set PUBLIC_URL to where people reach the service.",
        )
    if found.debug:
        yield warning(
            ABOUT,
            "DEBUG is on: whoever meets a mistake is shown the program's inside.",
            "Unset it but on a machine of your own.",
        )
    if not bad and not found.errors and not found.tokens:
        ours = sum(name in found.known or name in found.named for name in found.names)
        yield ok(ABOUT, f"{ours} of our variables set, all known" if ours else "all as by default")


def _unread(found: Environment) -> Iterator[Finding]:
    for name in sorted(set(found.names) - {*found.known, *(one.upper() for one in found.named)}):
        close = get_close_matches(name, found.known, n=1, cutoff=CLOSE)
        if close and close[0] not in found.names:
            yield warning(
                ABOUT,
                f"{name} is set, and nothing reads it.",
                f"Did you mean {close[0]}? That one is not set.",
            )
        elif name.startswith(OURS):
            yield warning(
                ABOUT,
                f"{name} is set, and nothing reads it.",
                "The README lists the variables that there are; unset this one.",
            )
