"""Panels that several dashboards have, and the short way to write one."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate
from deploy.observability.panels import Panel, Query


def lines(title: str, unit: str, meaning: str, *queries: tuple[str, str], most: float | None = None) -> Panel:
    return Panel(title, tuple(Query(*each) for each in queries), unit, meaning, most)


def stat(title: str, unit: str, meaning: str, expression: str, most: float | None = None) -> Panel:
    return Panel(title, (Query(expression),), unit, meaning, most, stat=True)


LIVE = stat("Edges alive", "short", "As many as you run.", most("verdict_fleet_edges", labels='state="live"'))
LOST = stat(
    "Edges behind or lost",
    "short",
    "0. Settings, Edges names them.",
    most("verdict_fleet_edges", labels='state="behind"') + " + " + most("verdict_fleet_edges", labels='state="lost"'),
    1,
)
UNPUBLISHED = stat(
    "Oldest unpublished change",
    "s",
    "0, or a second while somebody edits.",
    most("verdict_relay_unpublished_age_seconds"),
    5,
)
LAG = stat("Loader's lag", "s", "Seconds. Results are behind by this.", most("verdict_loader_lag_seconds"), 60)
EDGE_TIME = lines(
    "Time to answer",
    "s",
    "p99 below 10 ms at 2,000 requests a second and pod.",
    (quantile(0.5, "verdict_edge_fast_request_duration_seconds"), "p50"),
    (quantile(0.99, "verdict_edge_fast_request_duration_seconds"), "p99"),
    (quantile(0.9, "verdict_edge_loop_wait_seconds"), "p90 of waits before"),
    most=0.01,
)
EVALUATIONS = lines(
    "Requests of the edges",
    "reqps",
    "As your applications ask; 304 are bulk requests whose answer is unchanged.",
    (rate("verdict_edge_fast_requests_total", "route, status"), "{{route}} {{status}}"),
)
EVENTS_IN = lines(
    "Events taken",
    "cps",
    "By type. A fall to nothing is an ingestor away, or a release that sends none.",
    (rate("verdict_events_accepted_total", "type"), "{{type}}"),
)
