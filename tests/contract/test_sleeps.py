"""No test sleeps where it could await a condition: `tests.waiting` is the one place that pauses."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

ALLOWED = {
    "waiting.py": "the one place that pauses",
    "integration/test_exports_killed.py": "the moment of a kill is drawn",
    "integration/test_loader_crash.py": "the moment of a kill is drawn, and events flow on meanwhile",
    "service_kit/test_slow_clients.py": "a client drips at its own pace",
}


def sleeps(source: str) -> set[int]:
    """Lines that sleep for more than one turn of the loop."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("asyncio.sleep", "time.sleep", "sleep")
        and ast.unparse(node.args[0]) != "0"
    }


def test_nothing_sleeps_without_a_reason() -> None:
    found = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("*.py")
        if "sleep(" in (text := path.read_text()) and sleeps(text)
    }
    assert found == set(ALLOWED)


def test_a_sleep_is_seen() -> None:
    source = "async def f():\n  await asyncio.sleep(0)\n  await asyncio.sleep(0.1)\n  time.sleep(random())"
    assert sleeps(source) == {3, 4}
