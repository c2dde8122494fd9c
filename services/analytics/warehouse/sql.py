"""The queries by name. `-- with: a, b` in a file's first line puts other files in front as common table expressions.

`unit_values` and `prior_values` there are the metric's aggregation, of the events since the first exposure and of those
before it: `aggregations/<name>.sql` says what a unit's number is, over `events`.

Only files are put together, never values: those are server-side parameters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("queries")
_WITH = "-- with: "
_AGGREGATED = {"unit_values": "SELECT * FROM metric_events", "prior_values": "SELECT * FROM prior_events"}


@cache
def query(name: str, *, units: str = "units", aggregation: str = "") -> str:
    """The whole text of a query, with the file `units` as its `units`. FileNotFoundError: no such query."""
    needed, body = _parts(name)
    expressions = [
        _named(each, _aggregated(aggregation, _AGGREGATED[each]))
        if each in _AGGREGATED
        else _named(each, _parts(units if each == "units" else each)[1])
        for each in needed
    ]
    return "WITH\n" + ",\n".join(expressions) + f"\n{body}" if expressions else body


def _aggregated(aggregation: str, events: str) -> str:
    return f"WITH {_named('events', events)}\n{_parts(f'aggregations/{aggregation}')[1]}"


def _named(name: str, body: str) -> str:
    return f"{name} AS\n(\n{body}\n)"


def _parts(name: str) -> tuple[list[str], str]:
    text = (_FOLDER / f"{name}.sql").read_text().strip()
    needed: list[str] = []
    if text.startswith(_WITH):
        first, _, text = text.partition("\n")
        needed = [each.strip() for each in first.removeprefix(_WITH).split(",")]
    return needed, "\n".join(line for line in text.splitlines() if not line.startswith("--"))
