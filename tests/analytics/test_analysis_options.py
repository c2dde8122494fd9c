"""Every option of the engine has somebody who sets it, and the page of statistics says who."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

from analytics.results import plan_options
from stats import AnalysisOptions

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_the_way_of_the_api_sets_every_option() -> None:
    calls = [each for each in ast.walk(ast.parse(inspect.getsource(plan_options))) if isinstance(each, ast.Call)]
    told = {
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("AnalysisOptions", "replace")
        for keyword in call.keywords
    }
    assert {each.name for each in fields(AnalysisOptions)} <= told


def test_the_page_names_every_option() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Options\n")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))
    assert {each.name for each in fields(AnalysisOptions)} <= named
