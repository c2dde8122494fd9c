"""Metrics are named as Prometheus names them, and their labels are few (docs/operations/metrics.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.observability.catalogue import MetricDefinition, UnreadableMetricError, catalogue
from deploy.observability.metrics_page import PAGE, metrics_page

CATALOGUE = catalogue()

BOUNDED_LABELS = {
    "code": "codes of refusals, a closed list of the service",
    "directive": "directives of the policy that the pages are served with, else `other`",
    "done": "what was done about an incident, a closed list",
    "environment": "environments of the installation, as many as quotas allow",
    "environment_id": "the same, for edges, beside their names",
    "kind": "kinds of entities",
    "level": "levels of the log",
    "limit": "names of limits",
    "method": "HTTP's methods that the parser knows; methods of the gRPC service",
    "outcome": "a closed list of each metric",
    "part": "parts that the loader needs",
    "project": "projects of the installation, beside their environments",
    "quota": "names of quotas",
    "reason": "a closed list of each metric",
    "route": "routes as they are declared, never paths as they were asked",
    "state": "states of edges",
    "status": "statuses of answers and of runs",
    "stream": "streams that the service makes",
    "table": "tables of the warehouse",
    "type": "types of events",
    "work": "what a service does in the background",
}
"""Labels that a metric may have, and why their values are few: each is a series for as long as the process lives."""

NOT_BASE_UNITS = re.compile(
    r"_(ms|millis|milliseconds|us|microseconds|ns|nanoseconds|minutes|hours|days|kb|mb|gb|kib|mib|kilobytes|megabytes|percent)(_|$)"
)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda each: each.name)
def test_names_follow_prometheus(metric: MetricDefinition) -> None:
    assert re.fullmatch(r"verdict(_[a-z][a-z0-9]*)+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total"), "counters, and they alone, end with _total"
    assert not metric.name.endswith(("_count", "_sum", "_bucket", "_info", "_created")), "these are a histogram's"
    assert not NOT_BASE_UNITS.search(metric.name), "times are in seconds, sizes in bytes, shares from 0 to 1"
    assert metric.meaning == metric.meaning.strip()
    assert metric.meaning[:1].isupper() or metric.meaning[:1].isdigit()
    assert not metric.meaning.endswith(".")


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda each: each.name)
def test_labels_are_bounded(metric: MetricDefinition) -> None:
    assert set(metric.labels) <= BOUNDED_LABELS.keys()


def test_a_histogram_measures_a_unit() -> None:
    assert {each.name.rsplit("_", 1)[1] for each in CATALOGUE if each.kind == "histogram"} <= {
        "seconds",
        "bytes",
        "events",
    }


def test_each_name_is_made_once() -> None:
    names = [each.name for each in CATALOGUE]
    assert len(names) == len(set(names)) > 100


def test_each_label_is_used() -> None:
    assert {label for each in CATALOGUE for label in each.labels} == BOUNDED_LABELS.keys()


def test_a_metric_that_only_running_code_knows_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "services/shop/telemetry.py"
    source.parent.mkdir(parents=True)
    source.write_text('from prometheus_client import Gauge\n\nGauge("a" + "b", "Meaning")\n')
    with pytest.raises(UnreadableMetricError, match=r"services/shop/telemetry\.py:3"):
        catalogue(tmp_path)


def test_the_page_tells_all_metrics() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), "write it: .venv/bin/python -m deploy.observability"
