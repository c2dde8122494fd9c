"""Defects: what makes a flag or segment impossible to evaluate, found when it arrives and not when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bucketing.errors import InvalidConfig
from bucketing.flagset import (
    BUCKET_COUNT,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    Flag,
    InSegment,
    Not,
    RemoteConfig,
    Rollout,
    Segment,
    Serve,
    Share,
)
from bucketing.generation.conditions import prepared
from bucketing.limits import CONDITION_DEPTH_MAX
from bucketing.value_types import EXPECTED, has_type


def _check_condition(condition: Condition, path: str, depth: int = 1) -> None:
    if depth > CONDITION_DEPTH_MAX:
        raise InvalidConfig(path, f"conditions nest at most {CONDITION_DEPTH_MAX} deep", "too_deep")
    if isinstance(condition, Comparison):
        prepared(condition, path)
    elif isinstance(condition, Not):
        _check_condition(condition.condition, f"{path}.not", depth + 1)
    elif isinstance(condition, AllOf | AnyOf):
        kind = "and" if isinstance(condition, AllOf) else "or"
        if not condition.conditions:
            raise InvalidConfig(f"{path}.{kind}", "must not be empty", "empty")
        for index, part in enumerate(condition.conditions):
            _check_condition(part, f"{path}.{kind}[{index}]", depth + 1)
    elif not isinstance(condition, InSegment) or not condition.segments:
        raise InvalidConfig(path, "is no condition", "unknown_condition")


def _check_shares(shares: Iterable[Share], variations: Iterable[str], path: str) -> None:
    total = 0
    for share in shares:
        if share.variation not in variations:
            raise InvalidConfig(path, f"there is no variation {share.variation!r}", "unknown_variation")
        if share.weight < 0:
            raise InvalidConfig(path, "a weight is negative", "weights")
        total += share.weight
    if total != BUCKET_COUNT:
        raise InvalidConfig(path, "the weights must add up to exactly 100", "weights")


def _check_serve(serve: Serve, flag: Flag, path: str) -> None:
    if isinstance(serve, Rollout):
        _check_shares(serve.shares, flag.variations, f"{path}.rollout.variations")
    elif serve.variation not in flag.variations:
        raise InvalidConfig(f"{path}.variation", f"there is no variation {serve.variation!r}", "unknown_variation")


def check_flag(flag: Flag, experiments: Sequence[Experiment]) -> None:
    """Raises InvalidConfig, with the path of the field, if the flag with its experiments can't be evaluated."""
    for key, value in flag.variations.items():
        if not has_type(value, flag.type):
            raise InvalidConfig(f"variations.{key}", f"must be {EXPECTED[flag.type]}", "type")
    if flag.off_variation not in flag.variations:
        raise InvalidConfig("off_variation", f"there is no variation {flag.off_variation!r}", "unknown_variation")
    _check_serve(flag.default, flag, "default")
    for index, target in enumerate(flag.targets):
        if target.variation not in flag.variations:
            raise InvalidConfig(f"targets[{index}]", f"there is no variation {target.variation!r}", "unknown_variation")
    for index, rule in enumerate(flag.rules):
        _check_condition(rule.condition, f"rules[{index}].if")
        _check_serve(rule.serve, flag, f"rules[{index}].then")
    for experiment in experiments:
        path = f"experiments.{experiment.key}"
        _check_shares(experiment.shares, flag.variations, f"{path}.variations")
        if experiment.audience is not None:
            _check_condition(experiment.audience, f"{path}.audience")


def check_segment(segment: Segment) -> None:
    """Raises InvalidConfig if the segment's condition can't be evaluated."""
    if segment.condition is not None:
        _check_condition(segment.condition, "if")


def check_remote_config(config: RemoteConfig, experiments: Sequence[Experiment]) -> None:
    """Raises InvalidConfig if the remote config with its experiments can't be evaluated."""
    for index, override in enumerate(config.overrides):
        _check_condition(override.condition, f"overrides[{index}].if")
    for experiment in experiments:
        path = f"experiments.{experiment.key}"
        _check_shares(experiment.shares, [share.variation for share in experiment.shares], f"{path}.variations")
        if experiment.audience is not None:
            _check_condition(experiment.audience, f"{path}.audience")
