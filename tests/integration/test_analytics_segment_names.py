"""By segment an attribute is what it is in rules: as written or by its path, and absent is not empty."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.segment_documents import segmented_document
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS
from bucketing.attributes import lookup

from tests.integration.resent_events import NOW, START
from tests.integration.test_resent_events import ENVIRONMENT, EXPERIMENT

NAMES = ["plan", "a.b", "a.b.c", "a", "a.b.", ".a", "$lang", "ключ.é"]
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"plan": None},
    {"plan": ""},
    {"plan": "free"},
    {"plan": "5"},
    {"plan": 5},
    {"plan": 5.0},
    {"plan": 5.5},
    {"plan": -1e300},
    {"plan": 2**63 - 1},
    {"plan": True},
    {"plan": "true"},
    {"plan": "null"},
    {"plan": ["a", 1]},
    {"plan": {"x": "ж"}},
    {"plan": 'a"\\\n/é🙂'},
    {"a": {"b": "path"}},
    {"a.b": "as written", "a": {"b": "path"}},
    {"a.b": None, "a": {"b": "path"}},
    {"a": {"b": {"c": 7}}},
    {"a": ["b"]},
    {"a": {"b": None}},
    {"a": "text"},
    {"a": {"b": {"": "empty step"}}},
    {"": {"a": "empty first step"}},
    {"targetingKey": "said", "user_id": 7},
    {"$lang": "no", "ключ": {"é": "x"}},
]


@pytest.fixture
async def warehouse(clickhouse_url: str, migrated_clickhouse_database: str) -> AsyncIterator[Warehouse]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database))
    warehouse.migrated = True
    rows = [
        {
            "organization_id": "org-1",
            "environment_id": "env-1",
            "sdk_key_id": "key-1",
            "flag": "checkout",
            "variation": "on",
            "user_key": f"u{number}",
            "event_id": "e",
            "config_version": 4,
            "context": json.dumps(context, ensure_ascii=False, separators=(",", ":")),
            "occurred_at": START,
            "received_at": START,
        }
        for number, context in enumerate(CONTEXTS)
    ]
    columns = {name: (kind, [row.get(name, "") for row in rows]) for name, kind in EXPOSURE_COLUMNS.items()}
    await warehouse.insert("events_exposure", columns)
    yield warehouse
    await warehouse.close()


async def segments(warehouse: Warehouse, by: str) -> list[Any]:
    catalog = Catalog()
    catalog.entries("env-1").environment = ENVIRONMENT
    reader = ExperimentReader(warehouse)
    found = await SegmentAnalyst(reader, Analyst(reader, catalog)).by_segment(
        EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW), by
    )
    return [(each.segment, each.value, each.units) for each in segmented_document(found).segments]


def as_rules_read(name: str) -> list[Any]:
    """Equal numbers are one value, whatever they are written as; a text is never a number."""
    values: dict[str, Any] = {}
    units: dict[str, int] = {}
    for context in CONTEXTS:
        value = lookup(context, name, tuple(name.split(".")))
        value = int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
        values[repr(value)] = value
        units[repr(value)] = units.get(repr(value), 0) + 1
    return [(values[each], units[each]) for each in values]


@pytest.mark.parametrize("name", NAMES)
async def test_an_attribute_is_found_as_rules_find_it(warehouse: Warehouse, name: str) -> None:
    found = [(repr(value), units) for _, value, units in await segments(warehouse, name)]
    assert sorted(found) == sorted((repr(value), units) for value, units in as_rules_read(name))


@pytest.mark.parametrize("name", ["targetingKey", "user_id"])
async def test_the_targeting_key_is_the_user_key_unless_it_was_said(warehouse: Warehouse, name: str) -> None:
    shown = await segments(warehouse, name)
    assert len(shown) == 20
    assert all(
        units == 1 and value in ("said", 7, *(f"u{n}" for n in range(len(CONTEXTS)))) for _, value, units in shown
    )


async def test_absent_empty_and_what_reads_the_same_are_told_apart(warehouse: Warehouse) -> None:
    shown = await segments(warehouse, "plan")
    absent = sum("plan" not in each or each["plan"] is None for each in CONTEXTS)
    assert (None, None, absent) in shown
    for expected in (
        ("", "", 1),
        ("5", "5", 1),
        ("5", 5, 2),
        ("true", True, 1),
        ("true", "true", 1),
        ("null", "null", 1),
    ):
        assert expected in shown


@pytest.mark.parametrize(("by", "segment"), [("$day", "2026-01-05"), ("$sdk_key", "key-1"), ("$config_version", "4")])
async def test_what_is_of_the_exposure_is_plain_text(warehouse: Warehouse, by: str, segment: str) -> None:
    assert await segments(warehouse, by) == [(segment, segment, len(CONTEXTS))]
