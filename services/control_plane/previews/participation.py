"""Which units may take part in an experiment, as far as buckets tell: without the attributes of a unit."""

from __future__ import annotations

from bucketing.flagset import BUCKET_COUNT, Experiment, ExperimentMode
from bucketing.hashing import bucket


def runs(experiment: Experiment, now: int) -> bool:
    """Between its start and its stop, in epoch milliseconds."""
    return experiment.start_at <= now and (experiment.stop_at is None or now < experiment.stop_at)


def assigns(experiment: Experiment) -> bool:
    return experiment.mode is ExperimentMode.ASSIGNS


def may_take_part(experiment: Experiment, salt: str, targeting_key: str) -> bool:
    """False for a unit that a holdout, the layer or the traffic keeps out; where another attribute is the unit, nobody
    knows."""
    if experiment.bucket_by not in (None, "targetingKey"):
        return True
    if any(bucket(salt, f"holdout:{each.key}", targeting_key) < each.share for each in experiment.holdouts):
        return False
    slot = experiment.slot
    if slot is not None and not slot.start <= bucket(salt, f"layer:{slot.layer}", targeting_key) < slot.end:
        return False
    traffic = experiment.traffic
    return traffic == BUCKET_COUNT or bucket(salt, f"traffic:{experiment.key}", targeting_key) < traffic


def apart(one: Experiment, other: Experiment) -> bool:
    """Whether no unit can be in both: they own different slots of one layer."""
    mine, theirs = one.slot, other.slot
    if mine is None or theirs is None or mine.layer != theirs.layer or one.bucket_by != other.bucket_by:
        return False
    return mine.end <= theirs.start or theirs.end <= mine.start
