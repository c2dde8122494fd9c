"""Experiments as they may be saved."""

from __future__ import annotations

from collections.abc import Collection

from bucketing.errors import FieldError
from bucketing.flagset import BUCKET_COUNT, Experiment, ExperimentMode, FlagType
from bucketing.limits import EXPERIMENT_HOLDOUTS_MAX
from bucketing.validation.conditions import check_condition
from bucketing.validation.findings import Findings
from bucketing.validation.shares import check_bucket_by, check_shares
from bucketing.validation.values import check_value


def _check(experiment: Experiment, variations: Collection[str] | None) -> Findings:
    findings = Findings()
    findings.entity_key(experiment.key, "key")
    findings.entity_key(experiment.flag, "flag")
    if len(experiment.shares) < 2:
        findings.add("variations", "too_few", "an experiment compares at least two variations")
    check_shares(findings, experiment.shares, variations, "variations")
    for index, share in enumerate(experiment.shares):
        if (patch := experiment.patches.get(share.variation)) is not None:
            check_value(findings, dict(patch), FlagType.OBJECT, f"variations[{index}].value")
            if experiment.mode is ExperimentMode.OBSERVES:
                reason = "an experiment that observes assigns nothing that could be patched"
                findings.add(f"variations[{index}].value", "not_applicable", reason)
    if experiment.stop_at is not None and experiment.stop_at <= experiment.start_at:
        findings.add("stop_at", "range", "must be later than start_at")
    if not 0 <= experiment.traffic <= BUCKET_COUNT:
        findings.add("traffic", "range", "must be between 0 and 100")
    if experiment.audience is not None:
        check_condition(findings, experiment.audience, "audience")
    check_bucket_by(findings, experiment.bucket_by, "")
    slot = experiment.slot
    if slot is not None:
        findings.entity_key(slot.layer, "layer.key")
        if not 0 <= slot.start < slot.end <= BUCKET_COUNT:
            findings.add("layer", "range", f"must be a range of buckets, 0 <= start < end <= {BUCKET_COUNT}")
    findings.count(len(experiment.holdouts), "holdouts", EXPERIMENT_HOLDOUTS_MAX)
    seen: set[str] = set()
    for index, holdout in enumerate(experiment.holdouts):
        here = f"holdouts[{index}]"
        findings.entity_key(holdout.key, f"{here}.key")
        if not 0 <= holdout.share <= BUCKET_COUNT:
            findings.add(f"{here}.share", "range", "must be between 0 and 100")
        if holdout.key in seen:
            findings.add(f"{here}.key", "duplicate", f"{holdout.key!r} stands here twice")
        seen.add(holdout.key)
    return findings


def experiment_errors(experiment: Experiment, variations: Collection[str] | None = None) -> list[FieldError]:
    """All that is wrong with an experiment; `variations` are the flag's, if they are known."""
    return _check(experiment, variations).errors


def validate_experiment(experiment: Experiment, variations: Collection[str] | None = None) -> None:
    """Raises InvalidConfig if the experiment can't be saved."""
    _check(experiment, variations).raise_if_any()
