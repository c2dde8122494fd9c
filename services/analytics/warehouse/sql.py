"""The queries by name.

Only files are put together, never values: those are server-side parameters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("queries")
_WITH = "-- with: "


@cache
def query(name: str) -> str:
    """The whole text of a query. `-- with: a, b` in its first line puts other files in front as common table
    expressions. FileNotFoundError: no such query."""
    needed, body = _parts(name)
    expressions = [f"{each} AS\n(\n{_parts(each)[1]}\n)" for each in needed]
    return "WITH\n" + ",\n".join(expressions) + f"\n{body}" if expressions else body


def _parts(name: str) -> tuple[list[str], str]:
    text = (_FOLDER / f"{name}.sql").read_text().strip()
    needed: list[str] = []
    if text.startswith(_WITH):
        first, _, text = text.partition("\n")
        needed = [each.strip() for each in first.removeprefix(_WITH).split(",")]
    return needed, "\n".join(line for line in text.splitlines() if not line.startswith("--"))
