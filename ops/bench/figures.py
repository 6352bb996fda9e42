"""What a measurement says: named figures with their samples, and how the machine was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, a sample a round."""

    name: str
    label: str
    unit: str
    samples: tuple[float, ...]
    base: str | None = None
    """The figure that this one is shown as a multiple of."""

    @property
    def median(self) -> float:
        return median(self.samples)


def by_name(figures: Iterable[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]
