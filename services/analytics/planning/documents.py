"""Answers of the planner and the calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stats import Plan

from analytics.instants import rfc3339
from analytics.planning.history import Baseline, Calibration, Period

Source = Literal["given", "history"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineDocument:
    """What the plan starts from, and where it was taken from."""

    source: Source
    units: int
    mean: float
    sd: float | None
    units_per_day: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerDocument:
    baseline: BaselineDocument
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationDocument:
    """How many of the random splits would have been called significant; `calibrated` null: none could be tested."""

    metric: str
    flag: str
    start: str
    stop: str
    splits: int
    tested: int
    alpha: float
    false_positives: int
    false_positive_rate: float | None
    tolerance: float
    calibrated: bool | None
    p_value_deciles: list[float]


def planner_document(baseline: Baseline, source: Source, plan: Plan) -> PlannerDocument:
    return PlannerDocument(
        baseline=BaselineDocument(
            source=source,
            units=baseline.units,
            mean=baseline.mean,
            sd=baseline.sd,
            units_per_day=baseline.units_per_day,
        ),
        plan=plan,
    )


def calibration_document(metric: str, period: Period, found: Calibration) -> CalibrationDocument:
    tested = len(found.p_values)
    rate = found.false_positives / tested if tested else None
    return CalibrationDocument(
        metric=metric,
        flag=period.flag,
        start=rfc3339(period.start),
        stop=rfc3339(period.stop),
        splits=found.splits,
        tested=tested,
        alpha=found.alpha,
        false_positives=found.false_positives,
        false_positive_rate=rate,
        tolerance=found.tolerance,
        calibrated=None if rate is None else abs(rate - found.alpha) <= found.tolerance,
        p_value_deciles=[found.p_values[tested * each // 10] for each in range(1, 10)] if tested else [],
    )
