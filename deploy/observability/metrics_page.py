"""The page of metrics (docs/operations/metrics.md): all of the catalogue, by what tells them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from deploy.observability.catalogue import ROOT, MetricDefinition, catalogue

PAGE = ROOT / "docs/operations/metrics.md"

_HEAD = """# Metrics

What the services tell Prometheus, made from their sources by `python -m deploy.observability`. Each service tells the
process's own figures besides (`process_…`, `python_…`), the sum of all its workers. Who may read them:
[reliability](../reliability.md#serving-and-stopping).

Names follow Prometheus: `verdict_`, then what is measured, then its unit (seconds, bytes), and `_total` for what only
grows. A label has few values, whatever people send; [test_metric_names.py](../../tests/contract/test_metric_names.py)
says why for each.
"""

_ROOMS = {
    "services/control_plane": "Control plane",
    "services/edge_evaluator": "Edge evaluator",
    "services/event_ingestor": "Event ingestor",
    "services/analytics": "Analytics, with its loader, monitor and exporter",
    "libs/messages": "Whoever follows `CONFIG`: edges, ingestors, analytics",
    "libs/streams": "Whoever makes a stream: control plane, ingestor, loader, monitor",
    "libs/service_kit": "Every service",
}


def metrics_page() -> str:
    """The page's text."""
    by_room = sorted(catalogue(), key=lambda each: list(_ROOMS).index(_room(each.source)))
    parts = [_HEAD]
    for room, metrics in groupby(by_room, key=lambda each: _room(each.source)):
        rows = "\n".join(_row(each) for each in metrics)
        parts.append(f"## {_ROOMS[room]}\n\n| metric | kind | meaning |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _room(source: Path) -> str:
    return "/".join(source.parts[:2])


def _row(metric: MetricDefinition) -> str:
    labels = f"{{{', '.join(metric.labels)}}}" if metric.labels else ""
    return f"| `{metric.name}{labels}` | {metric.kind} | {metric.meaning} |"
