"""The alerts of the chart, their cases in tests/deploy/alerts, and promtool to hold the one against the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.helm.charts import CHART
from devstack.debian_programs import debian_program

RULES = CHART / "files/alerts.yaml"
CASE_FILES = sorted((Path(__file__).parent / "alerts").glob("*.yaml"))


@dataclass(frozen=True)
class Alert:
    """An alert as it is written."""

    name: str
    group: str
    expression: str
    severity: str
    summary: str
    runbook: str


@dataclass(frozen=True)
class Case:
    """Series, and what one alert says of them at a moment: the summaries of those that fire."""

    title: str
    alert: str
    summaries: tuple[str, ...]
    document: Mapping[str, Any]


def rules() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return written


def alerts() -> list[Alert]:
    return [
        Alert(
            name=rule["alert"],
            group=group["name"],
            expression=rule["expr"],
            severity=rule["labels"]["severity"],
            summary=rule["annotations"]["summary"],
            runbook=rule["annotations"]["runbook"],
        )
        for group in rules()["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]


def records() -> dict[str, str]:
    """What is computed beforehand, by the name that alerts ask it by."""
    return {rule["record"]: rule["expr"] for group in rules()["groups"] for rule in group["rules"] if "record" in rule}


def expressions() -> list[str]:
    return [rule["expr"] for group in rules()["groups"] for rule in group["rules"]]


def only(written: Mapping[str, Any], group: str, alert: str | None = None) -> dict[str, Any]:
    """One group of the rules, or of it one alert and what is recorded: promtool evaluates all that it is given."""
    [found] = [each for each in written["groups"] if each["name"] == group]
    kept = [each for each in found["rules"] if alert is None or each.get("alert", alert) == alert]
    return {"groups": [{"name": group, "rules": kept}]}


def cases(files: Sequence[Path] = CASE_FILES) -> list[Case]:
    """Those of a file are of the group that it is named after."""
    return [
        Case(
            title=each["name"],
            alert=question["alertname"],
            summaries=tuple(fired["exp_annotations"]["summary"] for fired in question["exp_alerts"]),
            document=each,
        )
        for file in files
        for each in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for question in each["alert_rule_test"]
    ]


def broken(alert: str, before: str, after: str) -> dict[str, Any]:
    """The rules with one word of an alert's expression, or its time to wait, exchanged."""
    exchanged = rules()
    [rule] = [each for group in exchanged["groups"] for each in group["rules"] if each.get("alert") == alert]
    places = [key for key in ("expr", "for") if before in rule.get(key, "")]
    assert places, f"{alert} has no {before}"
    for key in places:
        rule[key] = rule[key].replace(before, after)
    return exchanged


def trial(folder: Path, tried: Mapping[str, Any], asked: list[Case]) -> subprocess.CompletedProcess[str]:
    """What promtool says of these cases with these rules."""
    (folder / "rules.yaml").write_text(yaml.safe_dump(dict(tried)), encoding="utf-8")
    document = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "30s",
        "tests": [dict(each.document) for each in asked],
    }
    (folder / "cases.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return promtool("test", "rules", str(folder / "cases.yaml"))


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    program = debian_program("prometheus", "usr/bin/promtool")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def is_quiet_about_labels(summary: str) -> bool:
    """False for a summary that names a label which its series don't have."""
    return not re.search(r"<no value>|\(\)|  | $|^ ", summary)
