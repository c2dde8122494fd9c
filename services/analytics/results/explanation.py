"""The queries behind a result, so that an analyst can ask them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from analytics.results.documents import ResultDocument
from analytics.warehouse.experiments import AskedQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedQuery:
    """A query's name, its SQL with server-side parameters, their values, and the aggregates that it answered."""

    query: str
    sql: str
    parameters: Mapping[str, Any]
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedResultDocument(ResultDocument):
    """A result and every query that was asked for it."""

    explanation: list[ExplainedQuery]


def explained(result: ResultDocument, queries: Sequence[AskedQuery]) -> ExplainedResultDocument:
    return ExplainedResultDocument(
        **{each.name: getattr(result, each.name) for each in fields(result)},
        explanation=[
            ExplainedQuery(
                query=each.name,
                sql=each.sql,
                parameters=each.parameters,
                rows=[{name: _plain(value) for name, value in row.items()} for row in each.rows],
            )
            for each in queries
        ],
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
