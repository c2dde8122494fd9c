"""Filters in ClickHouse against the rule engine: its vectors, and random conditions over random attributes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.filters import Column, compiled
from analytics.warehouse.settings import WarehouseSettings
from bucketing import Reason, compile_flagset
from bucketing.document import condition_from_document
from bucketing.errors import InvalidConfig
from bucketing.flagset import Condition, Fixed, Flag, FlagSet, FlagType, Rule
from bucketing.operators import OPERATORS

VECTORS = Path(__file__).parents[1] / "vectors" / "conditions"
COLUMN = Column("json", "user_key")
Subject = dict[str, Any]


@pytest.fixture
async def warehouse(clickhouse_url: str, clickhouse_database: str) -> Any:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await warehouse.command("CREATE TABLE subjects (number UInt32, json String, user_key String) ENGINE = Memory")
    yield warehouse
    await warehouse.close()


async def store(warehouse: Warehouse, subjects: Sequence[Subject]) -> None:
    """As the edge and the ingestor do: the targeting key stands beside the attributes."""
    attributes = [{name: each for name, each in one.items() if name != "targetingKey"} for one in subjects]
    columns = {
        "number": ("UInt32", range(len(subjects))),
        "json": ("String", [msgspec.json.encode(each).decode() for each in attributes]),
        "user_key": ("String", [one.get("targetingKey", "") for one in subjects]),
    }
    await warehouse.insert("subjects", columns)


async def in_clickhouse(warehouse: Warehouse, condition: Condition) -> list[bool]:
    found = compiled(condition, COLUMN, "f")
    rows = await warehouse.rows(f"SELECT {found.sql} AS held FROM subjects ORDER BY number", found.parameters)
    return [bool(row["held"]) for row in rows]


def in_the_engine(condition: Condition, subjects: Sequence[Subject]) -> list[bool]:
    values = {"matched": True, "not": False}
    rule = Rule("rule", condition, Fixed("matched"))
    flag = Flag("case", FlagType.BOOLEAN, values, "not", Fixed("not"), rules=(rule,))
    engine = compile_flagset(FlagSet("", flags={"case": flag}))
    return [engine.evaluate("case", each, 0).reason is Reason.TARGETING_MATCH for each in subjects]


def vectors() -> list[tuple[str, Condition, Subject, bool]]:
    found = []
    for file in sorted(VECTORS.glob("*.json")):
        for case in json.loads(file.read_text())["cases"]:
            if isinstance(case["expected"], bool) and "segments" not in case:
                subject = {"targetingKey": "", **case["context"]}
                # Stored is a text, and under both names of a targeting key; no event has half a pair of surrogates.
                storable = isinstance(subject["targetingKey"], str) and "\\ud800" not in json.dumps(subject)
                if storable and case["id"] != "user-id":
                    condition = condition_from_document(case["condition"])
                    found.append((case["id"], condition, subject, case["expected"]))
    return found


async def test_the_vectors_of_the_engine(warehouse: Warehouse) -> None:
    cases = vectors()
    assert len(cases) > 300
    await store(warehouse, [subject for _, _, subject, _ in cases])
    wrong = []
    by_condition: dict[str, list[bool]] = {}
    for number, (name, condition, subject, expected) in enumerate(cases):
        if repr(condition) not in by_condition:
            by_condition[repr(condition)] = await in_clickhouse(warehouse, condition)
        if by_condition[repr(condition)][number] is not expected:
            wrong.append((name, condition, subject))
    assert not wrong


TEXTS = [
    *(
        "",
        "x",
        "X",
        "xy",
        "é",
        "É",
        "日本",
        "a\nb",
        "a\tb",
        "it's",
        'say "hi"',
        "back\\slash",
        "\\n",
        "{f_0:String}",
        "%",
        "$",
    ),
    *(
        "1",
        "1.0",
        "-1",
        "true",
        "null",
        "1.2",
        "1.2.3",
        "v1.2.3-rc.1",
        "1.2.3-rc.1.2",
        "1.2.3-rc",
        "1.2.3-10",
        "1.2.3-9",
    ),
    *("V2", "2-rc", "01.2", "1.2.3.4", "1.2.3+build.7", "1.2.3-alpha-1", "1.2.3-0a", "1.2.3-", "9" * 40, "1" * 257),
    *("10.1.2.3", "10.1.2.003", "::1", "::ffff:10.1.2.3", "::ffff:a01:203", "2001:db8::1", "2001:DB8:0::1", "1::2::3"),
    *(
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "1:2:3:4:5:6:1.2.3.4",
        "fe80::1%eth0",
    ),
    *("10.1.2.256", "12345::", ":1", "1:", "::", ":::", "10.1.2", "10.1.2.3/32"),
    *("2026-01-05T10:00:00Z", "2026-01-05t10:00:00.000z", "2026-01-05T11:00:00.0001+01:00", "2026-01-05T10:00:00.12Z"),
    *("2026-01-05", "2026-01-05T10:00:00", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z"),
    *("0000-01-01T00:00:00Z", "0000-02-29T12:00:00Z", "9999-12-31T23:59:59.999999999999Z", "0001-01-01T00:00:00+23:59"),
    *(
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:58:60Z",
        "2017-01-01T00:59:60+01:00",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
    ),
    *("2026-01-05T24:00:00Z", "2026-01-05T10:00:00+24:00", "2026-04-31T00:00:00Z", "1767607200000"),
]
NUMBERS: list[Any] = [
    *(0, 1, -1, 2, 10, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 1767607200000, 1767607200001, -1, -1500),
    *(0.0, 1.0, -0.0, 0.5, 1.5, -1.5, 0.1, 1e20, 1e300, -1e300, 2.0**53, 2.0**53 + 2, 2.0**63, 5e-324, 1767607200000.0),
    *(1767607200000.5, 1767607199999.9, -1499.5),
]
SCALARS: list[Any] = [*TEXTS, *NUMBERS, True, False]
PATTERNS = [
    "x",
    "^x$",
    "(?i)É",
    "^\\d+",
    "a.b",
    "(?s)a.b",
    "x|y$",
    "\\Qa",
    "",
    "^$",
    "[^a]",
    "\\pL",
    "b$",
    "(?m)a$",
    "\\.",
]
VERSIONS = ["1.2.3", "v1", "1.2.3-rc.1", "1.2.3-rc", "2-rc", "1.2.3-9", "1.2.3-0a+b", "9" * 40, "1.2"]
TIMES = [
    *("2026-01-05T10:00:00Z", "2026-01-05T10:00:00.0001Z", "2026-01-05T10:00:00.001+00:00", 1767607200000, 0),
    *(
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "1969-12-31T23:59:58.5005Z",
        -1500,
        1e300,
        -1e300,
        1767607200000.5,
    ),
    "9999-12-31T23:59:59.9999999999999Z",
]
BLOCKS = [
    "10.0.0.0/8",
    "10.1.2.3",
    "::/0",
    "0.0.0.0/0",
    "::ffff:10.1.0.0/112",
    "2001:db8::/32",
    "::1",
    "::/95",
    "1::/16",
]
HUGE = [10**40, -(10**40), 10**400, -(10**400), 2**63, 2**64, 2**53 + 0.0]
NAMES = ["a", "b", "a.b", "a.b.c", "c..d", "targetingKey", "user_id", "it's", "é"]


def literal(random: Random, operator: str) -> Any:
    if operator in ("exists", "not_exists"):
        return None
    if operator in ("in", "not_in"):
        return random.choices([*SCALARS, *HUGE], k=random.randrange(5))
    if operator in ("eq", "ne"):
        return random.choice([*SCALARS, *HUGE])
    if operator in ("gt", "gte", "lt", "lte"):
        return random.choice([*NUMBERS, *HUGE])
    if operator == "matches":
        return random.choice(PATTERNS)
    if operator == "in_cidr":
        return random.choice([random.choice(BLOCKS), random.choices(BLOCKS, k=random.randrange(4))])
    if operator in ("before", "after"):
        return random.choice(TIMES)
    return random.choice(VERSIONS if operator.startswith("semver_") else TEXTS)


def condition_document(random: Random, operator: str, depth: int = 0) -> dict[str, Any]:
    form = random.choice(["comparison", "comparison", "and", "or", "not"]) if depth < 3 else "comparison"
    if form == "not":
        return {"not": condition_document(random, operator, depth + 1)}
    if form in ("and", "or"):
        return {form: [condition_document(random, operator, depth + 1) for _ in range(random.randint(1, 3))]}
    asked = operator if random.random() < 0.6 else random.choice(sorted(OPERATORS))
    return {"attribute": random.choice(NAMES), "operator": asked, "value": literal(random, asked)}


def value(random: Random, depth: int = 0) -> Any:
    form = random.random()
    if depth < 2 and form < 0.2:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    if depth < 3 and form < 0.35:
        return {name: value(random, depth + 1) for name in random.sample(["a", "b", "c", "", "d"], 2)}
    return None if form < 0.4 else random.choice(SCALARS)


def subject(random: Random) -> Subject:
    names = random.sample(["a", "b", "c", "a.b", "it's", "é", "user_id"], 4)
    return {"targetingKey": random.choice(TEXTS), **{name: value(random) for name in names}}


def seen(subject: Subject) -> Subject:
    """A `user_id` is another name of the targeting key, unless the context has one of its own."""
    return {"user_id": subject["targetingKey"], **subject}


@pytest.mark.parametrize("operator", sorted(OPERATORS))
async def test_random_conditions(warehouse: Warehouse, operator: str) -> None:
    random = Random(operator)
    subjects = [subject(random) for _ in range(500)]
    await store(warehouse, subjects)
    matched = 0
    for _ in range(12):
        document = condition_document(random, operator)
        condition = condition_from_document(document)
        expected = in_the_engine(condition, [seen(each) for each in subjects])
        held = await in_clickhouse(warehouse, condition)
        differing = [(each, e) for each, e, h in zip(subjects, expected, held, strict=True) if e is not h]
        assert not differing, (document, differing[:3])
        matched += sum(expected)
    assert matched


async def test_every_pair_of_a_scalar_and_a_literal(warehouse: Warehouse) -> None:
    """What random draws may miss: each value that is strange beside each literal that is."""
    subjects = [{"targetingKey": "", "a": each} for each in SCALARS]
    await store(warehouse, subjects)
    literals = {
        **{name: [*NUMBERS, *HUGE] for name in ("eq", "gt", "gte", "lt", "lte")},
        **{f"semver_{name}": VERSIONS for name in ("eq", "gt", "lte")},
        "before": TIMES,
        "after": TIMES,
        "in_cidr": BLOCKS,
        "matches": PATTERNS,
    }
    for operator, asked in literals.items():
        for each in asked:
            condition = condition_from_document({"attribute": "a", "operator": operator, "value": each})
            expected, held = in_the_engine(condition, subjects), await in_clickhouse(warehouse, condition)
            wrong = [one["a"] for one, e, h in zip(subjects, expected, held, strict=True) if e is not h]
            assert not wrong, (operator, each)


async def test_literals_are_never_part_of_the_text(warehouse: Warehouse) -> None:
    hostile = "x'; DROP TABLE subjects --"
    for operator in sorted(OPERATORS.keys() - {"exists", "not_exists"}):
        for name in (hostile, f"{hostile}.y"):
            texts = set()
            for number in (1, 2):
                random = Random(f"{operator}{number}")
                asked = literal(random, operator)
                while operator in ("eq", "ne") and not isinstance(asked, str):
                    asked = literal(random, operator)
                document = {"attribute": name * number if number == 1 else name, "operator": operator, "value": asked}
                texts.add(compiled(condition_from_document(document), COLUMN, "f").sql)
            assert not any(hostile in text for text in texts)


async def test_the_longest_filter(warehouse: Warehouse) -> None:
    await store(warehouse, [{"a.b": f"10.0.0.{number}"} for number in range(60)])
    parts = [{"attribute": "a.b", "operator": "in_cidr", "value": [f"10.0.0.{n}", "1::/64"]} for n in range(50)]
    assert sum(await in_clickhouse(warehouse, condition_from_document({"or": parts}))) == 50


def test_what_cannot_be_saved_is_refused() -> None:
    for document in (
        {"segment": "beta"},
        {"attribute": "a", "operator": "unheard", "value": 1},
        {"attribute": "a", "operator": "matches", "value": "("},
        {"or": [{"attribute": "a", "operator": "exists"}] * 51},
    ):
        with pytest.raises(InvalidConfig):
            compiled(condition_from_document(document), COLUMN, "f")
