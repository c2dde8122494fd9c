"""A plain interpreter of a flag set: what the engine is compared with, in speed and in answers.

It walks the data on every evaluation, in the order of docs/evaluation.md, and shares with the engine only the
readers of versions, times, addresses and patterns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    Fixed,
    Flag,
    FlagSet,
    InSegment,
    Not,
    RemoteConfig,
    ResolveMode,
    Serve,
    Share,
)
from bucketing.instants import parse_instant
from bucketing.networks import BlockSet, parse_block
from bucketing.patterns import compile_pattern
from bucketing.semver import parse_version

Context = Mapping[str, Any]
Answer = tuple[str, str | None, str | None, tuple[str, ...]]
MISSING_KEY: Answer = ("ERROR", None, "TARGETING_KEY_MISSING", ())
INVALID: Answer = ("ERROR", None, "INVALID_CONTEXT", ())
SEMVER_SIGNS = {
    "semver_eq": (0,),
    "semver_gt": (1,),
    "semver_gte": (0, 1),
    "semver_lt": (-1,),
    "semver_lte": (-1, 0),
}
NEGATED = {"ne": "eq", "not_in": "in", "not_contains": "contains"}


class Interpreter:
    """`evaluate` gives (reason, variation, error code, experiments). The flag set has no cycles."""

    def __init__(self, flagset: FlagSet) -> None:
        self.flagset = flagset
        self.unresolved = {key for key, flag in flagset.flags.items() if not self.resolves(flag)}

    def resolves(self, flag: Flag) -> bool:
        """All that a flag names is there; what an archived flag names may be gone."""
        audiences = [one.audience for one in self.flagset.experiments.values() if one.flag == flag.key and one.audience]
        conditions = [rule.condition for rule in flag.rules] + audiences
        prerequisites = [(self.flagset.flags.get(one.flag), one.variation) for one in flag.prerequisites]
        return flag.archived or (
            all(map(self.known, conditions))
            and all(other is not None and variation in other.variations for other, variation in prerequisites)
        )

    def known(self, condition: Condition) -> bool:
        if isinstance(condition, AllOf | AnyOf):
            return all(map(self.known, condition.conditions))
        if isinstance(condition, Not):
            return self.known(condition.condition)
        if isinstance(condition, Comparison):
            return True
        segments = [self.flagset.segments.get(key) for key in condition.segments]
        return all(one is not None and (one.condition is None or self.known(one.condition)) for one in segments)

    def bucket(self, key: str, unit: str) -> int:
        digest = hashlib.sha256((self.flagset.salt + key + unit).encode()).hexdigest()
        return int(digest, 16) % 10_000

    def attribute(self, context: Context, name: str) -> Any:
        if name in context:
            return context[name]
        value: Any = context
        for step in name.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    def unit(self, value: Any) -> str | None:
        if isinstance(value, bool):
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and abs(value) < 2**53 and value == int(value):
            return str(int(value))
        return None

    def one(self, operator: str, value: Any, literal: Any) -> bool:
        """A positive operator on one value. Raises ValueError for one that it doesn't know."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        text = isinstance(value, str)

        def equal(other: Any) -> bool:
            if isinstance(value, bool) or isinstance(other, bool):
                return value is other
            return (text or number) and value == other

        if operator == "eq":
            return value is not None and equal(literal)
        if operator == "in":
            return value is not None and not isinstance(value, dict | list) and any(map(equal, literal))
        if operator in ("gt", "gte", "lt", "lte"):
            orders = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
            return number and bool(getattr(float(value), orders[operator])(float(literal)))
        if operator in ("contains", "starts_with", "ends_with", "matches", "in_cidr"):
            if not text:
                return False
            if operator == "contains":
                return bool(value.find(literal) >= 0)
            if operator == "starts_with":
                return bool(value[: len(literal)] == literal)
            if operator == "ends_with":
                return not literal or bool(value[-len(literal) :] == literal)
            if operator == "matches":
                return bool(compile_pattern(literal)(value))
            blocks = literal if isinstance(literal, list) else [literal]
            return BlockSet([block for block in map(parse_block, blocks) if block is not None]).holds(value)
        if operator in SEMVER_SIGNS:
            version, other = parse_version(value) if text else None, parse_version(literal)
            signs = SEMVER_SIGNS[operator]
            return version is not None and other is not None and (version > other) - (version < other) in signs
        if operator not in ("before", "after"):
            raise ValueError(f"the operator {operator!r} is not known")
        left, right = parse_instant(value), parse_instant(literal)
        return left is not None and right is not None and (left < right if operator == "before" else left > right)

    def compare(self, comparison: Comparison, context: Context) -> bool:
        value = self.attribute(context, comparison.attribute)
        operator = comparison.operator
        if operator == "exists":
            return value is not None
        if operator == "not_exists":
            return value is None
        if value is None:
            return False
        positive = NEGATED.get(operator, operator)
        values = value if isinstance(value, list) else [value]
        matched = any(
            not isinstance(element, list) and self.one(positive, element, comparison.value) for element in values
        )
        return matched != (operator in NEGATED)

    def holds(self, condition: Condition, context: Context) -> bool:
        if isinstance(condition, Comparison):
            return self.compare(condition, context)
        if isinstance(condition, AllOf):
            return all(self.holds(part, context) for part in condition.conditions)
        if isinstance(condition, AnyOf):
            return any(self.holds(part, context) for part in condition.conditions)
        if isinstance(condition, Not):
            return not self.holds(condition.condition, context)
        assert isinstance(condition, InSegment)
        return any(self.member(key, context) for key in condition.segments)

    def member(self, key: str, context: Context) -> bool:
        segment = self.flagset.segments[key]
        unit = self.unit(context.get("targetingKey"))
        if unit in segment.excluded:
            return False
        return unit in segment.included or (segment.condition is not None and self.holds(segment.condition, context))

    def owner(self, shares: tuple[Share, ...], bucket: int) -> str:
        for share in shares:
            if bucket < share.weight:
                return share.variation
            bucket -= share.weight
        raise AssertionError("weights")

    def serve(self, flag: Flag, serve: Serve, context: Context, reason: str) -> Answer | None:
        """An answer, or None if the unit's attribute is absent."""
        if isinstance(serve, Fixed):
            return (reason, serve.variation, None, ())
        owned = [share.variation for share in serve.shares if share.weight]
        if len(owned) == 1:
            return (reason, owned[0], None, ())
        value = self.attribute(context, serve.bucket_by or "targetingKey")
        if serve.bucket_by is not None and value is None:
            return None
        unit = self.unit(value)
        if unit is None or (not unit and serve.bucket_by is None):
            return INVALID if serve.bucket_by is not None else MISSING_KEY
        return ("SPLIT", self.owner(serve.shares, self.bucket(flag.key, unit)), None, ())

    def enrolled(self, experiment: Experiment, unit: str) -> bool:
        held = any(self.bucket(f"holdout:{one.key}", unit) < one.share for one in experiment.holdouts)
        slot = experiment.slot
        inside = slot is None or slot.start <= self.bucket(f"layer:{slot.layer}", unit) < slot.end
        return not held and inside and self.bucket(f"traffic:{experiment.key}", unit) < experiment.traffic

    def running(self, flag: Flag, mode: str, now: int) -> list[Experiment]:
        experiments = sorted(self.flagset.experiments.values(), key=lambda one: (one.start_at, one.key))
        return [
            one
            for one in experiments
            if one.flag == flag.key
            and one.mode == mode
            and one.start_at <= now
            and (one.stop_at is None or now < one.stop_at)
        ]

    def assigned(self, flag: Flag, context: Context, now: int) -> Answer | None:
        for experiment in self.running(flag, "assigns", now):
            if experiment.audience is not None and not self.holds(experiment.audience, context):
                continue
            value = self.attribute(context, experiment.bucket_by or "targetingKey")
            if experiment.bucket_by is not None and value is None:
                continue
            unit = self.unit(value)
            if unit is None or (not unit and experiment.bucket_by is None):
                return INVALID if experiment.bucket_by is not None else MISSING_KEY
            if self.enrolled(experiment, unit):
                variation = self.owner(experiment.shares, self.bucket(experiment.key, unit))
                return ("SPLIT", variation, None, (experiment.key,))
        return None

    def ruled(self, flag: Flag, context: Context, now: int) -> Answer:
        for rule in flag.rules:
            if self.holds(rule.condition, context):
                answer = self.serve(flag, rule.serve, context, "TARGETING_MATCH")
                if answer is not None:
                    return answer
        live = any(target.expires_at is None or now < target.expires_at for target in flag.targets)
        could_change = flag.prerequisites or flag.rules or live or self.running(flag, "assigns", now)
        reason = "DEFAULT" if could_change else "STATIC"
        return self.serve(flag, flag.default, context, reason) or ("DEFAULT", flag.off_variation, None, ())

    def observed(self, flag: Flag, answer: Answer, context: Context, now: int) -> Answer:
        reason, variation, error, assigned = answer
        if error is not None or assigned:
            return answer
        observing: list[str] = []
        for one in self.running(flag, "observes", now):
            unit = self.unit(self.attribute(context, one.bucket_by or "targetingKey"))
            if unit is None or (not unit and one.bucket_by is None):
                continue
            expected = any(share.variation == variation and share.weight for share in one.shares)
            audience = one.audience is None or self.holds(one.audience, context)
            if expected and audience and self.enrolled(one, unit):
                observing.append(one.key)
        return (reason, variation, None, tuple(observing))

    def evaluate(self, key: str, context: Context, now: int) -> Answer:
        flag = self.flagset.flags.get(key)
        if flag is None:
            config = self.flagset.remote_configs.get(key)
            return ("ERROR", None, "FLAG_NOT_FOUND", ()) if config is None else self.applied(config, context)
        if key in self.unresolved:
            return ("ERROR", None, "PARSE_ERROR", ())
        if flag.archived or not flag.enabled:
            return ("DISABLED", flag.off_variation, None, ())
        for prerequisite in flag.prerequisites:
            _, variation, error, _ = self.evaluate(prerequisite.flag, context, now)
            if error is not None:
                return ("ERROR", None, error, ())
            if variation != prerequisite.variation:
                return ("DEFAULT", flag.off_variation, None, ())
        unit = self.unit(context.get("targetingKey"))
        for target in sorted(flag.targets, key=lambda one: not one.override):
            if target.key == unit and (target.expires_at is None or now < target.expires_at):
                return ("TARGETING_MATCH", target.variation, None, ())
        answer = self.assigned(flag, context, now) or self.ruled(flag, context, now)
        return self.observed(flag, answer, context, now)

    def applied(self, config: RemoteConfig, context: Context) -> Answer:
        if config.archived:
            return ("DISABLED", "base", None, ())
        if not all(self.known(each.condition) for each in config.overrides):
            return ("ERROR", None, "PARSE_ERROR", ())
        matched = [position for position, each in enumerate(config.overrides) if self.holds(each.condition, context)]
        if config.resolve is ResolveMode.FIRST:
            matched = matched[:1]
        if not matched or tuple(matched) in config.invalid:
            return ("DEFAULT" if config.overrides else "STATIC", "base", None, ())
        return ("TARGETING_MATCH", "+".join(config.overrides[position].id for position in matched), None, ())
