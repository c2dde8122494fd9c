"""Experiments in the trace: who takes part, and who gets what."""

from __future__ import annotations

from typing import Any

from bucketing.explanation.conditions import ConditionTracer, Recorder
from bucketing.explanation.splits import SplitTracer, owner, ranges
from bucketing.flagset import BUCKET_COUNT, Experiment, ExperimentMode, Json


class ExperimentTracer:
    """Tells the steps of experiments from what the flag's function reported."""

    def __init__(self, recorder: Recorder, conditions: ConditionTracer, splits: SplitTracer) -> None:
        self._recorder = recorder
        self._conditions = conditions
        self._splits = splits

    def step(self, experiment: Experiment) -> dict[str, Json]:
        """One experiment; `result` is `taking part`, or why the unit doesn't or isn't counted."""
        path = f"experiments.{experiment.key}"
        seen = self._recorder.seen
        step: dict[str, Json] = {
            "step": "experiment",
            "experiment": experiment.key,
            "mode": experiment.mode.value,
            "start_at": experiment.start_at,
            "stop_at": experiment.stop_at,
        }
        if experiment.seed is not None:
            step["seed"] = experiment.seed
        if experiment.paused and experiment.mode is ExperimentMode.OBSERVES:
            return {**step, "result": "paused"}
        if f"{path}.running" not in seen:
            return {**step, "result": "not reached"}
        if not seen[f"{path}.running"]:
            return {**step, "result": "not running"}
        if experiment.audience is not None:
            step["audience"] = self._conditions.trace(experiment.audience, f"{path}.audience", self._recorder)
            matched = seen.get(f"{path}.audience")
            if not matched:
                return {**step, "result": "error" if matched is None else "not in the audience"}
        unit = seen.get(f"{path}.unit")
        if unit is None or (unit == "" and experiment.bucket_by is None):
            return {**step, "result": "no usable unit"}
        return self._enrolment(experiment, path, unit, step)

    def _enrolment(self, experiment: Experiment, path: str, unit: str, step: dict[str, Json]) -> dict[str, Json]:
        """Holdouts, layer, traffic, assignment, as far as they were asked."""
        seen = self._recorder.seen
        told: dict[str, Any] = dict(step)
        by = experiment.bucket_by
        for index, holdout in enumerate(experiment.holdouts):
            number = seen.get(f"{path}.holdouts[{index}]")
            if number is not None:
                bucket = self._splits.bucket(f"holdout:{holdout.key}", by, unit, number)
                told.setdefault("holdouts", []).append({"holdout": holdout.key, "below": holdout.share, **bucket})
                if number < holdout.share:
                    return {**told, "result": "held out"}
        slot = experiment.slot
        if slot is not None:
            number = seen[f"{path}.layer"]
            bucket = self._splits.bucket(f"layer:{slot.layer}", by, unit, number)
            told["layer"] = {"layer": slot.layer, "from": slot.start, "to": slot.end, **bucket}
            if not slot.start <= number < slot.end:
                return {**told, "result": "outside its part of the layer"}
        if experiment.traffic < BUCKET_COUNT:
            number = seen[f"{path}.traffic"]
            bucket = self._splits.bucket(f"traffic:{experiment.hashed_as}", by, unit, number)
            told["traffic"] = {"below": experiment.traffic, **bucket}
            if number >= experiment.traffic:
                return {**told, "result": "outside its traffic"}
        if experiment.mode is ExperimentMode.ASSIGNS:
            number = seen[f"{path}.assignment"]
            told["assignment"] = {
                **self._splits.bucket(experiment.hashed_as, by, unit, number),
                "ranges": ranges(experiment.shares),
                "variation": owner(experiment.shares, number),
            }
        return {**told, "result": "assigned, and not counted: it is paused" if experiment.paused else "taking part"}
