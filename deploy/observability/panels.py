"""Panels and dashboards of Grafana as small values, and the JSON that Grafana reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH = 24
_HEIGHT = 8
_STAT_HEIGHT = 4
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Query:
    """PromQL, and how its lines are named (Grafana's `{{label}}`)."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A picture of one question.

    `unit` is one of Grafana's (s, bytes, reqps, percentunit, short); `meaning` says what good looks like; `most` is the
    figure from which it is bad; `stat` shows the last value alone.
    """

    title: str
    queries: tuple[Query, ...]
    unit: str
    meaning: str
    most: float | None = None
    stat: bool = False


@dataclass(frozen=True)
class Row:
    """Panels that stand side by side, at most four."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A page; `uid` is its place in addresses and never changes."""

    uid: str
    title: str
    question: str
    rows: tuple[Row, ...]

    @property
    def expressions(self) -> list[str]:
        """All queries."""
        return [query.expression for row in self.rows for panel in row.panels for query in panel.queries]


def grafana(dashboard: Dashboard, others: Sequence[Dashboard] = ()) -> dict[str, Any]:
    """What Grafana 10 and later import; it asks the Prometheus and the namespace that are chosen above."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in dashboard.rows:
        panels.append(_header(row, top, len(panels)))
        height = _STAT_HEIGHT if all(each.stat for each in row.panels) else _HEIGHT
        width = _WIDTH // len(row.panels)
        for place, panel in enumerate(row.panels):
            at = {"x": place * width, "y": top + 1, "w": width, "h": height}
            panels.append(_panel(panel, at, len(panels)))
        top += height + 1
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.question,
        "tags": ["verdict"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_datasource_choice(), _namespace_choice()]},
        "links": [
            {"type": "link", "title": each.title, "url": f"/d/{each.uid}", "keepTime": True, "includeVars": True}
            for each in others
        ],
        "annotations": {"list": [_alerts()]},
        "panels": panels,
    }


def _header(row: Row, top: int, number: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "row",
        "title": row.title,
        "collapsed": False,
        "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
        "panels": [],
    }


def _panel(panel: Panel, at: dict[str, int], number: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.most is not None:
        steps.append({"color": "red", "value": panel.most})
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if not panel.stat and panel.most is not None:
        defaults["custom"] = {"thresholdsStyle": {"mode": "dashed"}}
    options: dict[str, Any] = (
        {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"}
        if panel.stat
        else {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    )
    return {
        "id": number + 1,
        "type": "stat" if panel.stat else "timeseries",
        "title": panel.title,
        "description": panel.meaning,
        "datasource": _DATASOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _DATASOURCE,
                "expr": each.expression,
                "legendFormat": each.legend,
            }
            for place, each in enumerate(panel.queries)
        ],
    }


def _datasource_choice() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _namespace_choice() -> dict[str, Any]:
    query = "label_values(verdict_background_running, namespace)"
    return {
        "name": "namespace",
        "label": "Namespace",
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "namespaces"},
        "refresh": 2,
        "sort": 1,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "datasource": _DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertname=~"Verdict.*", alertstate="firing", namespace=~"$namespace"}',
        "titleFormat": "{{alertname}}",
    }
