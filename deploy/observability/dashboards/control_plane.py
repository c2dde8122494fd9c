"""The dashboard of what people and programs manage."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate, slowest, total
from deploy.observability.dashboards.shared import lines
from deploy.observability.panels import Dashboard, Row

CONTROL_PLANE = Dashboard(
    "verdict-control-plane",
    "Verdict / Control plane",
    "Can people and programs manage flags, and does what is scheduled happen?",
    (
        Row(
            "Answers",
            (
                lines(
                    "Requests",
                    "reqps",
                    "By status.",
                    (rate("verdict_http_requests_total", "status", 'component="control-plane"'), "{{status}}"),
                ),
                lines(
                    "Time to answer",
                    "s",
                    "p95 below 150 ms.",
                    (
                        quantile(0.5, "verdict_http_request_duration_seconds", labels='component="control-plane"'),
                        "p50",
                    ),
                    (
                        quantile(0.95, "verdict_http_request_duration_seconds", labels='component="control-plane"'),
                        "p95",
                    ),
                    most=0.15,
                ),
                lines(
                    "Slowest routes",
                    "s",
                    "p95.",
                    (
                        slowest("control-plane"),
                        "{{route}}",
                    ),
                ),
                lines(
                    "Being served",
                    "short",
                    "Few.",
                    (total("verdict_http_requests_in_flight", "pod"), "{{pod}}"),
                    (total("verdict_propagation_waiting"), "waiting for edges"),
                ),
            ),
        ),
        Row(
            "Rollouts",
            (
                lines(
                    "Who schedules",
                    "short",
                    "One.",
                    (total("verdict_schedule_leading"), "schedulers in office"),
                    (most("verdict_rollout_steps_due"), "steps due"),
                ),
                lines(
                    "Steps",
                    "cps",
                    "taken, completed.",
                    (rate("verdict_rollout_steps_total", "outcome"), "{{outcome}}"),
                ),
                lines(
                    "Lateness of steps",
                    "s",
                    "p95 below five seconds.",
                    (quantile(0.95, "verdict_rollout_step_lateness_seconds"), "p95"),
                    most=5,
                ),
                lines(
                    "Guards' verdicts",
                    "cps",
                    "quiet, acted.",
                    (rate("verdict_guard_verdicts_total", "outcome"), "{{outcome}}"),
                    (rate("verdict_guard_verdicts_refused_total", "reason"), "refused: {{reason}}"),
                    (rate("verdict_guard_incidents_total", "done"), "incident: {{done}}"),
                ),
            ),
        ),
        Row(
            "From a verdict to the edge",
            (
                lines(
                    "Acted after",
                    "s",
                    "p95 below a second.",
                    (quantile(0.95, "verdict_guard_acted_after_seconds"), "p95"),
                ),
                lines(
                    "Oldest verdict that waits",
                    "s",
                    "0.",
                    (most("verdict_guard_verdicts_waiting_age_seconds"), "age"),
                    most=30,
                ),
                lines(
                    "Acts for the audit log",
                    "s",
                    "0 seconds wait.",
                    (most("verdict_acts_waiting_age_seconds"), "oldest"),
                    (rate("verdict_acts_refused_total"), "refused a second"),
                ),
                lines(
                    "Browsers' reports",
                    "cps",
                    "None: what a page was kept from.",
                    (rate("verdict_csp_reports_total", "directive"), "{{directive}}"),
                ),
            ),
        ),
        Row(
            "Webhooks and quotas",
            (
                lines(
                    "Attempts",
                    "cps",
                    "delivered.",
                    (rate("verdict_webhook_attempts_total", "outcome"), "{{outcome}}"),
                    (rate("verdict_webhook_pauses_total", "reason"), "paused: {{reason}}"),
                ),
                lines("Overdue", "s", "0.", (most("verdict_webhook_overdue_seconds"), "oldest"), most=300),
                lines("Waiting", "short", "Near nothing.", (most("verdict_webhook_deliveries_waiting"), "deliveries")),
                lines(
                    "Quotas",
                    "cps",
                    "None refused.",
                    (rate("verdict_quota_refusals_total", "quota"), "refused: {{quota}}"),
                    (rate("verdict_quota_warnings_total", "quota"), "near: {{quota}}"),
                ),
            ),
        ),
    ),
)
