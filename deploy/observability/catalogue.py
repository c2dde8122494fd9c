"""The catalogue of metrics: what each service can tell, read from the sources that make them.

It names every metric as it is exposed, so that rules, dashboards and documents can be held against it without a server.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("services", "libs")
_KINDS = {
    "Counter": "counter",
    "Gauge": "gauge",
    "Histogram": "histogram",
    "CounterMetricFamily": "counter",
    "GaugeMetricFamily": "gauge",
    "HistogramMetricFamily": "histogram",
}
_SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


@dataclass(frozen=True)
class MetricDefinition:
    """A metric as its service makes it.

    `name` is the exposed one (a counter's ends with `_total`), `kind` is counter, gauge or histogram, `labels` are
    those that it is made with, `source` is the file, relative to the repository.
    """

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    source: Path

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series, as queries name them."""
        return tuple(self.name + suffix for suffix in _SUFFIXES[self.kind])


class UnreadableMetricError(Exception):
    """A metric whose name, meaning or labels aren't written where it is made."""


def catalogue(root: Path = ROOT) -> list[MetricDefinition]:
    """All metrics, by name. Raises UnreadableMetricError for one that only running code knows."""
    found: list[MetricDefinition] = []
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "prometheus_client" in text:
                found += _of_file(ast.parse(text), path.relative_to(root))
    return sorted(found, key=lambda each: each.name)


def _of_file(tree: ast.Module, source: Path) -> Iterator[MetricDefinition]:
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prometheus_client")
        for alias in node.names
    }
    lists = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported & set(_KINDS):
            yield _definition(node, node.func.id, lists, source)


def _definition(call: ast.Call, maker: str, lists: Mapping[str, ast.expr], source: Path) -> MetricDefinition:
    at = f"{source}:{call.lineno}"
    texts = [each.value for each in call.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if len(texts) != 2:
        raise UnreadableMetricError(f"{at}: the first two arguments are the metric's name and meaning, as texts")
    name, meaning = texts
    family = maker.endswith("MetricFamily")
    given = [each.value for each in call.keywords if each.arg in ("labels", "labelnames")]
    given += [] if family else call.args[2:3]
    labels: list[str] = []
    for each in given:
        written = lists.get(each.id) if isinstance(each, ast.Name) else each
        if not isinstance(written, ast.List | ast.Tuple):
            raise UnreadableMetricError(f"{at}: labels are a list of texts")
        labels += [ast.literal_eval(label) for label in written.elts]
    kind = _KINDS[maker]
    if family and kind == "counter":
        name += "_total"
    return MetricDefinition(name, kind, meaning, tuple(labels), source)
