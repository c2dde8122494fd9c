"""The queries by name. `-- with: a, b` in a file's first line puts other files in front as common table expressions.

Only files are put together, never values: those are server-side parameters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("queries")
_WITH = "-- with: "


@cache
def query(name: str, *, units: str = "units") -> str:
    """The whole text of a query, with the file `units` as its `units`. FileNotFoundError: no such query."""
    needed, body = _parts(name)
    files = [units if each == "units" else each for each in needed]
    expressions = [f"{each} AS\n(\n{_parts(file)[1]}\n)" for each, file in zip(needed, files, strict=True)]
    return "WITH\n" + ",\n".join(expressions) + f"\n{body}" if expressions else body


def _parts(name: str) -> tuple[list[str], str]:
    text = (_FOLDER / f"{name}.sql").read_text().strip()
    needed: list[str] = []
    if text.startswith(_WITH):
        first, _, text = text.partition("\n")
        needed = [each.strip() for each in first.removeprefix(_WITH).split(",")]
    return needed, "\n".join(line for line in text.splitlines() if not line.startswith("--"))
