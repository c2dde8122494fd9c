"""Telemetry of the fast path: plain integers, told to Prometheus when it asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from edge_evaluator.memory.kept_answers import KeptAnswers

_BOUNDS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1)
_SINGLE_ROUTE = "/ofrep/v1/evaluate/flags/{key}"
_BULK_ROUTE = "/ofrep/v1/evaluate/flags"
_STREAM_ROUTE = "/ofrep/v1/events"


class FastPathTelemetry(Collector):
    """Requests answered without FastAPI; those that it serves are in `verdict_http_requests_total`."""

    def __init__(self, kept_answers: KeptAnswers) -> None:
        self._kept_answers = kept_answers
        self.single = 0
        self.bulk = 0
        self.kept = 0
        self.unmodified = 0
        self.streams = 0
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Time from a whole request to its answer."""
        self._seconds += seconds
        self._buckets[bisect_left(_BOUNDS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "verdict_edge_fast_requests", "Requests answered by the fast path", labels=["route", "status"]
        )
        requests.add_metric([_SINGLE_ROUTE, "200"], self.single)
        requests.add_metric([_BULK_ROUTE, "200"], self.bulk)
        requests.add_metric([_BULK_ROUTE, "304"], self.unmodified)
        requests.add_metric([_STREAM_ROUTE, "200"], self.streams)
        yield requests
        yield CounterMetricFamily(
            "verdict_edge_kept_answers_found", "Bulk requests answered by a kept answer", self.kept
        )
        held = self._kept_answers.held_bytes
        yield GaugeMetricFamily("verdict_edge_kept_answers_bytes", "Memory that kept answers take", held)
        total = 0
        cumulated: list[tuple[str, float]] = []
        for bound, counted in zip((*map(str, _BOUNDS), "+Inf"), self._buckets, strict=True):
            total += counted
            cumulated.append((bound, total))
        seconds = HistogramMetricFamily("verdict_edge_fast_request_duration_seconds", "Time to answer on the fast path")
        seconds.add_metric([], cumulated, self._seconds)
        yield seconds
