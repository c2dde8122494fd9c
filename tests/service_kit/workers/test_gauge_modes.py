"""Every gauge of a service that may have several workers says what it is of them together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WITH_WORKERS = ("libs", "services/control_plane", "services/edge_evaluator", "services/event_ingestor")
MODES = {"livesum", "livemin", "livemax"}


def gauges() -> Iterator[tuple[str, str | None]]:
    """Where each is made, and its mode."""
    for folder in WITH_WORKERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Gauge":
                    given = {each.arg: each.value for each in node.keywords}
                    mode = given.get("multiprocess_mode")
                    value = mode.value if isinstance(mode, ast.Constant) else None
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(value)


def test_every_gauge_says_what_it_is_of_several_workers() -> None:
    found = dict(gauges())
    assert len(found) > 20
    assert {at: mode for at, mode in found.items() if mode not in MODES} == {}
