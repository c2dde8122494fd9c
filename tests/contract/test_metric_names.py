"""Prometheus metrics: a name or a label that something reads or a document tells is one that a service has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"Counter", "Gauge", "Histogram", "CounterMetricFamily", "GaugeMetricFamily", "HistogramMetricFamily"}
SETTINGS = {
    name
    for path in (ROOT / "services").glob("*/settings.py")
    for name in re.findall(r"^    (\w+): ", path.read_text(), re.MULTILINE)
}
OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


def declared() -> Iterator[tuple[str, set[str] | None]]:
    """Each metric's name and labels; None are labels that a variable names."""
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "libs").rglob("*.py")]:
        source = path.read_text()
        for node in ast.walk(ast.parse(source)) if any(kind in source for kind in KINDS) else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                if len(texts) == 2 and isinstance(texts[0], str):
                    suffix = "_total" if node.func.id.startswith("Counter") else ""
                    yield texts[0].removesuffix(suffix) + suffix, labels_of(node)


def labels_of(call: ast.Call) -> set[str] | None:
    given = [*call.args[2:3], *(each.value for each in call.keywords if each.arg in ("labels", "labelnames"))]
    if not given:
        return set()
    return set(ast.literal_eval(given[0])) if isinstance(given[0], ast.List | ast.Tuple) else None


METRICS = dict(declared())
FAMILIES = sorted({name.partition("_")[0] for name in METRICS})
NAME = rf"\b((?:{'|'.join(FAMILIES)})_[a-z_]*_(?:total|seconds|bytes|bucket))\b(?:\{{([a-z_, ]+)\}})?"


def told(path: Path) -> list[tuple[str, str]]:
    """Names with their labels as they stand in a file; in Python only those that begin a text."""
    begins = "[\"'`]" if path.suffix == ".py" else ""
    return [each for each in re.findall(begins + NAME, path.read_text()) if each[0] not in SETTINGS]


READERS = [
    path
    for folder in ("docs", "deploy", "chaos", "benchmarks", "devstack", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".md", ".py", ".yaml", ".yml", ".json"} and path != Path(__file__) and told(path)
]


def test_there_are_metrics() -> None:
    assert len(METRICS) > 30
    assert len(READERS) > 5


@pytest.mark.parametrize("path", READERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_names_metrics_that_exist(path: Path) -> None:
    for name, labels in told(path):
        known = next((each for each in (name, *map(name.removesuffix, OF_A_HISTOGRAM)) if each in METRICS), None)
        assert known, f"no service has the metric {name}"
        had = METRICS[known]
        if labels and had is not None:
            assert {each.strip() for each in labels.split(",")} <= had, name
