"""Datasets of an export: their columns, their types, and what makes a row one. `docs/exports.md` describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from analytics.exports.rows import ExperimentRow, FlagRow, Origin
from analytics.results.documents import RESULT_DATASET
from analytics.tables.files import arrow_schema, schema_of
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS, MOMENT, NUMBER, TEXT, TRUTH, WHOLE

_TYPES = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    NUMBER: pa.float64(),
    TRUTH: pa.bool_(),
    MOMENT: pa.timestamp("ms", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table of an export.

    `key`: the columns that identify a row. Events go out once; state goes out when it differs from the last."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    events: bool


def _stored(columns: Mapping[str, str]) -> pa.Schema:
    """The columns that the loader fills."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])


def _state(rows: pa.Schema) -> pa.Schema:
    """The rows' columns, and those of their origin that they don't have."""
    return pa.schema([*rows, *(each for each in schema_of(Origin) if each.name not in rows.names)])


EXPOSURES = Dataset(
    "exposures", _stored(EXPOSURE_COLUMNS), ("environment_id", "flag", "user_key", "event_id"), events=True
)
METRIC_EVENTS = Dataset(
    "metric_events", _stored(METRIC_COLUMNS), ("environment_id", "metric", "user_key", "event_id"), events=True
)
FLAGS = Dataset("flags", _state(schema_of(FlagRow)), ("environment_id", "flag", "snapshot_at"), events=False)
EXPERIMENTS = Dataset(
    "experiments",
    _state(schema_of(ExperimentRow)),
    ("environment_id", "experiment_id", "snapshot_at"),
    events=False,
)
RESULTS = Dataset(
    "results",
    _state(arrow_schema(RESULT_DATASET.columns)),
    ("environment_id", "experiment_id", "metric", "variation", "snapshot_at"),
    events=False,
)
DATASETS = {each.name: each for each in (EXPOSURES, METRIC_EVENTS, FLAGS, EXPERIMENTS, RESULTS)}
