"""Parts are wired by keyword, reach routes as arguments, and hear it when they are told to stop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
COMPOSITION_ROOTS = sorted(
    path for name in ("main", "app", "composition") for path in SERVICES.glob(f"*/{name}.py") if path.is_file()
)
POSITIONAL_MAX = 3


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", COMPOSITION_ROOTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_call_of_a_composition_root_depends_on_the_order_of_many_parts(path: Path) -> None:
    assert [ast.unparse(call) for call in calls(path) if len(call.args) > POSITIONAL_MAX] == []


def test_no_service_hands_parts_on_by_the_state_of_its_app() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "state" and ast.unparse(node.value).endswith("app")
    ]
    assert found == []


def test_only_the_shell_speaks_of_the_server() -> None:
    """The edge's protocols stand on uvicorn's; everything else is said in one place."""
    importing = {
        str(path.relative_to(SERVICES))
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom) and any(name.startswith("uvicorn") for name in _modules(node))
    }
    assert importing == {"edge_evaluator/fast_path/protocol.py"}


def test_no_wait_loses_a_cancellation() -> None:
    """`asyncio.wait_for` of Python 3.11 swallows one that comes with the end of the wait; `asyncio.timeout` doesn't."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in (SERVICES, ROOT / "libs")
        for path in folder.rglob("*.py")
        for call in calls(path)
        if ast.unparse(call.func) == "asyncio.wait_for"
    ]
    assert found == []


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
