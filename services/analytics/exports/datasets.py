"""What is exported: each dataset's columns, their types, and what makes a row one. `docs/exports.md` describes them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from analytics.exports.rows import ExperimentRow, FlagRow, Origin
from analytics.results.documents import RESULT_DATASET
from analytics.tables.files import arrow_schema, schema_of

_TEXT, _WHOLE, _NUMBER = pa.string(), pa.int64(), pa.float64()
_MOMENT = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Dataset:
    """`key`: the columns that identify a row. Events go out once; state goes out when it differs from the last."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    events: bool


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


def _state(rows: pa.Schema) -> pa.Schema:
    """The rows' columns, and those of their origin that they don't have."""
    return pa.schema([*rows, *(each for each in schema_of(Origin) if each.name not in rows.names)])


EXPOSURES = Dataset(
    "exposures",
    _schema(
        event_id=_TEXT,
        user_key=_TEXT,
        flag=_TEXT,
        variation=_TEXT,
        experiment=_TEXT,
        config_version=_WHOLE,
        context=_TEXT,
        occurred_at=_MOMENT,
        received_at=_MOMENT,
        organization_id=_TEXT,
        project_id=_TEXT,
        environment_id=_TEXT,
        sdk_key_id=_TEXT,
    ),
    ("environment_id", "flag", "user_key", "event_id"),
    events=True,
)
METRIC_EVENTS = Dataset(
    "metric_events",
    _schema(
        event_id=_TEXT,
        user_key=_TEXT,
        metric=_TEXT,
        value=_NUMBER,
        properties=_TEXT,
        occurred_at=_MOMENT,
        received_at=_MOMENT,
        organization_id=_TEXT,
        project_id=_TEXT,
        environment_id=_TEXT,
        sdk_key_id=_TEXT,
    ),
    ("environment_id", "metric", "user_key", "event_id"),
    events=True,
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
