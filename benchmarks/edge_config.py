"""What the edge's benchmarks evaluate: flags of three rules with two conditions, a segment of four, a rollout."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bucketing.flagset import (
    AllOf,
    Comparison,
    Condition,
    Fixed,
    Flag,
    FlagType,
    InSegment,
    Rollout,
    Rule,
    Segment,
    Share,
)

CONTEXT: dict[str, Any] = {
    "targetingKey": "user-4711",
    "country": "DE",
    "plan": "pro",
    "age": 34,
    "version": "2.11.0",
    "email": "someone@example.com",
}
BODY = json.dumps({"context": CONTEXT}, separators=(",", ":")).encode()

SEGMENT = Segment(
    "engaged",
    condition=AllOf(
        (
            Comparison("age", "gte", 18),
            Comparison("country", "in", ["DE", "FR", "IT", "ES"]),
            Comparison("email", "ends_with", "@example.com"),
            Comparison("plan", "ne", "free"),
        )
    ),
)
_HALVES = Rollout((Share("off", 5000), Share("on", 5000)))


def _rule(number: int, conditions: Iterable[Condition], serve: Fixed | Rollout) -> Rule:
    return Rule(f"rule-{number}", AllOf(tuple(conditions)), serve)


def flag(number: int) -> Flag:
    """The third rule matches and its rollout decides."""
    return Flag(
        key=f"flag-{number:05d}",
        type=FlagType.BOOLEAN,
        variations={"on": True, "off": False},
        off_variation="off",
        default=Fixed("off"),
        client_visible=True,
        rules=(
            _rule(1, (Comparison("country", "eq", "US"), Comparison("plan", "eq", "pro")), Fixed("on")),
            _rule(2, (Comparison("version", "semver_lt", "2.0.0"), Comparison("age", "gt", 30)), Fixed("off")),
            _rule(3, (InSegment(("engaged",)), Comparison("plan", "in", ["pro", "team"])), _HALVES),
        ),
    )


def long_flag(key: str, conditions: int) -> Flag:
    """A flag of so many conditions, none of which matches, before its default."""
    rules = tuple(
        _rule(number, (Comparison("country", "eq", f"X{number}"),), Fixed("on")) for number in range(conditions)
    )
    return Flag(key, FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("off"), rules=rules)
