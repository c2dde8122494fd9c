"""What a PromQL expression names, held against the catalogue of metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.observability.catalogue import MetricDefinition, catalogue

CATALOGUE = catalogue()
BY_SERIES = {series: each for each in CATALOGUE for series in each.series}
OF_THE_SCRAPE = {"namespace", "component", "pod", "instance", "job", "container", "node", "service", "endpoint"}
"""Labels that Prometheus adds: where a figure was read."""
OF_THE_PROCESS = {
    "up",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
}

_NAME = re.compile(r"\b(verdict_[a-z0-9_]+|up|process_[a-z_]+)\b(?:\s*\{([^}]*)\})?")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")


@dataclass(frozen=True)
class Named:
    """Series that an expression names, and the labels that it picks them by or groups them by."""

    series: frozenset[str]
    wrong: tuple[str, ...]


def named(expression: str) -> Named:
    """The series of an expression; `wrong` tells of those that no service has, and of labels that they don't have."""
    series: set[str] = set()
    wrong: list[str] = []
    labels = {"le", "alertname", "alertstate"} | OF_THE_SCRAPE
    for name, matchers in _NAME.findall(expression):
        series.add(name)
        metric = BY_SERIES.get(name)
        if metric is None and name not in OF_THE_PROCESS:
            wrong.append(f"no service has {name}")
        own = set(metric.labels) if metric else set()
        labels |= own
        wrong += [f"{name} has no label {each}" for each in _MATCHER.findall(matchers) if each not in own | labels]
    for group in _GROUPING.findall(expression):
        picked = {each.strip() for each in group.split(",") if each.strip()}
        wrong += [f"nothing here has the label {each}" for each in sorted(picked - labels)]
    return Named(frozenset(series), tuple(wrong))


def metrics_of(series: frozenset[str]) -> set[str]:
    """The names of the catalogue whose series these are."""
    found: list[MetricDefinition] = [BY_SERIES[each] for each in series if each in BY_SERIES]
    return {each.name for each in found}
