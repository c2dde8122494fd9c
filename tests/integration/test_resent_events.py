"""Of different copies of an event the first received one counts, wherever it is asked for, before and after merges."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.results.analysis import Analysis, AnalysisTime, Analyst
from analytics.results.exposures import ExposureReport, flag_exposures
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.client import Warehouse
from analytics.warehouse.erasure import erase_rows
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.export_events import NO_KEY, EventReader, EventWindow
from analytics.warehouse.exposures import ExposureReader
from analytics.warehouse.scopes import END_OF_TIME
from analytics.warehouse.settings import WarehouseSettings
from messages.aggregations import AGGREGATIONS
from messages.subjects import events_stream, events_subject
from streams.memory import MemoryBus

from tests.integration.loader_run import load as run_loader
from tests.integration.resent_events import (
    HOUR,
    NOW,
    START,
    STOP,
    VARIATIONS,
    Received,
    expected,
    exposure,
    purchase,
    random_events,
)

ENVIRONMENT = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
METRICS = (
    Metric("1", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase"),
    Metric("2", "converted", "Converted", AGGREGATIONS["conversion"], True, "purchase"),
)
EXPERIMENT = Experiment(
    id="exp-1",
    key="checkout-test",
    name="Checkout",
    environment_id="env-1",
    flag="checkout",
    assigns=False,
    status="stopped",
    start_at=START,
    stop_at=STOP,
    shares=dict.fromkeys(VARIATIONS, 5000),
    control="off",
    metrics=tuple(MetricUse(each.key, "goal") for each in METRICS),
    plan=Plan(mode="fixed"),
)
TABLES = ("events_exposure", "events_metric", "exposure_firsts", "exposure_counts")


@dataclass
class Store:
    """A warehouse, and the questions that are asked of it."""

    warehouse: ArrowWarehouse

    async def load(self, received: Received, *, again: bool = False) -> None:
        """Through the real loader. `again`: every message is delivered once more, and its rows go into other blocks."""
        bus = MemoryBus()
        await bus.ensure_stream(events_stream())
        for payload in received.payloads():
            await bus.publish(events_subject("env-1"), payload)
        for number, rows_max in enumerate((150, 400) if again else (150,)):
            limits = LoadLimits(rows_max=rows_max, seconds_max=0.1)
            await run_loader(bus, self.warehouse, LoaderOptions(limits=limits, durable=f"loader-{number}"))

    def analyst(self) -> tuple[ExperimentReader, Analyst]:
        catalog = Catalog()
        entries = catalog.entries("env-1")
        entries.environment = ENVIRONMENT
        entries.metrics.update({each.key: each for each in METRICS})
        reader = ExperimentReader(self.warehouse)
        return reader, Analyst(reader, catalog)

    async def analysis(self, as_of: int | None = None) -> Analysis:
        return await self.analyst()[1].analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW, as_of))

    async def segments(self) -> dict[str, int]:
        reader, analyst = self.analyst()
        found = await SegmentAnalyst(reader, analyst).by_segment(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW), "country")
        return {name.strip('"'): sum(units.values()) for name, units in found.units.items()}

    async def flag_exposures(self) -> dict[str, int]:
        report = ExposureReport.between("checkout", VARIATIONS, START, STOP, NOW)
        document = await flag_exposures(ExposureReader(self.warehouse), ENVIRONMENT, report, 200)
        assert sum(
            len(point.variations) and sum(v.exposures for v in point.variations) for point in document.series
        ) == (document.exposures)
        return {each.variation: each.exposures for each in document.variations}

    async def exported(self, dataset: str) -> list[tuple[str, Any, Any]]:
        reader = EventReader(self.warehouse, 100_000, 2**30)
        window = EventWindow("org-1", "env-1", "export", 1, dataset, 0, END_OF_TIME)
        last = await reader.batch_end(window, NO_KEY)
        assert last is not None
        rows = (await reader.batch(window, NO_KEY, last)).to_pylist()
        shown = "variation" if dataset == "exposures" else "value"
        return sorted((row["event_id"], round(row["occurred_at"].timestamp() * 1000), row[shown]) for row in rows)


@pytest.fixture
async def store(clickhouse_url: str, migrated_clickhouse_database: str) -> AsyncIterator[Store]:
    warehouse = ArrowWarehouse(WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database))
    warehouse.migrated = True
    for table in TABLES:
        await warehouse.command(f"SYSTEM STOP MERGES {table}")
    yield Store(warehouse)
    await warehouse.close()


async def merged(warehouse: Warehouse) -> None:
    for table in TABLES:
        await warehouse.command(f"SYSTEM START MERGES {table}")
        await warehouse.command(f"OPTIMIZE TABLE {table} FINAL")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_answer_counts_the_copy_that_came_first(store: Store, seed: int) -> None:
    received = random_events(seed)
    await store.load(received, again=True)
    exposures, purchases = received.first_copies("exposure"), received.first_copies("metric")
    as_of = received.requests[len(received.requests) // 2][0]
    served = Counter(each["variation"] for each in exposures if START <= each["timestamp"] < STOP)

    for _ in ("with all copies", "merged"):
        for moment in (None, as_of, NOW):
            found, wanted = await store.analysis(moment), expected(received, NOW if moment is None else moment)
            assert found.units == {name: len(each) for name, each in wanted.sums.items()}
            assert found.units_in_several == wanted.several > 0
            result = found.metrics[0].result
            assert result is not None
            for arm in result.arms:
                mine = wanted.sums[arm.arm]
                assert arm.mean == pytest.approx(math.fsum(mine) / len(mine))
        assert await store.segments() == expected(received).segments
        assert await store.flag_exposures() == dict(served)
        assert await store.exported("exposures") == sorted(
            (each["event_id"], each["timestamp"], each["variation"]) for each in exposures
        )
        assert await store.exported("metric_events") == sorted(
            (each["event_id"], each["timestamp"], each["value"]) for each in purchases
        )
        await merged(store.warehouse)


async def test_a_client_that_evaluates_again_and_one_that_stamps_when_it_sends(store: Store) -> None:
    second = 1000
    x, y = "user-x", "user-y"
    received = Received(
        [
            (NOW, [exposure(x, "evX", "off", START + 60 * second), exposure(y, "evY", "off", START + 600 * second)]),
            (NOW + 1, [purchase(y, "pY", START + 300 * second)]),
            (NOW + 9, [exposure(x, "evX", "on", START + 61 * second), exposure(y, "evY", "off", START + 100 * second)]),
        ]
    )
    await store.load(received)

    for _ in ("with all copies", "merged"):
        for as_of in (None, NOW + 10):
            found = await store.analysis(as_of)
            assert (found.units, found.units_in_several) == ({"off": 2, "on": 0}, 0)
            converted = found.metrics[1].result
            assert converted is not None
            assert [(arm.n, arm.mean) for arm in converted.arms if arm.arm == "off"] == [(2, 0.0)]
        assert await store.flag_exposures() == {"off": 2, "on": 0}
        await merged(store.warehouse)


async def test_a_copy_in_the_same_request_and_one_of_the_same_millisecond(store: Store) -> None:
    at = START + HOUR
    received = Received(
        [
            (NOW, [exposure("a", "e1", "off", at), exposure("a", "e1", "on", at)]),
            (NOW, [exposure("b", "e2", "on", at)]),
            (NOW, [exposure("b", "e2", "off", at)]),
        ]
    )
    await store.load(received)

    for _ in ("with all copies", "merged"):
        assert (await store.analysis()).units == {"off": 1, "on": 1}
        assert await store.exported("exposures") == [("e1", at, "off"), ("e2", at, "on")]
        await merged(store.warehouse)


async def test_what_is_delivered_again_after_an_erasure_counts_by_its_first_copy(store: Store) -> None:
    at = START + HOUR
    received = Received(
        [(NOW, [exposure("a", "e1", "off", at)]), (NOW + 5, [exposure("a", "e1", "on", at - 5)])],
    )
    await store.load(received)
    await merged(store.warehouse)
    erased = await erase_rows(store.warehouse, "org-1", "env-1", ["a"])
    assert erased["events_exposure"] == 1
    assert (await store.analysis()).units == {"off": 0, "on": 0}

    # The same block is dropped by its token; in another block with other events the rows come in.
    await store.load(received)
    others = [exposure("b", "e2", "off", at)]
    await store.load(Received([*received.requests, (NOW + 9, others)]))

    for _ in ("with all copies", "merged"):
        found = await store.analysis()
        assert (found.units, found.units_in_several) == ({"off": 2, "on": 0}, 0)
        await merged(store.warehouse)
