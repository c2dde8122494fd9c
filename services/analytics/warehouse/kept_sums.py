"""Sums that a sheet keeps: the rows of `unit_sums` as text, and what a step changes of them.

All sums are whole numbers, so that taking away what users gave before and adding what they give now is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from analytics.warehouse.client import Row

WAS = "was"
"""The column that tells the rows of before a step (1) from those after it (0)."""
_GROUP = ("segment", "day", "variation", "several", "lacking")
_LAST = "last_at"


def written(rows: Sequence[Row]) -> str:
    """The rows as text."""
    return msgspec.json.encode([{**row, "day": row["day"].isoformat()} for row in rows]).decode()


def read(text: str) -> list[Row]:
    """The rows that `written` made the text of."""
    return [{**row, "day": date.fromisoformat(row["day"])} for row in msgspec.json.decode(text)]


def changed(kept: Sequence[Row], step: Sequence[Row]) -> list[Row] | None:
    """`kept` without what users gave before the step and with what they give after it.

    None: that needs a look at all rows, because who was the last to come in a group left it.
    """
    groups = {_group(row): dict(row) for row in kept}
    for row in sorted(step, key=lambda each: -each[WAS]):
        sign = -1 if row[WAS] else 1
        plain = {name: value for name, value in row.items() if name != WAS}
        group = groups.setdefault(_group(row), _empty(plain))
        for name, value in plain.items():
            if name not in (*_GROUP, _LAST):
                group[name] = type(value)(int(group[name]) + sign * int(value))
    for row in step:
        group = groups[_group(row)]
        if not row[WAS]:
            group[_LAST] = max(group[_LAST], row[_LAST])
    for row in step:
        group = groups[_group(row)]
        if row[WAS] and group["units"] and row[_LAST] >= group[_LAST] and not _again(row, step):
            return None
    return [groups[each] for each in sorted(groups) if groups[each]["units"]]


def added(kept: Sequence[Row], more: Sequence[Row]) -> list[Row]:
    """Of both, which are of different users."""
    return changed(kept, [{**row, WAS: 0} for row in more]) or []


def _again(row: Row, step: Sequence[Row]) -> bool:
    """Whether somebody of the row's group is as late after the step."""
    return any(not each[WAS] and _group(each) == _group(row) and each[_LAST] >= row[_LAST] for each in step)


def _group(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _GROUP)


def _empty(row: Row) -> Row:
    return {name: value if name in _GROUP else type(value)(0) for name, value in row.items()}
