"""The flags and the context that the engine's benchmarks measure with."""

from __future__ import annotations

from bucketing.document import flag_from_document, segment_from_document
from bucketing.flagset import Flag, FlagSet

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
