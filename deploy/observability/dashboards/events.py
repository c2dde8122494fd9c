"""The dashboard of the way from an event to a row."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate, total
from deploy.observability.dashboards.shared import EVENTS_IN, LAG, lines, stat
from deploy.observability.panels import Dashboard, Row

EVENTS = Dashboard(
    "verdict-events",
    "Verdict / Events",
    "Is each event taken, stored and counted, and how long does that take?",
    (
        Row(
            "Now",
            (
                LAG,
                stat("Waiting on the stream", "short", "Thousands at most.", most("verdict_loader_lag_messages")),
                stat("Dead letters", "short", "0.", most("verdict_dead_letters_stored"), 1),
                stat(
                    "Missing",
                    "short",
                    "0: stored and set aside are what was accepted.",
                    total("verdict_reconciliation_missing_events"),
                    1,
                ),
            ),
        ),
        Row(
            "Taken",
            (
                EVENTS_IN,
                lines(
                    "Refused for what is in them",
                    "cps",
                    "Few; a release that sends wrong ones shows here.",
                    (rate("verdict_events_rejected_total", "code"), "{{code}}"),
                ),
                lines(
                    "Warned of",
                    "cps",
                    "Names that are not there.",
                    (rate("verdict_event_warnings_total", "code"), "{{code}}"),
                ),
                lines(
                    "Not taken now",
                    "reqps",
                    "None: 429 and 503, with Retry-After.",
                    (
                        rate("verdict_http_requests_total", "status", 'component="event-ingestor", status=~"5..|429"'),
                        "answered {{status}}",
                    ),
                    (rate("verdict_event_requests_unstored_total", "code"), "{{code}}"),
                    (rate("verdict_event_requests_limited_total", "limit"), "over {{limit}}"),
                ),
            ),
        ),
        Row(
            "Stored on the bus",
            (
                lines(
                    "Time to acknowledge",
                    "s",
                    "p99 below 50 ms.",
                    (quantile(0.5, "verdict_event_publish_seconds"), "p50"),
                    (quantile(0.99, "verdict_event_publish_seconds"), "p99"),
                ),
                lines(
                    "Messages",
                    "cps",
                    "stored; repeated ones count once.",
                    (rate("verdict_event_messages_total", "outcome"), "{{outcome}}"),
                    (rate("verdict_event_publish_errors_total", "reason"), "error {{reason}}"),
                ),
                lines(
                    "Nothing could be stored for",
                    "s",
                    "0.",
                    (most("verdict_event_publish_failing_seconds", "pod"), "{{pod}}"),
                    most=10,
                ),
                lines(
                    "Under way",
                    "bytes",
                    "Below FF_EVENTS_IN_FLIGHT_BYTES of each pod.",
                    (total("verdict_event_in_flight_bytes", "pod"), "{{pod}}"),
                ),
            ),
        ),
        Row(
            "Loaded into ClickHouse",
            (
                lines("Rows", "cps", "By table.", (rate("verdict_loader_rows_total", "table"), "{{table}}")),
                lines(
                    "Time to store a batch",
                    "s",
                    "Seconds.",
                    (quantile(0.5, "verdict_loader_store_seconds"), "p50"),
                    (quantile(0.99, "verdict_loader_store_seconds"), "p99"),
                ),
                lines(
                    "From receipt to stored",
                    "s",
                    "Below a minute.",
                    (most("verdict_loader_batch_age_seconds", "pod"), "{{pod}}"),
                    most=60,
                ),
                lines(
                    "Again or set aside",
                    "cps",
                    "None that go on.",
                    (rate("verdict_loader_retries_total", "part"), "{{part}} away"),
                    (rate("verdict_loader_redelivered_messages_total"), "redelivered"),
                    (rate("verdict_loader_dead_letters_total", "reason"), "dead letter: {{reason}}"),
                ),
            ),
        ),
    ),
)
