"""The dashboard of results, guards and exports."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate, total
from deploy.observability.dashboards.shared import lines
from deploy.observability.panels import Dashboard, Row

ANALYTICS = Dashboard(
    "verdict-analytics",
    "Verdict / Analytics",
    "Are results, exports and guards at work?",
    (
        Row(
            "Answers",
            (
                lines(
                    "Requests",
                    "reqps",
                    "By route and status.",
                    (
                        rate("verdict_http_requests_total", "route, status", 'component="analytics"'),
                        "{{route}} {{status}}",
                    ),
                ),
                lines(
                    "Time to answer",
                    "s",
                    "Results below two seconds.",
                    (
                        quantile(0.95, "verdict_http_request_duration_seconds", "route", 'component="analytics"'),
                        "p95 {{route}}",
                    ),
                    most=2,
                ),
                lines(
                    "Previews of a change",
                    "s",
                    "Below a second; a preview without an answer blocks nobody.",
                    (quantile(0.95, "verdict_impact_answer_seconds", "outcome"), "p95 {{outcome}}"),
                ),
            ),
        ),
        Row(
            "Guards",
            (
                lines(
                    "Oldest look",
                    "s",
                    "Below FF_MONITOR_LOOK_SECONDS twice over.",
                    (most("verdict_monitor_look_age_seconds"), "age"),
                    most=60,
                ),
                lines("A look takes", "s", "Seconds.", (quantile(0.95, "verdict_monitor_look_seconds"), "p95")),
                lines(
                    "Verdicts",
                    "cps",
                    "published.",
                    (rate("verdict_monitor_verdicts_total", "outcome"), "{{outcome}}"),
                    (rate("verdict_monitor_looks_failed_total"), "looks that failed"),
                ),
                lines(
                    "Who looks",
                    "short",
                    "One monitor.",
                    (total("verdict_monitor_term_held"), "monitors in office"),
                    (most("verdict_monitor_rollouts_watched"), "rollouts watched"),
                ),
            ),
        ),
        Row(
            "Exports and snapshots",
            (
                lines(
                    "Export runs",
                    "cps",
                    "succeeded.",
                    (rate("verdict_export_runs_total", "status"), "{{status}}"),
                    (rate("verdict_export_failures_total"), "not looked after"),
                ),
                lines(
                    "Snapshots that failed", "cps", "None.", (rate("verdict_result_snapshot_failures_total"), "failed")
                ),
                lines("Stored events lost", "short", "0.", (most("verdict_warehouse_events_lost"), "lost"), most=1),
            ),
        ),
    ),
)
