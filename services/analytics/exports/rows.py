"""What a row of a dataset of state is: flags and experiments as an environment has them, and where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from bucketing.flagset import BUCKET_COUNT, Fixed, Flag, Serve

from analytics.catalog.entries import Environment, Experiment, percentages

Instant = Annotated[int, pa.timestamp("ms", tz="UTC")]
"""Epoch milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow:
    """A flag as it is exported.

    `variations` and `default_serve` are JSON objects; rules, targets and prerequisites are counts."""

    flag: str
    type: str
    enabled: bool
    archived: bool
    client_visible: bool
    variations: str
    off_variation: str
    default_serve: str
    rules: int
    targets: int
    prerequisites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRow:
    """An experiment as it is exported. `shares` and `metrics` are JSON; `planned_units` None: not planned."""

    experiment_id: str
    experiment: str
    name: str
    flag: str
    mode: str
    status: str
    start_at: Instant | None
    stop_at: Instant | None
    control: str
    shares: str
    metrics: str
    analysis_mode: str
    alpha: float
    planned_units: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a row belongs, and when it was taken."""

    organization_id: str
    project_id: str
    project: str
    environment_id: str
    environment: str
    snapshot_at: Instant


def flag_row(flag: Flag) -> FlagRow:
    return FlagRow(
        flag=flag.key,
        type=flag.type.value,
        enabled=flag.enabled,
        archived=flag.archived,
        client_visible=flag.client_visible,
        variations=_json(flag.variations),
        off_variation=flag.off_variation,
        default_serve=_json(percentages(_shares(flag.default))),
        rules=len(flag.rules),
        targets=sum(not each.override for each in flag.targets),
        prerequisites=len(flag.prerequisites),
    )


def _shares(serve: Serve) -> dict[str, int]:
    """Hundredths of a percent by variation."""
    if isinstance(serve, Fixed):
        return {serve.variation: BUCKET_COUNT}
    return {share.variation: share.weight for share in serve.shares}


def experiment_row(experiment: Experiment) -> ExperimentRow:
    return ExperimentRow(
        experiment_id=experiment.id,
        experiment=experiment.key,
        name=experiment.name,
        flag=experiment.flag,
        mode=experiment.mode,
        status=experiment.status,
        start_at=experiment.began_at,
        stop_at=experiment.stop_at,
        control=experiment.control,
        shares=_json(experiment.percentages),
        metrics=_json([{"metric": each.metric, "role": each.role} for each in experiment.metrics]),
        analysis_mode=experiment.plan.mode,
        alpha=experiment.plan.alpha,
        planned_units=experiment.plan.planned_units or None,
    )


def origin(environment: Environment, now: int) -> Origin:
    return Origin(
        organization_id=environment.organization_id,
        project_id=environment.project_id,
        project=environment.project_key,
        environment_id=environment.id,
        environment=environment.key,
        snapshot_at=now,
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
