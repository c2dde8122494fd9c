"""The questions behind a result, so that an analyst can ask them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from analytics.warehouse.experiments import Question


def explanation(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Per query: its name, the SQL with its server-side parameters, their values, and the aggregates it answered."""
    return [
        {
            "query": each.name,
            "sql": each.sql,
            "parameters": dict(each.parameters),
            "rows": [{name: _plain(value) for name, value in row.items()} for row in each.rows],
        }
        for each in questions
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
