"""Results as one flat table, one line per metric and variation, written as CSV or Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
from pyarrow import parquet

TEXT, WHOLE, NUMBER, TRUTH = "text", "whole", "number", "truth"
COLUMNS: dict[str, str] = {
    "experiment": TEXT,
    "project": TEXT,
    "environment": TEXT,
    "computed_at": TEXT,
    "metric": TEXT,
    "role": TEXT,
    "aggregation": TEXT,
    "variation": TEXT,
    "is_control": TRUTH,
    "units": WHOLE,
    "mean": NUMBER,
    "standard_error": NUMBER,
    "lower": NUMBER,
    "upper": NUMBER,
    "status": TEXT,
    "difference": NUMBER,
    "difference_lower": NUMBER,
    "difference_upper": NUMBER,
    "lift": NUMBER,
    "lift_lower": NUMBER,
    "lift_upper": NUMBER,
    "p_value": NUMBER,
    "adjusted_p": NUMBER,
    "significant": TRUTH,
    "method": TEXT,
}
_ARROW = {TEXT: pa.string(), WHOLE: pa.int64(), NUMBER: pa.float64(), TRUTH: pa.bool_()}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def result_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a results document (see `results.documents`), with every column of `COLUMNS`."""
    experiment = document["experiment"]
    head = {
        "experiment": experiment["key"],
        "project": experiment["project"],
        "environment": experiment["environment"],
        "computed_at": document["computed_at"],
    }
    return [
        {
            **head,
            **{name: metric[name] for name in ("metric", "role", "aggregation")},
            **{
                name: variation[name]
                for name in ("variation", "is_control", "units", "mean", "standard_error", "lower", "upper")
            },
            **_comparison(metric, variation["comparison"]),
        }
        for metric in document["metrics"]
        for variation in metric["variations"]
    ]


def _comparison(metric: dict[str, Any], comparison: dict[str, Any] | None) -> dict[str, Any]:
    if comparison is None:
        names = list(COLUMNS)[list(COLUMNS).index("difference") :]
        return {"status": metric["status"]} | dict.fromkeys(names)
    difference, lift = comparison["difference"], comparison["lift"]
    return {
        "status": comparison["status"],
        "difference": difference["estimate"],
        "difference_lower": difference["lower"],
        "difference_upper": difference["upper"],
        "lift": lift["estimate"],
        "lift_lower": lift["lower"],
        "lift_upper": lift["upper"],
        **{name: comparison[name] for name in ("p_value", "adjusted_p", "significant", "method")},
    }


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """UTF-8 with a header; absent values are empty. Text that a spreadsheet would take for a formula is quoted."""
    target = io.StringIO()
    writer = csv.DictWriter(target, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return target.getvalue().encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    """One row group; absent values are null."""
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])
    target = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, schema), target)
    return target.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
