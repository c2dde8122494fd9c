"""The chart gives the Prometheus operator and Grafana what stands in its files, and says whose figures are whose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.helm.charts import CHART, Manifest, refusal, rendered
from deploy.observability.dashboards import DASHBOARDS
from tests.deploy.manifests import of_kind

ALERTS = yaml.safe_load((CHART / "files/alerts.yaml").read_text(encoding="utf-8"))


def test_without_being_asked_it_gives_nothing() -> None:
    manifests = rendered(minimal())
    assert not of_kind(manifests, "PodMonitor", "ServiceMonitor", "PrometheusRule")
    assert not dashboards_of(manifests)


def test_rules_are_those_of_the_file() -> None:
    [rules] = of_kind(rendered(minimal(rules={"enabled": True})), "PrometheusRule")
    assert rules["spec"] == ALERTS


def test_alerts_lead_to_their_page() -> None:
    told = {"enabled": True, "runbooksUrl": "https://wiki.example.com/books/"}
    [rules] = of_kind(rendered(minimal(rules=told)), "PrometheusRule")
    alerts = [each for group in rules["spec"]["groups"] for each in group["rules"] if "alert" in each]
    assert alerts
    for each in alerts:
        assert each["annotations"]["runbook_url"] == f"https://wiki.example.com/books/{each['alert']}.md"
        assert "runbook" not in each["annotations"]


def test_an_address_of_pages_is_an_address() -> None:
    assert "runbooksUrl" in str(refusal(minimal(rules={"runbooksUrl": "javascript:alert(1)"})))


def test_each_dashboard_has_a_config_map() -> None:
    labels = {"grafana_dashboard": "1", "team": "platform"}
    maps = dashboards_of(rendered(minimal(dashboards={"enabled": True, "labels": labels})))
    found = [json.loads(text) for each in maps for text in each["data"].values()]
    assert {each["uid"] for each in found} == {each.uid for each in DASHBOARDS}
    assert all(labels.items() <= each["metadata"]["labels"].items() for each in maps)
    assert [list(each["data"]) for each in maps] == [
        [f"verdict-{each['metadata']['name'].removeprefix('verdict-').removesuffix('-dashboard')}.json"]
        for each in maps
    ]


def test_both_monitors_name_the_component_alike() -> None:
    monitors = of_kind(
        rendered(minimal(podMonitor={"enabled": True}, serviceMonitor={"enabled": True})),
        "PodMonitor",
        "ServiceMonitor",
    )
    endpoints = [
        each
        for monitor in monitors
        for key in ("endpoints", "podMetricsEndpoints")
        for each in monitor["spec"].get(key, [])
    ]
    assert [each["relabelings"][0]["targetLabel"] for each in endpoints] == ["component", "component"]


def minimal(**monitoring: dict[str, Any]) -> dict[str, Any]:
    small: dict[str, Any] = yaml.safe_load(Path(CHART / "examples/small.yaml").read_text(encoding="utf-8"))
    return small | {"monitoring": monitoring}


def dashboards_of(manifests: Sequence[Manifest]) -> list[Manifest]:
    return [each for each in of_kind(manifests, "ConfigMap") if each["metadata"]["name"].endswith("-dashboard")]
