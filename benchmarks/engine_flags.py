"""The flags and the contexts that the engine's benchmarks measure with."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bucketing.document import flag_from_document, segment_from_document
from bucketing.flagset import Flag, FlagSet

from benchmarks import edge_config

CONTEXT = {
    "targetingKey": "user-123456",
    "country": "US",
    "plan": "team",
    "age": 31,
    "email": "bob@example.com",
    "version": "1.3.0",
}

_SEGMENT = {
    "key": "beta",
    "if": {
        "and": [
            {"attribute": "country", "operator": "eq", "value": "US"},
            {"attribute": "plan", "operator": "ne", "value": "free"},
            {"attribute": "age", "operator": "gt", "value": 18},
            {"attribute": "email", "operator": "contains", "value": "+"},
        ]
    },
}


def flag(number: int) -> Flag:
    """A flag of three rules with two conditions each, one of them a segment of four, and a rollout.

    The benchmark's context passes the first two rules and is split by the third: the longest way.
    """
    return flag_from_document(
        {
            "key": f"flag-{number}",
            "type": "boolean",
            "variations": {"on": True, "off": False},
            "off_variation": "off",
            "default": {"variation": "off"},
            "version": number,
            "rules": [
                {
                    "if": {
                        "and": [
                            {"attribute": "country", "operator": "in", "value": ["US", "DE", f"X{number}"]},
                            {"attribute": "plan", "operator": "eq", "value": "pro"},
                        ]
                    },
                    "then": {"variation": "on"},
                },
                {
                    "if": {"and": [{"attribute": "age", "operator": "gte", "value": 18}, {"segment": "beta"}]},
                    "then": {"variation": "on"},
                },
                {
                    "if": {
                        "and": [
                            {"attribute": "email", "operator": "ends_with", "value": "@example.com"},
                            {"attribute": "version", "operator": "semver_gte", "value": "1.2.0"},
                        ]
                    },
                    "then": {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}},
                },
            ],
        }
    )


def flags(count: int) -> FlagSet:
    """A flag set of `count` such flags."""
    made = {one.key: one for one in map(flag, range(count))}
    return FlagSet("benchmark-salt", 1, made, {"beta": segment_from_document(_SEGMENT)})


def alike(count: int) -> FlagSet:
    """Flags of the same conditions and one segment; each has its own split."""
    made = {one.key: one for one in map(edge_config.flag, range(count))}
    return FlagSet("benchmark-salt", 1, made, {edge_config.SEGMENT.key: edge_config.SEGMENT})


def different(count: int) -> FlagSet:
    """Flags of which none shares a condition or a segment with another."""
    made = {one.key: one for one in map(edge_config.different_flag, range(count))}
    return FlagSet(
        "benchmark-salt", 1, made, {one.key: one for one in map(edge_config.different_segment, range(count))}
    )


KINDS: dict[str, Callable[[int], FlagSet]] = {"all alike": alike, "mostly alike": flags, "all different": different}
"""Sets of flags with three rules of two conditions, by how much the flags have in common."""


def contexts(count: int) -> list[dict[str, Any]]:
    """Users that differ in every attribute and in the order of attributes; the same ones in every run."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        attributes: list[tuple[str, Any]] = [
            ("targetingKey", f"user-{chance.randrange(10**12):012d}"),
            ("country", chance.choice(["DE", "FR", "US", "IT", "BR"])),
            ("plan", chance.choice(["pro", "team", "free"])),
            ("age", chance.randrange(14, 90)),
            ("version", f"{chance.randrange(1, 4)}.{chance.randrange(20)}.{chance.randrange(10)}"),
            ("email", f"{'x' * chance.randrange(3, 12)}{number}@{chance.choice(['example.com', 'example.org'])}"),
        ]
        chance.shuffle(attributes)
        made.append(dict(attributes))
    return made


def long_flag(conditions: int) -> FlagSet:
    """One flag with one rule that compares one attribute after the other, the last of which fails."""
    parts = [{"attribute": f"a{number}", "operator": "eq", "value": "x"} for number in range(conditions - 1)]
    parts.append({"attribute": "last", "operator": "eq", "value": "y"})
    document = {
        "key": "long",
        "type": "boolean",
        "variations": {"on": True, "off": False},
        "off_variation": "off",
        "default": {"variation": "off"},
        "rules": [{"if": {"and": parts}, "then": {"variation": "on"}}],
    }
    return FlagSet("benchmark-salt", 1, {"long": flag_from_document(document)})
