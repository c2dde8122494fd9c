"""Prometheus metrics: a registry per process, its `/metrics`, and what every HTTP service counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from service_kit.log_volume import left_out_total
from service_kit.operations import Operations

LEVELS_LEFT_OUT = ("WARNING", "ERROR", "INFO", "DEBUG")
LATENCY_BUCKETS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


GAUGE_MODES = {
    "process_virtual_memory_bytes": "livesum",
    "process_resident_memory_bytes": "livesum",
    "process_open_fds": "livesum",
    "process_max_fds": "livemin",
    "process_start_time_seconds": "livemin",
}
"""What the process's own gauges are of several workers."""


class ServiceRegistry(CollectorRegistry):
    """Knows what each gauge is of several workers: `livesum`, `livemin` or `livemax`, as it was made
    (`multiprocess_mode`)."""

    def __init__(self) -> None:
        super().__init__()
        self.gauge_modes = dict(GAUGE_MODES)

    def register(self, collector: Collector) -> None:
        super().register(collector)
        if isinstance(collector, Gauge):
            self.gauge_modes[collector._name] = collector._multiprocess_mode


def new_registry() -> CollectorRegistry:
    """A registry with the process's own figures (memory, CPU, collector, log)."""
    registry = ServiceRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(LogFigures())
    return registry


class LogFigures(Collector):
    """What the log of this process leaves out."""

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "verdict_log_lines_left_out",
            "Lines of the log that there was no room for: one event, or one of whom it is about, had too many",
            labels=["level"],
        )
        for level in LEVELS_LEFT_OUT:
            family.add_metric([level], left_out_total[level])
        yield family


class HttpTelemetry:
    """Requests by route, method and status, and their time in seconds by route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "verdict_http_requests_total", "Requests served", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "verdict_http_request_duration_seconds",
            "Time to serve a request",
            ["method", "route"],
            buckets=LATENCY_BUCKETS_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "verdict_http_requests_in_flight", "Requests being served", registry=registry, multiprocess_mode="livesum"
        )


def metrics_operations(exposition: Callable[[], Awaitable[bytes]]) -> Operations:
    """`exposition`: the figures as Prometheus reads them."""
    operations = Operations("health")

    @operations.get("/metrics", summary="Prometheus metrics", content=None)
    async def metrics(_: Request) -> Response:
        return Response(await exposition(), media_type=CONTENT_TYPE_LATEST)

    return operations
