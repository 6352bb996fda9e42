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


TARGETS: tuple[Target, ...] = (
    Target(
        "append with decisions, share of COPY",
        "",
        "append.existing",
        1 / 8,
        1 / 4,
        share_of="append.copy",
    ),
    Target("HTTP batches, new tickets", "/s", "http.new", 5_000, 10_000),
    Target("HTTP batches, existing tickets", "/s", "http.existing", 5_000, 10_000),
    Target("HTTP batches, 10 % duplicates", "/s", "http.duplicates", 5_000, 10_000),
    _at_most("projections caught up after, new", "s", "http.new.caught_up", 5),
    _at_most("projections caught up after, existing", "s", "http.existing.caught_up", 5),
    Target(
        "single-ticket clients, share of a no-op",
        "",
        "clients.tickets",
        0.3,
        0.5,
        share_of="clients.no_op",
    ),
    _at_most("single-ticket clients, p99", "ms", "clients.tickets.p99", 250, 120),
    Target("all projections on a backlog", "/s", "projections.together", 15_000, 30_000),
    _at_most("idle tick, 300,000 tickets", "ms", "idle.many", 3, 1, needs="idle_many"),
    _at_most(
        "  of that with 10,000", "x", "idle.many", 1.5, share_of="idle.few", needs="idle_many"
    ),
    _at_most("10,000 clocks due at once, raised", "s", "due.raised", 3, 1.5, needs="due"),
    _at_most("alert lateness, p99", "ms", "lateness.p99", 500, 100),
    Target(
        "500 subscribers, got everything", "%", "subscribers.complete", 100, needs="subscribers"
    ),
    _at_most("memory after 300,000 tickets", "MB", "memory.after", 250, 150, needs="tickets"),
)
