"""The steps of a remote config: each override, and what comes of those that match."""

from __future__ import annotations

from bucketing.decision import Decision
from bucketing.explanation.conditions import ConditionTracer, Recorder
from bucketing.flagset import Json, RemoteConfig
from bucketing.remote_configs import BASE

NOT_REACHED = "not reached"


def remote_config_steps(
    config: RemoteConfig, decision: Decision, recorder: Recorder, conditions: ConditionTracer
) -> list[dict[str, Json]]:
    """Told from what its function reported."""
    enabled: dict[str, Json] = {"step": "enabled", "result": "archived" if config.archived else "passed"}
    if config.archived:
        return [{**enabled, "variation": BASE}]
    steps = [enabled, *(_override(config, index, recorder, conditions) for index in range(len(config.overrides)))]
    return steps if decision.error_code is not None else [*steps, _combination(config, decision)]


def _combination(config: RemoteConfig, decision: Decision) -> dict[str, Json]:
    """What the overrides come to, before an experiment."""
    applies = decision.applied and not decision.invalid_combination
    combination: dict[str, Json] = {
        "step": "combination",
        "resolve": config.resolve.value,
        "overrides": list(decision.applied),
        "variation": "+".join(decision.applied) if applies else BASE,
    }
    if decision.invalid_combination:
        because = "these overrides together break the schema"
        return {**combination, "result": "not applied", "because": because}
    return {**combination, "result": "applied" if decision.applied else "none matched"}


def _override(config: RemoteConfig, index: int, recorder: Recorder, conditions: ConditionTracer) -> dict[str, Json]:
    override, path = config.overrides[index], f"overrides[{index}].if"
    step: dict[str, Json] = {"step": "override", "index": index, "id": override.id}
    matched = recorder.seen.get(path)
    if matched is None:
        return {**step, "result": NOT_REACHED}
    step["if"] = conditions.trace(override.condition, path, recorder)
    return {**step, "result": "matched", "value": override.value} if matched else {**step, "result": "not matched"}
