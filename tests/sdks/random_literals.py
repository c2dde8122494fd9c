"""Conditions drawn at random: every operator, with literals that fit it, hit it just so, or are none."""

from __future__ import annotations

from random import Random
from typing import Any

LARGE = 2**53
TEXTS = (
    "",
    "a",
    "US",
    "us",
    "NO",
    "pro",
    "gold",
    "Straße",
    "STRASSE",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "a.b",
    "null",
    "0",
    "line\nend",
)
NUMBERS = (
    0,
    -0.0,
    1,
    1.0,
    -1,
    0.1,
    17,
    17.5,
    18,
    1e-7,
    5e-324,
    1e21,
    1.7976931348623157e308,
    LARGE - 1,
    -LARGE + 1,
    LARGE,
)
VERSIONS = ("1.0.0", "v1", "1.2", "1.2.3-rc.1", "1.2.3-rc.2", "1.2.3-rc.10", "1.2.3+build", "2.0.0-alpha", "10.0.0")
NO_VERSIONS = ("01.0.0", "1.2.3.4", " 1.0", "1.0.0-", "latest", "")
INSTANTS = (
    "2026-01-05T10:00:00Z",
    "2026-01-05t10:00:00.000z",
    "2026-01-05T11:00:00+01:00",
    "2026-01-05T10:00:00.0000000001Z",
    "2016-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    1767607200000,
    1767607200000.75,
    -1,
)
NO_INSTANTS = ("2026-01-05", "2026-01-05T10:00:00", "2026-02-30T10:00:00Z", "2026-01-05 10:00:00Z", "1767607200000")
ADDRESSES = ("10.1.2.3", "10.255.0.1", "192.168.0.1", "2001:db8::1", "::1", "::ffff:10.1.2.3", "0.0.0.0")
BLOCKS = ("10.0.0.0/8", "10.1.2.3", "192.168.0.17/16", "2001:db8::/32", "::/0", "0.0.0.0/0", "::ffff:10.0.0.0/104")
NO_BLOCKS = ("10.0.0.0/33", "10.0.0", "010.0.0.1", "fe80::1%eth0", "10.0.0.1:80", "")
PATTERNS = ("^a", "a$", "(?i)straße", r"\d+", "^$", "[[:alpha:]]+", r"\pL", "a|US", "(?s)line.end", ".", r"\bgold\b")
NO_PATTERNS = ("(?=a)", "(a", r"\1", "[z-a]", "a{1001}")
NAMES = (
    *("country", "plan", "age", "score", "version", "created", "ip", "tags", "beta", "company"),
    *("address.city", "address.geo.lat", "dotted.name", "user name", "constructor", "größe", "targetingKey", "absent"),
)
_TEXTUAL = ("contains", "not_contains", "starts_with", "ends_with")
_NUMERIC = ("gt", "gte", "lt", "lte")
_VERSIONED = ("semver_eq", "semver_gt", "semver_gte", "semver_lt", "semver_lte")
OPERATORS = (
    *("eq", "ne", "in", "not_in", *_NUMERIC, *_TEXTUAL, "matches", "exists", "not_exists", *_VERSIONED),
    *("before", "after", "in_cidr"),
)
_LIKELY = {
    "country": ("eq", "ne", "in", "not_in", *_TEXTUAL, "matches"),
    "plan": ("eq", "in", "not_in", "matches"),
    "age": ("eq", "ne", "in", *_NUMERIC),
    "score": ("eq", *_NUMERIC),
    "version": _VERSIONED,
    "created": ("before", "after"),
    "ip": ("in_cidr", "starts_with"),
}


def comparison(random: Random, broken: float) -> dict[str, Any]:
    """An attribute compared with a literal, which with the probability `broken` is none that the operator can use."""
    name = random.choice(NAMES)
    operator = random.choice(_LIKELY.get(name, OPERATORS) if random.random() < 0.8 else OPERATORS)
    document: dict[str, Any] = {"attribute": name, "operator": operator}
    if operator not in ("exists", "not_exists"):
        document["value"] = _broken(random, operator) if random.random() < broken else _literal(random, operator)
    if random.random() < broken / 4:
        document = {"value": True, **document, "operator": "is_telepathic"}
    return document


def _literal(random: Random, operator: str) -> Any:
    if operator in ("eq", "ne"):
        return random.choice((*TEXTS, *NUMBERS, True, False))
    if operator in ("in", "not_in"):
        return [random.choice((*TEXTS, *NUMBERS, True, False)) for _ in range(random.randrange(6))]
    if operator in _TEXTUAL:
        return random.choice(TEXTS)
    if operator in _NUMERIC:
        return random.choice(NUMBERS)
    if operator in _VERSIONED:
        return random.choice(VERSIONS)
    if operator in ("before", "after"):
        return random.choice(INSTANTS)
    if operator == "in_cidr":
        return random.choice(BLOCKS) if random.random() < 0.5 else random.sample(BLOCKS, random.randrange(1, 4))
    return random.choice(PATTERNS)


def _broken(random: Random, operator: str) -> Any:
    if operator in _VERSIONED:
        return random.choice(NO_VERSIONS)
    if operator in ("before", "after"):
        return random.choice(NO_INSTANTS)
    if operator == "in_cidr":
        return random.choice(NO_BLOCKS)
    if operator == "matches":
        return random.choice(NO_PATTERNS)
    return ["a"] if operator in ("eq", "ne") else True
