"""What the product promises of itself, and what this run says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ops.bench.figures import Figure
from ops.bench.scale import FULL, Scale

Verdict = Literal["hoped", "reached", "short"]


@dataclass(frozen=True, slots=True)
class Target:
    """One promise about a figure, or about its share of another."""

    label: str
    unit: str
    figure: str
    target: float
    hoped: float | None = None
    share_of: str | None = None
    at_least: bool = True
    needs: str | None = None
    """The amount of the scale without which the figure says nothing about it."""

    @property
    def part(self) -> str:
        """The part of the bench that measures it."""
        return self.figure.partition(".")[0]

    def value(self, figures: Mapping[str, Figure], scale: Scale) -> float | None:
        """None when it was not measured, or not at the promised size."""
        if self.needs is not None and getattr(scale, self.needs) < getattr(FULL, self.needs):
            return None
        figure = figures.get(self.figure)
        if figure is None or self.share_of is None:
            return None if figure is None else figure.median
        base = figures.get(self.share_of)
        return None if base is None or not base.median else figure.median / base.median

    def verdict(self, value: float) -> Verdict:
        if self.hoped is not None and self._within(value, self.hoped):
            return "hoped"
        return "reached" if self._within(value, self.target) else "short"

    def _within(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit


def _at_most(
    label: str,
    unit: str,
    figure: str,
    target: float,
    hoped: float | None = None,
    *,
    share_of: str | None = None,
    needs: str | None = None,
) -> Target:
    return Target(label, unit, figure, target, hoped, share_of, at_least=False, needs=needs)


def _at_least(
    label: str, figure: str, target: float, hoped: float, *, share_of: str | None = None
) -> Target:
    return Target(label, "" if share_of else "/s", figure, target, hoped, share_of)


COPY = "append.copy"

TARGETS: tuple[Target, ...] = (
    _at_least("append with decisions, of COPY", "append.existing", 0.2, 0.3, share_of=COPY),
    _at_least(
        "HTTP batches, existing tickets, of COPY", "http.existing", 0.17, 0.25, share_of=COPY
    ),
    _at_least("HTTP batches, real incidents, of COPY", "http.real", 0.2, 0.3, share_of=COPY),
    _at_least(
        "late updates, of those in order", "append.late", 0.7, 0.9, share_of="append.existing"
    ),
    _at_least(
        "updates dated ahead, of those in order",
        "append.future",
        0.7,
        0.9,
        share_of="append.existing",
    ),
    _at_most("processor time an update", "µs", "http.existing.cpu", 300, 200),
    _at_most("bytes an update, all in", "B", "http.existing.bytes", 4_100, 2_700),
    _at_most("projections caught up after, new", "s", "http.new.caught_up", 5),
    _at_most("projections caught up after, existing", "s", "http.existing.caught_up", 5),
    _at_least(
        "single-ticket clients, of a no-op", "clients.tickets", 0.3, 0.5, share_of="clients.no_op"
    ),
    _at_most("single-ticket clients, p99", "ms", "clients.tickets.p99", 250, 120),
    _at_least(
        "all projections on a backlog, of COPY", "projections.together", 0.45, 0.6, share_of=COPY
    ),
    _at_most("idle tick, 300,000 tickets", "ms", "idle.many", 3, 1, needs="idle_many"),
    _at_most(
        "  of that with 10,000", "x", "idle.many", 1.5, share_of="idle.few", needs="idle_many"
    ),
    _at_most("10,000 clocks due at once, raised", "s", "due.raised", 1.5, 1, needs="due"),
    _at_most("  and on the read side", "s", "due.shown", 2.5, 1.5, needs="due"),
    _at_most("alert lateness, p99", "ms", "lateness.p99", 500, 100),
    Target(
        "500 subscribers, got everything", "%", "subscribers.complete", 100, needs="subscribers"
    ),
    _at_least("events that `sla verify` checks", "audit.verify", 20_000, 50_000),
    _at_least("tickets that a what-if folds", "audit.whatif", 2_000, 5_000),
    _at_most("cold start to healthy", "s", "start.healthy", 1.5, 1),
    _at_most("memory after 300,000 tickets", "MB", "memory.after", 250, 150, needs="tickets"),
)
