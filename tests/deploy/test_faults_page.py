"""Each fault leads by its figures to alerts that ask them and panels that show them, and was walked."""

from __future__ import annotations

import re

import pytest

from chaos.paths.faults import FAULTS
from chaos.paths.pages import FAULTS_PAGE, FaultRow, fault_rows, users_notice
from chaos.paths.walk import Fault
from chaos.plan import FaultKind
from deploy.observability.dashboards import DASHBOARDS
from tests.deploy.alert_rules import alerts, expressions, records
from tests.deploy.promql import BY_SERIES, metrics_of, named

ALERTS = {each.name: each for each in alerts()}
ROWS = fault_rows()
TEXT = FAULTS_PAGE.read_text(encoding="utf-8")
BOARDS = {each.uid.removeprefix("verdict-"): each for each in DASHBOARDS}
WALKED, APART = (TEXT.split(f"## {each}")[1].split("\n## ")[0] for each in ("What was seen", "What is not walked"))


def _whole(expression: str) -> str:
    """With what is computed beforehand."""
    return expression + " ".join(each for name, each in records().items() if name in expression)


def _series(figure: str) -> set[str]:
    return {series for series, metric in BY_SERIES.items() if metric.name == figure} | {figure}


def test_each_alert_is_where_a_fault_leads() -> None:
    assert {alert for row in ROWS for alert in row.alerts} == ALERTS.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda each: each.fault)
def test_figures_are_asked_by_the_alerts_and_shown_by_the_dashboards(row: FaultRow) -> None:
    asked = {metric for each in expressions() for metric in metrics_of(named(each).series)} | {"up"}
    assert set(row.figures) <= asked
    own = " ".join(_whole(ALERTS[each].expression) for each in row.alerts)
    assert [each for each in row.figures if each not in own] == []
    shown = {name for board in row.dashboards for each in BOARDS[board].expressions for name in named(each).series}
    assert [each for each in row.figures if not _series(each) & shown] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.key)
def test_what_is_walked_stands_there(fault: Fault) -> None:
    assert set(fault.fires) | set(fault.with_it) <= ALERTS.keys()
    assert not set(fault.fires) & set(fault.with_it)
    for alert in fault.fires:
        assert re.search(rf"^\| .*`{fault.key}`.*\[{alert}\]\(runbooks/{alert}\.md\)", WALKED, re.MULTILINE)
        assert users_notice(alert)


def test_each_alert_is_walked_or_it_is_said_why_not() -> None:
    walked = {alert for fault in FAULTS for alert in fault.fires}
    apart = set(re.findall(r"^\| \[(Verdict\w+)\]\(runbooks/", APART, re.MULTILINE))
    assert walked & apart == set()
    assert walked | apart == ALERTS.keys()


def test_each_fault_of_the_harness_is_named() -> None:
    sown = TEXT.split("## What the harness sows")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| (\w+) \|", sown, re.MULTILINE)) - {"sown"} == {*FaultKind, "takeover"}
    keys = {each.key for each in FAULTS}
    assert set(re.findall(r"`(\w+)`", sown)) <= keys
