"""The queries by name.

Only files are put together, never values: those are server-side parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("queries")
_WITH = "-- with: "
_BELONGS = "$belongs"
"""Where a query of exposures takes the condition of `belongs.sql`."""


@cache
def query(name: str) -> str:
    """The whole text of a query. `-- with: a, b` in its first line puts other files in front as common table
    expressions. FileNotFoundError: no such query."""
    needed, body = _parts(name)
    expressions = [f"{each} AS\n(\n{_parts(each)[1]}\n)" for each in needed]
    return "WITH\n" + ",\n".join(expressions) + f"\n{body}" if expressions else body


def taken(sql: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the text takes; the server refuses others."""
    return {name: value for name, value in given.items() if f"{{{name}:" in sql}


def _parts(name: str) -> tuple[list[str], str]:
    text = (_FOLDER / f"{name}.sql").read_text().strip()
    needed: list[str] = []
    if text.startswith(_WITH):
        first, _, text = text.partition("\n")
        needed = [each.strip() for each in first.removeprefix(_WITH).split(",")]
    body = _without_comments(text)
    if _BELONGS in body:
        body = body.replace(_BELONGS, _without_comments((_FOLDER / "belongs.sql").read_text().strip()))
    return needed, body


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
