"""How long things took is counted as Prometheus counts it."""

from prometheus_client import generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from ops.metrics.histogram import Histogram


def test_a_bucket_counts_all_that_took_at_most_so_long() -> None:
    found = Histogram((0.1, 1.0))
    for seconds, times in ((0.05, 1), (0.1, 2), (0.5, 10), (7.0, 100)):
        found.observe(seconds, times)
    assert found.buckets() == [("0.1", 3), ("1.0", 13), ("+Inf", 113)]
    assert round(found.sum, 6) == 705.25


def test_what_a_clock_that_was_set_back_makes_negative_is_no_time_at_all() -> None:
    found = Histogram((0.1,))
    found.observe(-5)
    assert (found.buckets(), found.sum) == ([("0.1", 1), ("+Inf", 1)], 0)


def test_it_is_shown_as_the_library_shows_its_own() -> None:
    class One(Collector):
        def collect(self) -> list[HistogramMetricFamily]:
            family = HistogramMetricFamily("took_seconds", "How long.")
            found = Histogram((0.1,))
            found.observe(0.05)
            family.add_metric([], found.buckets(), found.sum)
            return [family]

    registry = CollectorRegistry()
    registry.register(One())
    text = generate_latest(registry).decode()
    assert 'took_seconds_bucket{le="0.1"} 1.0' in text
    assert "took_seconds_count 1.0" in text
