"""What the edge's benchmarks evaluate: flags of three rules with two conditions, a segment of four, a rollout.

All flags have the same conditions, or each has its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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


def different_segment(number: int) -> Segment:
    """Four conditions that no other one has."""
    return Segment(
        f"engaged-{number:05d}",
        condition=AllOf(
            (
                Comparison("age", "gte", number / 10),
                Comparison("country", "in", ["DE", "FR", "IT", "ES", f"X{number}"]),
                Comparison("email", "ne", f"nobody-{number}@example.com"),
                Comparison("plan", "ne", f"free-{number}"),
            )
        ),
    )


def different_flag(number: int) -> Flag:
    """As `flag`, with conditions and a segment that no other one has."""
    return replace(
        flag(number),
        rules=(
            _rule(
                1, (Comparison("country", "eq", f"U{number}"), Comparison("plan", "eq", f"pro-{number}")), Fixed("on")
            ),
            _rule(
                2,
                (Comparison("version", "semver_lt", f"1.{number}.0"), Comparison("age", "gt", 20 + number)),
                Fixed("off"),
            ),
            _rule(
                3,
                (
                    InSegment((different_segment(number).key,)),
                    Comparison("plan", "in", ["pro", "team", f"plan-{number}"]),
                ),
                _HALVES,
            ),
        ),
    )


def long_flag(key: str, conditions: int) -> Flag:
    """A flag of so many conditions, none of which matches, before its default."""
    rules = tuple(
        _rule(number, (Comparison("country", "eq", f"X{number}"),), Fixed("on")) for number in range(conditions)
    )
    return Flag(key, FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("off"), rules=rules)
