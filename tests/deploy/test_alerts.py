"""Each alert fires when it should and only then, names figures that there are, and has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.alert_rules import (
    CASE_FILES,
    RULES,
    Alert,
    alerts,
    broken,
    cases,
    expressions,
    is_quiet_about_labels,
    only,
    promtool,
    records,
    rules,
    trial,
)
from tests.deploy.promql import CATALOGUE, metrics_of, named

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs/operations/runbooks"
ALERTS = alerts()
CASES = cases()
GOOD = "counts what goes well"
BESIDE = "stands beside what an alert asks, for dashboards and runbooks"
NOT_ALARMED = {
    "verdict_acts_appended_total": GOOD,
    "verdict_background_running": "0 also once work that ends has ended; its failures tell",
    "verdict_config_unconfirmed_total": "the age of the configuration tells when it lasts",
    "verdict_dead_letters_oldest_age_seconds": BESIDE,
    "verdict_dead_letters_stored": BESIDE,
    "verdict_edge_config_delay_seconds": "an edge that starts counts what it finds; the fleet tells who is behind",
    "verdict_edge_config_version": "who is behind is judged at one moment by the fleet",
    "verdict_edge_exposures_repeated_total": GOOD,
    "verdict_edge_exposures_sent_total": GOOD,
    "verdict_edge_kept_answers_bytes": "bounded by a setting",
    "verdict_edge_kept_answers_found_total": GOOD,
    "verdict_edge_usage_sent_total": GOOD,
    "verdict_event_environments_known": "readiness and the age of the configuration tell",
    "verdict_event_in_flight_bytes": "bounded by a setting; who is over it counts as limited",
    "verdict_event_messages_total": GOOD,
    "verdict_event_request_events": "how senders batch",
    "verdict_event_requests_unstored_total": BESIDE,
    "verdict_event_warnings_total": "who sends the names is told in the answer",
    "verdict_guard_incidents_total": "people are told by webhooks and pages: the platform did what it is for",
    "verdict_impact_answer_seconds": "a preview goes on without",
    "verdict_loader_batch_age_seconds": "the lag tells, also while no batch comes",
    "verdict_loader_batches_total": GOOD,
    "verdict_loader_lag_messages": BESIDE,
    "verdict_loader_redelivered_messages_total": "what comes twice counts once",
    "verdict_loader_rows_total": GOOD,
    "verdict_loader_store_seconds": "the lag tells when it is too much",
    "verdict_log_lines_left_out_total": "the log says which, and what is loud has an alert of its own",
    "verdict_monitor_look_seconds": "the age of the looks tells when it is too much",
    "verdict_monitor_rollouts_watched": BESIDE,
    "verdict_propagation_wait_seconds": "waits that are late are counted",
    "verdict_propagation_waiting": "bounded by a setting",
    "verdict_relay_blocked_environments": BESIDE,
    "verdict_relay_comparisons_total": GOOD,
    "verdict_relay_entries_total": GOOD,
    "verdict_relay_epoch": BESIDE,
    "verdict_relay_leases_left_total": "who is cut off is alarmed as disconnected, and another one leads",
    "verdict_relay_publications_total": GOOD,
    "verdict_relay_repaired_entries_total": "what made the stream differ is counted",
    "verdict_relay_told_total": "what waits for the stream is late or failing, which is alarmed",
    "verdict_rollout_steps_due": "lateness tells",
    "verdict_schedule_epoch": BESIDE,
    "verdict_trace_spans_sent_total": GOOD,
    "verdict_trace_spans_waiting": BESIDE,
    "verdict_webhook_attempt_duration_seconds": "of receivers, which are others'",
    "verdict_webhook_attempts_total": "of receivers, which are others'; a pause tells",
    "verdict_webhook_deliveries_total": GOOD,
    "verdict_webhook_deliveries_waiting": BESIDE,
}


def named_by_alerts() -> set[str]:
    return set().union(*(metrics_of(named(each).series) for each in expressions()))


def test_rules_are_well_formed() -> None:
    told = promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("file", CASE_FILES, ids=lambda each: each.stem)
def test_alerts_fire_when_they_should(tmp_path: Path, file: Path) -> None:
    told = trial(tmp_path, only(rules(), f"verdict-{file.stem}"), cases([file]))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each.name)
def test_each_fires_and_stays_quiet_beside(alert: Alert) -> None:
    own = [each for each in CASES if each.alert == alert.name]
    assert {bool(each.summaries) for each in own} == {True, False}
    assert all(each.title.startswith(f"{alert.name}: ") for each in own)


def test_cases_are_of_alerts() -> None:
    assert {each.alert for each in CASES} == {each.name for each in ALERTS}
    assert {f"verdict-{each.stem}" for each in CASE_FILES} == {each.group for each in ALERTS}
    assert len({each.title for each in CASES}) == len(CASES)
    assert [each.title for each in CASES if not all(map(is_quiet_about_labels, each.summaries))] == []


@pytest.mark.parametrize(
    ("alert", "before", "after"),
    [
        ("VerdictPublishingNotLed", "max by", "min by"),
        ("VerdictClockSkew", "> 5", "> 5000"),
        ("VerdictClockSkew", "abs", ""),
        ("VerdictDatabaseAway", "5m", "30s"),
        ("VerdictMonitorLooksLate", "and verdict_monitor_term_held == 1", ""),
        ("VerdictQuotaUsedUp", "offset 15m", "offset 15s"),
        ("VerdictEdgeErrorBudgetFast", "* 3600 > 10", "* 3600 > 1"),
        ("VerdictLoaderBehind", "min by", "max by"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, alert: str, before: str, after: str) -> None:
    asked = [each for each in CASES if each.alert == alert]
    [group] = [each.group for each in ALERTS if each.name == alert]
    assert trial(tmp_path, only(rules(), group, alert), asked).returncode == 0
    told = trial(tmp_path, only(broken(alert, before, after), group, alert), asked)
    assert told.returncode != 0
    assert "FAILED" in told.stdout + told.stderr


@pytest.mark.parametrize("expression", expressions())
def test_expressions_name_figures_and_labels_that_there_are(expression: str) -> None:
    assert named(expression).wrong == ()
    assert set(re.findall(r"\bverdict:\w+:\w+", expression)) <= records().keys()


@pytest.mark.parametrize("expression", expressions())
def test_installations_are_told_apart(expression: str) -> None:
    assert re.findall(r"\b(?:sum|max|min|avg|count)\b(?! by \(namespace)[^(]*\(", expression) == []


def test_each_figure_is_asked_by_an_alert_or_there_is_a_reason() -> None:
    assert named_by_alerts() | NOT_ALARMED.keys() == {each.name for each in CATALOGUE}
    assert named_by_alerts() & NOT_ALARMED.keys() == set()


def test_names_are_their_own() -> None:
    assert len({each.name for each in ALERTS}) == len(ALERTS)
    assert [each.name for each in ALERTS if not re.fullmatch(r"Verdict([A-Z][a-z]+)+", each.name)] == []
    assert {each.severity for each in ALERTS} == {"page", "ticket"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each.name)
def test_each_says_what_is_noticed_and_leads_to_its_page(alert: Alert) -> None:
    assert alert.summary.endswith(".")
    assert alert.runbook == alert.name
    assert (RUNBOOKS / f"{alert.name}.md").is_file()


def test_each_page_has_its_alert() -> None:
    assert {each.stem for each in RUNBOOKS.glob("*.md")} - {"README"} == {each.name for each in ALERTS}
