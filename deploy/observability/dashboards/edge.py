"""The dashboard of edges."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate, spread, total
from deploy.observability.dashboards.shared import EDGE_TIME, EVALUATIONS, lines
from deploy.observability.panels import Dashboard, Row

EDGE = Dashboard(
    "verdict-edge",
    "Verdict / Edge",
    "Do applications get decisions, quickly and of the newest configuration?",
    (
        Row(
            "Answers",
            (
                EVALUATIONS,
                EDGE_TIME,
                lines(
                    "Requests off the fast path",
                    "reqps",
                    "Few; those that FastAPI serves, and all that is refused.",
                    (
                        rate("verdict_http_requests_total", "route, status", 'component="edge-evaluator"'),
                        "{{route}} {{status}}",
                    ),
                ),
            ),
        ),
        Row(
            "Configuration",
            (
                lines(
                    "Age",
                    "s",
                    "Below ten seconds; it rises while the bus is away, and what is held stays in use.",
                    (most("verdict_edge_config_age_seconds", "project, environment"), "{{project}} {{environment}}"),
                    most=60,
                ),
                lines(
                    "Delay from publication",
                    "s",
                    "p99 below five seconds on every edge.",
                    (quantile(0.5, "verdict_edge_config_delay_seconds"), "p50"),
                    (quantile(0.99, "verdict_edge_config_delay_seconds"), "p99"),
                    most=5,
                ),
                lines(
                    "Versions between pods",
                    "short",
                    "0: all serve the same.",
                    (
                        spread("verdict_edge_config_version", "environment_id"),
                        "{{environment_id}}",
                    ),
                    most=1,
                ),
                lines(
                    "Not taken or not usable",
                    "cps",
                    "None.",
                    (rate("verdict_config_rejected_total", "reason", 'component="edge-evaluator"'), "{{reason}}"),
                    (rate("verdict_edge_config_unusable_total", "kind"), "unusable {{kind}}"),
                    (rate("verdict_edge_environment_failures_total", "work"), "failed {{work}}"),
                    (
                        rate("verdict_edge_invalid_combinations_total", "environment"),
                        "overrides apart: {{environment}}",
                    ),
                    (
                        rate("verdict_edge_snapshots_total", "outcome", 'outcome=~"failed|unusable"'),
                        "snapshot {{outcome}}",
                    ),
                ),
            ),
        ),
        Row(
            "Streams and calls",
            (
                lines(
                    "Event streams",
                    "short",
                    "One for each SDK that is connected.",
                    (total("verdict_edge_event_streams_open", "pod"), "{{pod}}"),
                ),
                lines(
                    "Streams dropped",
                    "cps",
                    "Few: clients that don't read.",
                    (rate("verdict_edge_event_streams_dropped_total", "pod"), "{{pod}}"),
                ),
                lines(
                    "gRPC",
                    "reqps",
                    "OK.",
                    (rate("verdict_edge_grpc_calls_total", "method, status"), "{{method}} {{status}}"),
                ),
                lines(
                    "Answers kept",
                    "bytes",
                    "Bounded by FF_EDGE_KEPT_ANSWERS_BYTES_MAX.",
                    (total("verdict_edge_kept_answers_bytes", "pod"), "{{pod}}"),
                ),
            ),
        ),
        Row(
            "What the edges send",
            (
                lines(
                    "Exposures",
                    "cps",
                    "Sent, and known already; lost ones are an alarm.",
                    (rate("verdict_edge_exposures_sent_total"), "sent"),
                    (rate("verdict_edge_exposures_repeated_total"), "seen before"),
                    (rate("verdict_edge_exposures_dropped_total", "reason"), "lost: {{reason}}"),
                ),
                lines(
                    "Waiting",
                    "short",
                    "Near nothing; it rises while ingestors are away.",
                    (total("verdict_edge_exposures_buffered", "pod"), "{{pod}}"),
                ),
                lines(
                    "Usage",
                    "cps",
                    "Evaluations in summaries.",
                    (rate("verdict_edge_usage_sent_total"), "sent"),
                    (rate("verdict_edge_usage_lost_total", "reason"), "lost: {{reason}}"),
                ),
                lines(
                    "Events passed on",
                    "reqps",
                    "202.",
                    (rate("verdict_edge_event_requests_total", "status"), "{{status}}"),
                ),
            ),
        ),
    ),
)
