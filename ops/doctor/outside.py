"""The places that messages go to: whether each can be reached, without sending anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.doctor.finding import Finding, fault, ok, warning

ABOUT = "channels"


@dataclass(frozen=True, slots=True)
class Try:
    """One place, and what came of connecting to it."""

    host: str
    """Nothing else of the address: the rest may be a secret."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """Those that something is sent to, by name."""

    unreachable: Mapping[str, str]
    """Without a usable address, and why."""
    tried: Mapping[str, Sequence[Try]]
    """With the places of each; none where they cannot be known."""


def judged(found: Channels) -> Iterator[Finding]:
    """What is lacking, then what does not answer."""
    for name, why in found.unreachable.items():
        yield fault(
            ABOUT,
            f"Nothing can be sent to {name}: {why}.",
            "Set it where the service runs, and restart it. What was given up meanwhile is sent by"
            f" `sla outbox replay --channel {name}`.",
        )
    failed = {
        (name, one.host): one.error
        for name, tries in found.tried.items()
        for one in tries
        if one.error
    }
    for (name, host), error in failed.items():
        yield fault(
            ABOUT,
            f"{name} cannot be reached from here: {host}: {error}.",
            "See that its address is right, and that a firewall or proxy lets this machine out.",
        )
    if not found.unreachable and not failed:
        reached = [name for name, tries in found.tried.items() if tries]
        others = len(found.tried) - len(reached)
        unknown = f"; {others} could not be looked at" if others else ""
        if found.tried:
            yield ok(ABOUT, f"reached, nothing sent: {', '.join(reached) or 'none'}{unknown}")
        else:
            yield warning(
                ABOUT,
                "Nothing is sent to any channel: nobody is told of alerts.",
                "Name one in `notifications` of the configuration, or set SLACK_WEBHOOK_URL.",
            )
