"""The dashboard of the way from a change to all edges."""

from __future__ import annotations

from deploy.observability.dashboards.queries import most, quantile, rate, total
from deploy.observability.dashboards.shared import LIVE, LOST, UNPUBLISHED, lines
from deploy.observability.panels import Dashboard, Panel, Query, Row

_LEADS = Panel(
    "Relays that lead",
    (
        Query(total("verdict_relay_leading"), "by their own word"),
        Query(most("verdict_relay_led"), "by the database's"),
    ),
    "short",
    "1, and 1: who leads says so, and holds the lease.",
    stat=True,
)

PUBLISHING = Dashboard(
    "verdict-publishing",
    "Verdict / Publishing",
    "Does a change reach every edge, and who is late?",
    (
        Row("Now", (UNPUBLISHED, LIVE, LOST, _LEADS)),
        Row(
            "The relay",
            (
                lines(
                    "Publications",
                    "cps",
                    "One for each environment that changed.",
                    (rate("verdict_relay_publications_total"), "environments"),
                    (rate("verdict_relay_entries_total"), "entries"),
                    (rate("verdict_relay_told_total"), "told while the stream takes nothing"),
                ),
                lines(
                    "Failures",
                    "cps",
                    "None that go on.",
                    (rate("verdict_relay_failures_total"), "looks and publications"),
                    (rate("verdict_relay_status_failures_total"), "status"),
                    (rate("verdict_relay_leases_left_total"), "leases left by who is cut off"),
                ),
                lines(
                    "Blocked",
                    "short",
                    "0: everything is published.",
                    (most("verdict_relay_blocked", "reason"), "{{reason}}"),
                    most=1,
                ),
                lines(
                    "Put right",
                    "cps",
                    "None: each was found wrong by a comparison.",
                    (rate("verdict_relay_drifted_entries_total"), "drifted"),
                    (rate("verdict_relay_repaired_entries_total"), "repaired"),
                    (rate("verdict_relay_stream_changes_total"), "stream changed by others"),
                ),
            ),
        ),
        Row(
            "Edges",
            (
                lines("By state", "short", "All live.", (most("verdict_fleet_edges", "state"), "{{state}}")),
                lines(
                    "Writes that wait for edges",
                    "s",
                    "p95 below a second.",
                    (quantile(0.5, "verdict_propagation_wait_seconds"), "p50"),
                    (quantile(0.95, "verdict_propagation_wait_seconds"), "p95"),
                    most=5,
                ),
                lines(
                    "Outcomes of waits",
                    "cps",
                    "confirmed.",
                    (rate("verdict_propagation_waits_total", "outcome"), "{{outcome}}"),
                ),
                lines(
                    "Heartbeats", "cps", "taken.", (rate("verdict_fleet_heartbeats_total", "outcome"), "{{outcome}}")
                ),
            ),
        ),
        Row(
            "The stream and its followers",
            (
                lines(
                    "CONFIG",
                    "bytes",
                    "Well below what it may hold.",
                    (most("verdict_config_stream_bytes"), "held"),
                    (most("verdict_config_stream_bytes_max"), "may hold"),
                ),
                lines(
                    "Age at followers",
                    "s",
                    "A few seconds.",
                    (most("verdict_config_age_seconds", "component"), "{{component}}"),
                    most=60,
                ),
                lines(
                    "Read anew",
                    "cps",
                    "None that go on.",
                    (rate("verdict_config_rereads_total", "component"), "{{component}} read anew"),
                    (rate("verdict_config_digest_mismatches_total", "component"), "{{component}} differs"),
                    (rate("verdict_config_unconfirmed_total", "component"), "{{component}} without the bus"),
                    (rate("verdict_config_rejected_total", "component, reason"), "{{component}} {{reason}}"),
                ),
                lines(
                    "Kept back",
                    "short",
                    "0: entities that fail their check, environments that nobody knows.",
                    (most("verdict_relay_invalid_entities", "environment"), "invalid in {{environment}}"),
                    (most("verdict_relay_foreign_environments"), "foreign environments"),
                    (most("verdict_relay_blocked_environments"), "blocked environments"),
                    most=1,
                ),
            ),
        ),
    ),
)
