"""The answers' form, for OpenAPI and for the tests that hold the documents to it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ExperimentDocument(_Model):
    id: str
    key: str
    name: str
    flag: str
    project: str
    environment: str
    mode: Literal["assigns", "observes"]
    status: str
    start_at: str | None
    stop_at: str | None
    control: str
    shares: dict[str, float]
    """Expected shares in percent."""


class VariationUnits(_Model):
    variation: str
    units: int
    share: float | None


class UnitsDocument(_Model):
    total: int
    in_several_variations: int
    variations: list[VariationUnits]


class SampleRatioVariation(VariationUnits):
    expected_share: float


class SampleRatioDocument(_Model):
    status: str
    mismatch: bool | None
    blocks_decision: bool
    p_value: float | None
    statistic: float | None
    df: int | None
    method: str
    threshold: float
    summary: str
    variations: list[SampleRatioVariation]


class DifferenceDocument(_Model):
    estimate: float | None
    se: float | None
    lower: float | None
    upper: float | None
    interval_method: str | None


class LiftDocument(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    status: str
    estimate: float | None
    kind: str | None
    lower: float | None
    upper: float | None


class ComparisonDocument(BaseModel):
    """A variation against the control; blocks that were not asked for are null."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    control: str
    status: str
    explanation: str
    summary: str
    alpha: float
    units_compared: int
    difference: DifferenceDocument
    lift: LiftDocument
    p_value: float | None
    log10_p: float | None
    adjusted_p: float | None
    method: str
    statistic_name: str | None
    statistic: float | None
    df: float | None
    significant: bool | None
    decided_by: str


class MetricVariation(_Model):
    variation: str
    is_control: bool
    units: int
    mean: float | None
    rate: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    comparison: ComparisonDocument | None


class MetricDocument(_Model):
    metric: str
    name: str
    role: Literal["goal", "secondary", "guardrail"]
    aggregation: str
    higher_is_better: bool
    status: str
    explanation: str
    summary: str
    alpha: float | None
    control: str | None
    variations: list[MetricVariation]
    omnibus: dict[str, Any] | None
    warnings: list[dict[str, Any]]
    inputs: dict[str, Any]


class DayVariation(_Model):
    variation: str
    units: int
    cumulative_units: int


class DayDocument(_Model):
    date: str
    units: int
    variations: list[DayVariation]


class FamilyDocument(_Model):
    """The tests whose p-values were adjusted together."""

    method: str
    alpha: float
    size: int


class DecisionDocument(_Model):
    """What to do with a variation now, and the rule behind it."""

    arm: str
    verdict: Literal["ship", "roll_back", "keep_running", "unhealthy"]
    reasons: list[str]
    rule: str
    days_left: float | None
    notices: list[dict[str, Any]]


class HealthDocument(_Model):
    name: str
    state: Literal["ok", "warning", "problem", "unknown"]
    finding: str
    meaning: str
    action: str


class ResultsDocument(_Model):
    experiment: ExperimentDocument
    computed_at: str
    as_of: str | None
    engine_version: str
    summary: str
    units: UnitsDocument
    sample_ratio: SampleRatioDocument | None
    metrics: list[MetricDocument]
    missing_metrics: list[str]
    family: FamilyDocument | None
    decisions: list[DecisionDocument]
    health: list[HealthDocument]
    exposures_per_day: list[DayDocument]
    explanation: list[dict[str, Any]] | None = None


class ExposedVariation(_Model):
    variation: str
    exposures: int
    units: int
    share: float | None


class SeriesVariation(_Model):
    variation: str
    exposures: int
    units: int


class SeriesPoint(_Model):
    time: str
    variations: list[SeriesVariation]


class Decision(_Model):
    event_id: str
    user_key: str
    variation: str
    experiment: str | None
    config_version: int
    context: dict[str, Any]
    occurred_at: str
    received_at: str


class ExposuresDocument(_Model):
    flag: str
    project: str
    environment: str
    start: str
    end: str
    exposures: int
    variations: list[ExposedVariation]
    bucket_seconds: int
    series: list[SeriesPoint]
    recent: list[Decision]
