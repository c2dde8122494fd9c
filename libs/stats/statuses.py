"""Machine-readable statuses, and the sentence for people that belongs to each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Why a number is there, or why it is null."""

    OK = "ok"
    TOO_EARLY = "too_early"
    INSUFFICIENT_DATA = "insufficient_data"
    ZERO_VARIANCE = "zero_variance"
    UNDEFINED_ZERO_BASELINE = "undefined_zero_baseline"
    LIFT_UNBOUNDED = "lift_unbounded"
    UNDEFINED_ZERO_DENOMINATOR = "undefined_zero_denominator"
    INVALID_INPUT = "invalid_input"
    PRECISION_LOSS = "precision_loss"
    SMALL_SAMPLE_EXACT_USED = "small_sample_exact_used"
    LOOKS_EXCEED_PLAN = "looks_exceed_plan"
    NO_NEW_INFORMATION = "no_new_information"
    DRIFT_DETECTED = "drift_detected"
    ALLOCATION_CHANGED = "allocation_changed"
    SRM_BLOCKS_DECISION = "srm_blocks_decision"
    CUPED_NOT_APPLIED = "cuped_not_applied"
    NOT_ESTIMABLE_QUANTILE = "not_estimable_quantile"
    UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM = "unexpected_traffic_in_zero_weight_arm"
    NOT_APPLICABLE = "not_applicable"


SENTENCES: dict[Status, str] = {
    Status.OK: "The estimate and its interval are valid.",
    Status.TOO_EARLY: "The plan decides later; what a single look would say stands apart.",
    Status.INSUFFICIENT_DATA: "An arm has too few units for a variance; wait for more units.",
    Status.ZERO_VARIANCE: "No unit varies in either arm, so no test of the difference exists.",
    Status.UNDEFINED_ZERO_BASELINE: "The control's mean is 0, so a relative lift is not defined; read the difference.",
    Status.LIFT_UNBOUNDED: "The control's mean is too uncertain for a bounded lift; read the difference.",
    Status.UNDEFINED_ZERO_DENOMINATOR: "The ratio's denominator sums to 0 in an arm, so the ratio is not defined.",
    Status.INVALID_INPUT: "The aggregates contradict each other or are not numbers.",
    Status.PRECISION_LOSS: "The sums are too large for their variance; aggregate around a rounded centre.",
    Status.SMALL_SAMPLE_EXACT_USED: "An expected count is below 5, so Fisher's exact test gives the p-value.",
    Status.LOOKS_EXCEED_PLAN: "There were more looks than planned, so the bounds follow an alpha-spending function.",
    Status.NO_NEW_INFORMATION: "This look adds no information, so it spends no alpha and changes no conclusion.",
    Status.DRIFT_DETECTED: "The effect is no longer among those that fit all earlier readings: it changed over time.",
    Status.ALLOCATION_CHANGED: "The allocation changed while units entered; the periods are compared one by one.",
    Status.SRM_BLOCKS_DECISION: "The observed shares differ from the configured ones; find the cause before deciding.",
    Status.CUPED_NOT_APPLIED: "The covariate could not be used, so the result is unadjusted.",
    Status.NOT_ESTIMABLE_QUANTILE: "Too few units for an interval of this quantile.",
    Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM: "An arm that should get no traffic has units; the others are tested.",
    Status.NOT_APPLICABLE: "There is nothing here that could be compared.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning beside a result: its status, a sentence, and what it is about (an arm, a field)."""

    status: Status
    message: str
    subject: str | None = None


def notice(status: Status, subject: str | None = None, detail: str | None = None) -> Notice:
    """The notice of a status with its standard sentence, followed by `detail` if given."""
    sentence = SENTENCES[status]
    return Notice(status, f"{sentence} {detail}" if detail else sentence, subject)
