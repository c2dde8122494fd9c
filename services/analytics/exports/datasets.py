"""What is exported: each dataset's columns, their types, and what makes a row one. `docs/exports.md` describes them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from analytics.exports.tables import COLUMNS, NUMBER, TEXT, TRUTH, WHOLE

_TEXT, _WHOLE, _NUMBER, _FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_MOMENT = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Dataset:
    """`key`: the columns that identify a row. Events go out once; a snapshot goes out when it differs from the last."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    events: bool


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


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
FLAGS = Dataset(
    "flags",
    _schema(
        flag=_TEXT,
        type=_TEXT,
        enabled=_FLAG,
        archived=_FLAG,
        client_visible=_FLAG,
        variations=_TEXT,
        off_variation=_TEXT,
        default_serve=_TEXT,
        rules=_WHOLE,
        targets=_WHOLE,
        prerequisites=_WHOLE,
        organization_id=_TEXT,
        project_id=_TEXT,
        project=_TEXT,
        environment_id=_TEXT,
        environment=_TEXT,
        snapshot_at=_MOMENT,
    ),
    ("environment_id", "flag", "snapshot_at"),
    events=False,
)
EXPERIMENTS = Dataset(
    "experiments",
    _schema(
        experiment_id=_TEXT,
        experiment=_TEXT,
        name=_TEXT,
        flag=_TEXT,
        mode=_TEXT,
        status=_TEXT,
        start_at=_MOMENT,
        stop_at=_MOMENT,
        control=_TEXT,
        shares=_TEXT,
        metrics=_TEXT,
        analysis_mode=_TEXT,
        alpha=_NUMBER,
        planned_units=_WHOLE,
        organization_id=_TEXT,
        project_id=_TEXT,
        project=_TEXT,
        environment_id=_TEXT,
        environment=_TEXT,
        snapshot_at=_MOMENT,
    ),
    ("environment_id", "experiment_id", "snapshot_at"),
    events=False,
)
_RESULT_TYPES = {TEXT: _TEXT, WHOLE: _WHOLE, NUMBER: _NUMBER, TRUTH: _FLAG}
RESULTS = Dataset(
    "results",
    _schema(
        experiment_id=_TEXT,
        **{name: _RESULT_TYPES[kind] for name, kind in COLUMNS.items() if name != "computed_at"},
        sample_ratio_p_value=_NUMBER,
        engine_version=_TEXT,
        organization_id=_TEXT,
        project_id=_TEXT,
        environment_id=_TEXT,
        snapshot_at=_MOMENT,
    ),
    ("environment_id", "experiment_id", "metric", "variation", "snapshot_at"),
    events=False,
)
DATASETS = {each.name: each for each in (EXPOSURES, METRIC_EVENTS, FLAGS, EXPERIMENTS, RESULTS)}
