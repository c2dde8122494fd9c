"""Every benchmark that a command runs keeps its figures when it is asked to, and says what it does not vary."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = re.findall(r"-m benchmarks\.(\w+)(.*)", (ROOT / "Makefile").read_text())


@pytest.mark.parametrize(("module", "arguments"), [pytest.param(*each, id=each[0]) for each in RUN])
def test_a_command_takes_a_file_for_its_figures(module: str, arguments: str) -> None:
    assert re.search(r"\$\(if \$\(JSON\),--json ", arguments)
    calls = [
        node
        for node in ast.walk(ast.parse((ROOT / f"benchmarks/{module}.py").read_text()))
        if isinstance(node, ast.Call)
    ]
    called = {ast.unparse(each.func): each for each in calls}
    assert {"accept_json", "Report", "report.finish"} <= called.keys()
    assert "NOT_VARIED" in ast.unparse(called["Report"].args[1])


def test_the_commands_are_known() -> None:
    assert {"edge", "peers", "control_plane", "propagation", "results"} <= {module for module, _ in RUN}
