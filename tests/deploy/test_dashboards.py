"""Dashboards ask for what the services tell, show all of it, and stand as they are made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.observability.dashboards import DASHBOARDS, FOLDER, dashboard_files
from deploy.observability.panels import Dashboard, Panel, Query, Row, grafana
from devstack.debian_programs import debian_program
from tests.deploy.promql import CATALOGUE, metrics_of, named

NOT_SHOWN = {
    "verdict_acts_appended_total": "the audit log tells them",
    "verdict_background_running": "0 also once work that ends has ended",
    "verdict_dead_letters_oldest_age_seconds": "how many there are is shown",
    "verdict_edge_kept_answers_found_total": "a part of the fast path's requests",
    "verdict_event_environments_known": "readiness tells when there is none",
    "verdict_event_request_events": "how senders batch: nothing to do about it",
    "verdict_loader_batches_total": "its rows are shown",
    "verdict_log_lines_left_out_total": "the log says which",
    "verdict_relay_comparisons_total": "what they find is shown",
    "verdict_relay_epoch": "who leads is shown",
    "verdict_schedule_epoch": "who leads is shown",
    "verdict_trace_spans_sent_total": "what is lost is shown",
    "verdict_trace_spans_waiting": "what is lost is shown",
    "verdict_webhook_attempt_duration_seconds": "of others' servers",
    "verdict_webhook_deliveries_total": "attempts are shown",
}


def test_the_chart_has_them_as_they_are_made() -> None:
    made = dashboard_files()
    wrong = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert wrong == [], "write them: .venv/bin/python -m deploy.observability"
    assert set(FOLDER.iterdir()) == set(made)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_they_ask_for_what_there_is(dashboard: Dashboard) -> None:
    wrong = {each: named(each).wrong for each in dashboard.expressions}
    assert {expression: why for expression, why in wrong.items() if why} == {}
    assert all('namespace=~"$namespace"' in each for each in dashboard.expressions)


def test_what_is_not_there_is_found() -> None:
    assert named('sum by (stat) (rate(verdict_loader_lag{kind="x"}[5m]))').wrong
    assert named("verdict_loader_lag_seconds").wrong == ()
    assert named('verdict_loader_lag_seconds{table="exposures"}').wrong == (
        "verdict_loader_lag_seconds has no label table",
    )
    assert named("sum by (table) (verdict_loader_lag_seconds)").wrong == ("nothing here has the label table",)
    assert named("verdict_loader_store_seconds").wrong == ("no service has verdict_loader_store_seconds",)


def test_each_metric_is_shown_or_it_is_said_why_not() -> None:
    shown = {name for each in DASHBOARDS for query in each.expressions for name in metrics_of(named(query).series)}
    assert {each.name for each in CATALOGUE} - shown == NOT_SHOWN.keys()


def test_prometheus_reads_every_query(tmp_path: Path) -> None:
    queries = sorted({each for dashboard in DASHBOARDS for each in dashboard.expressions})
    checked = promtool_reads(queries, tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert promtool_reads([queries[0] + ")"], tmp_path).returncode != 0


def promtool_reads(queries: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    rules = [
        {"record": f"q:{place}", "expr": query.replace("$__rate_interval", "5m")} for place, query in enumerate(queries)
    ]
    file = folder / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    promtool = debian_program("prometheus", "usr/bin/promtool")
    return subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_panels_stand_side_by_side(dashboard: Dashboard) -> None:
    panels = grafana(dashboard)["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({each["id"] for each in panels}) == len(panels)
    assert all(each["description"].endswith(".") for each in panels if each["type"] != "row")


def test_addresses_are_their_own() -> None:
    assert len({each.uid for each in DASHBOARDS}) == len({each.title for each in DASHBOARDS}) == len(DASHBOARDS)
    for dashboard in DASHBOARDS:
        others = tuple(each for each in DASHBOARDS if each != dashboard)
        assert [each["url"] for each in grafana(dashboard, others)["links"]] == [f"/d/{each.uid}" for each in others]


def test_a_figure_that_is_too_much_is_red() -> None:
    panel = Panel("Lag", (Query("verdict_loader_lag_seconds"),), "s", "Seconds.", most=60, stat=True)
    _, made = grafana(Dashboard("d", "D", "?", (Row("Now", (panel,)),)))["panels"]
    assert made["fieldConfig"]["defaults"]["thresholds"]["steps"][-1] == {"color": "red", "value": 60}
