"""What a metric is: its name, kind and words, and how it is read where its number is kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from ops.metrics.histogram import Histogram

Kept = TypeVar("Kept")
Values = Mapping[tuple[str, ...], float]
Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Meaning(Generic[Kept]):
    """A number, or one for each of the labels' values, read from what keeps it."""

    kind: Kind
    name: str
    """A counter's without `_total`."""
    says: str
    read: Callable[[Kept], float | Values | Mapping[tuple[str, ...], Histogram] | None]
    """By the labels' values; one number where there are no labels, None: there is none now."""
    labels: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name as it is asked for."""
        return f"{self.name}_total" if self.kind == "counter" else self.name

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        ends = ("_bucket", "_count", "_sum")
        return tuple(self.name + end for end in ends) if self.kind == "histogram" else (self.shown,)

    def family(self, kept: Kept) -> Metric:
        """All of it as of now; its name and words also where there is no number."""
        found = self.read(kept)
        values = found if isinstance(found, Mapping) else {} if found is None else {(): found}
        if self.kind == "histogram":
            family = HistogramMetricFamily(self.name, self.says, labels=self.labels)
            for labels, one in values.items():
                assert isinstance(one, Histogram)
                family.add_metric(labels, one.buckets(), one.sum)
            return family
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        numbers = kind(self.name, self.says, labels=self.labels)
        for labels, one in values.items():
            assert not isinstance(one, Histogram)
            numbers.add_metric(labels, one)
        return numbers


def families(meanings: Iterable[Meaning[Kept]], kept: Kept) -> Iterator[Metric]:
    """All of them as of now."""
    return (one.family(kept) for one in meanings)


def by_one(numbers: Mapping[str, float]) -> Values:
    """By the only label."""
    return {(name,): number for name, number in numbers.items()}


def ones(names: Iterable[str]) -> Values:
    """1 for each."""
    return {(name,): 1 for name in names}
