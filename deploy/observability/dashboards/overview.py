"""The dashboard to begin with."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, of, rate, total
from deploy.observability.dashboards.shared import (
    EDGE_TIME,
    EVALUATIONS,
    EVENTS_IN,
    LAG,
    LIVE,
    LOST,
    UNPUBLISHED,
    lines,
    stat,
)
from deploy.observability.panels import Dashboard, Row

OVERVIEW = Dashboard(
    "verdict-overview",
    "Verdict / Overview",
    "Is everything well, and where do I look next?",
    (
        Row("Now", (LIVE, LOST, UNPUBLISHED, LAG)),
        Row(
            "Not well",
            (
                stat(
                    "Without the bus",
                    "short",
                    "0 processes.",
                    f"count({of('verdict_bus_connected')} == 0) or vector(0)",
                    1,
                ),
                stat(
                    "Silent processes",
                    "short",
                    "0 that are there and tell nothing.",
                    f"count({of('up')} == 0) or vector(0)",
                    1,
                ),
                stat(
                    "Streams not ready",
                    "short",
                    "0 that are missing and can't be made.",
                    f"count({of('verdict_stream_ready')} == 0) or vector(0)",
                    1,
                ),
                stat(
                    "Dead letters",
                    "short",
                    "0. Each is an event that nobody could store.",
                    most("verdict_dead_letters_stored"),
                    1,
                ),
                stat(
                    "Stored events lost",
                    "short",
                    "0; 1 until somebody settles it.",
                    most("verdict_warehouse_events_lost"),
                    1,
                ),
            ),
        ),
        Row(
            "What people notice",
            (
                EVALUATIONS,
                EDGE_TIME,
                EVENTS_IN,
                lines(
                    "Failing in the background",
                    "cps",
                    "None that goes on: each is begun again, and the log says why.",
                    (rate("verdict_background_failures_total", "component, work"), "{{component}} {{work}}"),
                ),
            ),
        ),
        Row(
            "Every service",
            (
                lines(
                    "Answers with 5xx",
                    "reqps",
                    "None. 503 with Retry-After tells that a store is away.",
                    (
                        rate("verdict_http_requests_total", "component, status", 'status=~"5.."'),
                        "{{component}} {{status}}",
                    ),
                ),
                lines(
                    "Memory",
                    "bytes",
                    "Flat under a steady load.",
                    (total("process_resident_memory_bytes", "pod"), "{{pod}}"),
                ),
                lines(
                    "CPU",
                    "short",
                    "Cores; below the pod's limit.",
                    (rate("process_cpu_seconds_total", "pod"), "{{pod}}"),
                ),
                lines(
                    "Clock beside the bus's",
                    "s",
                    "Within five seconds either way.",
                    (f"max by (pod) (abs({of('verdict_clock_skew_seconds')}))", "{{pod}}"),
                    most=5,
                ),
                lines(
                    "Spans lost",
                    "short",
                    "None where traces are on: a second's share that the collector never got.",
                    (rate("verdict_trace_spans_lost_total", "component, reason"), "{{component}} {{reason}}"),
                ),
            ),
        ),
    ),
)
