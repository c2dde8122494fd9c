"""The time of an experiment's result over millions of events, and how it grows.

    python benchmarks/results.py [--events 1 10] [--repeats 3]

`--events` are millions of exposures; there are three exposures per unit and as many metric events. The rows are made
by ClickHouse itself; the results are computed as the API does it, with one conversion and one sum.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from messages.aggregations import AGGREGATIONS

from devstack.stack import Stack

START = 1_767_607_200_000
EXPOSURES_PER_UNIT = 3
BLOCK = 1_000_000
ENVIRONMENT = Environment("environment", "production", "project", "shop", "organization", "salt", False)
METRICS = (
    Metric("1", "converted", "Converted", AGGREGATIONS["conversion"], True, "purchase"),
    Metric("2", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase"),
)
EXPERIMENT = Experiment(
    id="experiment",
    key="test",
    name="Test",
    environment_id="environment",
    flag="checkout",
    assigns=True,
    status="running",
    start_at=START,
    stop_at=None,
    shares={"off": 5000, "on": 5000},
    control="off",
    metrics=tuple(MetricUse(each.key, "goal", 0.0) for each in METRICS),
    plan=Plan(),
)

EXPOSURES = """
INSERT INTO events_exposure (organization_id, project_id, environment_id, sdk_key_id, flag, variation, experiment,
    user_key, event_id, config_version, context, occurred_at, received_at)
SELECT 'organization', 'project', 'environment', 'key', 'checkout', if(cityHash64(unit) % 2 = 0, 'on', 'off'), 'test',
    concat('user-', toString(unit)), concat('e', toString(number)), 7, '{"country":"US"}',
    fromUnixTimestamp64Milli(at), fromUnixTimestamp64Milli(at + 1000)
FROM (SELECT number, number % {units:UInt64} AS unit, {start:Int64} + toInt64(number % 1209600000) AS at
    FROM numbers({first:UInt64}, {count:UInt64}))
"""
EVENTS = """
INSERT INTO events_metric (organization_id, project_id, environment_id, sdk_key_id, metric, user_key, event_id, value,
    properties, occurred_at, received_at)
SELECT 'organization', 'project', 'environment', 'key', 'purchase', concat('user-', toString(unit)),
    concat('m', toString(number)), (cityHash64(number) % 10000) / 100, '{}',
    fromUnixTimestamp64Milli(at), fromUnixTimestamp64Milli(at + 1000)
FROM (SELECT number, cityHash64(number) % {units:UInt64} AS unit, {start:Int64} + toInt64(number % 1209600000) AS at
    FROM numbers({first:UInt64}, {count:UInt64}))
"""


async def fill(warehouse: Warehouse, exposures: int) -> None:
    """`exposures` rows in both tables, in blocks of a million."""
    for first in range(0, exposures, BLOCK):
        count = min(BLOCK, exposures - first)
        asked = {"units": exposures // EXPOSURES_PER_UNIT, "start": START, "first": first, "count": count}
        for statement in (EXPOSURES, EVENTS):
            await warehouse.command(statement, asked)


async def measure(url: str, millions: float, repeats: int) -> list[float]:
    """Seconds of each whole result."""
    database = f"bench_{int(millions * 1000)}k"
    warehouse = Warehouse(WarehouseSettings(url=url, database=database, query_seconds_max=600))
    await migrate(warehouse)
    await fill(warehouse, int(millions * 1_000_000))
    catalog = Catalog()
    entries = catalog.entries("environment")
    entries.environment = ENVIRONMENT
    entries.metrics.update({each.key: each for each in METRICS})
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        analyst = Analyst(ExperimentReader(warehouse), catalog)
        analysis = await analyst.analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(START))
        seconds.append(time.perf_counter() - started)
        assert sum(analysis.units.values()) == int(millions * 1_000_000) // EXPOSURES_PER_UNIT
    await warehouse.command(f"DROP DATABASE {database}")
    await warehouse.close()
    return seconds


def run(events: list[float], repeats: int) -> None:
    print(f"{'exposures':>12} {'units':>12} {'seconds':>8} {'µs/exposure':>12} {'server MiB':>10}")
    for millions in events:
        with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), ("clickhouse",), durable=False) as stack:
            seconds = asyncio.run(measure(stack.clickhouse.url, millions, repeats))
            memory = peak_memory_mebibytes(stack.clickhouse.pid)
        middle = statistics.median(seconds)
        units = millions * 1e6 / EXPOSURES_PER_UNIT
        print(f"{millions * 1e6:>12,.0f} {units:>12,.0f} {middle:>8.2f} {middle / millions:>12.2f} {memory:>10,.0f}")


def peak_memory_mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    run(options.events, options.repeats)


if __name__ == "__main__":
    main()
