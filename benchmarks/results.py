"""An experiment's result beside one hand-written query and DuckDB on the same rows, and a further one after new events.

    python -m benchmarks.results [--events 1 10] [--repeats 3] [--json FILE]

`--events` are millions of exposures; there are three exposures per unit and as many metric events, made by ClickHouse
itself. Computed as the API does it, with one conversion and one sum: `full` reads everything, `further` brings a sheet
forward after 1 % more of both and answers from it, `asked` answers from a sheet that the worker has just brought
forward. `by hand` is what one would write for these two metrics, in one query, each event once. DuckDB answers the same
question over the same rows, by two threads. CPU is the warehouse's, user and system.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.kept_results import Forwarding
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.sheets import Sheets
from messages.aggregations import AGGREGATIONS
from service_kit.clock import SystemClock

from benchmarks.report import Report, accept_json
from devstack.stack import Stack

NOT_VARIED = ("the experiment (one)", "metric events of a unit (three)", "the tenant", "nobody else asks meanwhile")
START = 1_767_607_200_000
EXPOSURES_PER_UNIT = 3
BLOCK = 1_000_000
MANY = 25
LAG_MILLISECONDS = 10
"""The rows are made by one hand after the other, so no insert is seen late."""
ENVIRONMENT = Environment("environment", "production", "project", "shop", "organization", "salt", False)
TWO = (
    Metric("1", "converted", "Converted", AGGREGATIONS["conversion"], True, "purchase"),
    Metric("2", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase"),
)
TWENTY_FIVE = tuple(
    Metric(
        str(number),
        f"revenue_{number}",
        "Revenue",
        AGGREGATIONS[("sum", "conversion", "count", "mean", "sum")[number % 5]],
        True,
        "purchase",
        window_end=3600 * 24 * (number + 1),
    )
    for number in range(MANY)
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
    metrics=(),
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
BY_HAND = """
SELECT variation, count(), sum(spent), varSampStable(spent)
FROM
(
    SELECT user_key, any(side) AS variation, sum(value) AS spent
    FROM
    (
        SELECT user_key, occurred_at, value
        FROM events_metric FINAL
        WHERE organization_id = 'organization' AND environment_id = 'environment' AND metric = 'purchase'
    ) AS purchase
    INNER JOIN
    (
        SELECT user_key, min(occurred_at) AS first_at, min(variation) AS side, max(variation) AS other
        FROM events_exposure FINAL
        WHERE organization_id = 'organization' AND environment_id = 'environment' AND flag = 'checkout'
            AND experiment = 'test'
        GROUP BY user_key
        HAVING side = other
    ) AS exposed ON exposed.user_key = purchase.user_key
    WHERE occurred_at >= first_at
    GROUP BY user_key
)
GROUP BY variation
ORDER BY variation
SETTINGS join_algorithm = 'parallel_hash'
"""
BY_DUCKDB = """
WITH exposed AS
(
    SELECT user_key, min(occurred_at) AS first_at, min(variation) AS variation
    FROM exposures
    GROUP BY user_key
    HAVING min(variation) = max(variation)
),
purchases AS
(
    SELECT user_key, event_id, arg_min(occurred_at, received_at) AS occurred_at, arg_min(value, received_at) AS value
    FROM events
    GROUP BY user_key, event_id
),
per_user AS
(
    SELECT exposed.user_key, any_value(variation) AS variation, count(purchases.user_key) AS bought,
        coalesce(sum(value), 0) AS spent
    FROM exposed LEFT JOIN purchases
        ON purchases.user_key = exposed.user_key AND purchases.occurred_at >= exposed.first_at
    GROUP BY exposed.user_key
)
SELECT variation, count(*), avg((bought > 0)::DOUBLE), avg(spent), var_samp(spent)
FROM per_user GROUP BY variation ORDER BY variation
"""


WORKS = ("full", "full_1", "full_25", "by_hand", "duckdb", "further", "asked")
RATIOS = (
    ("full / by hand", "full", "by_hand"),
    ("full / DuckDB", "full", "duckdb"),
    ("25 metrics / one", "full_25", "full_1"),
    ("further / full", "further", "full"),
    ("asked / full", "asked", "full"),
)


@dataclass(frozen=True)
class Figures:
    """By what was done: `seconds` by the clock and `cpu` seconds of ClickHouse, medians; `peak_mebibytes` of it."""

    exposures: int
    units: int
    seconds: dict[str, float]
    cpu: dict[str, float]
    peak_mebibytes: float = 0.0

    def ratios(self, of: dict[str, float]) -> dict[str, float]:
        """DuckDB runs in this process, so its CPU is not the warehouse's."""
        return {name: of[above] / of[below] for name, above, below in RATIOS if of.get(below) and of.get(above)}


class Bench:
    """One warehouse with the rows of one experiment."""

    def __init__(self, warehouse: ArrowWarehouse, exposures: int, folder: Path, pid: int) -> None:
        self._warehouse = warehouse
        self._pid = pid
        self._exposures = exposures
        self._units = exposures // EXPOSURES_PER_UNIT
        self._stored = 0
        self._folder = folder
        self._taken: dict[str, list[tuple[float, float]]] = {}

    async def measured(self, repeats: int) -> Figures:
        await self.store(self._exposures)
        duck = await self._copied()
        works: dict[str, Callable[[], Awaitable[object]]] = {
            "full": lambda: self.result(TWO),
            "by_hand": self._by_hand,
            "duckdb": lambda: asyncio.to_thread(lambda: duck.execute(BY_DUCKDB).fetchall()),
            "full_1": lambda: self.result(TWO[1:]),
            "full_25": lambda: self.result(TWENTY_FIVE),
        }
        for _ in range(repeats):
            for name, work in works.items():
                await self._took(name, work)
        now = Sheets(self._warehouse, lag_milliseconds=LAG_MILLISECONDS, fresh_milliseconds=0)
        forwarding = Forwarding(self._warehouse, catalog_of(TWO), SystemClock(), sheets=now)
        await forwarding.look()
        for _ in range(repeats):
            await self.store(self._exposures // 100)
            await self._took("further", lambda: self.result(TWO, now))
            await self._took("asked", lambda: self.result(TWO, Sheets(self._warehouse)))
        assert all(each.kept and each.equal for each in await forwarding.compared())
        seconds = {name: statistics.median(wall for wall, _ in each) for name, each in self._taken.items()}
        cpu = {name: statistics.median(used for _, used in each) for name, each in self._taken.items()}
        return Figures(self._exposures, self._units, seconds, cpu)

    async def _took(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        started, used = time.perf_counter(), cpu_seconds(self._pid)
        await work()
        taken = time.perf_counter() - started, cpu_seconds(self._pid) - used
        self._taken.setdefault(name, []).append(taken)

    async def store(self, exposures: int) -> None:
        """In both tables, in blocks of a million."""
        for first in range(self._stored, self._stored + exposures, BLOCK):
            count = min(BLOCK, self._stored + exposures - first)
            asked = {"units": self._units, "start": START, "first": first, "count": count}
            for statement in (EXPOSURES, EVENTS):
                await self._warehouse.command(statement, asked)
        self._stored += exposures

    async def _copied(self) -> duckdb.DuckDBPyConnection:
        """The same rows in a file of DuckDB's own."""
        duck = duckdb.connect(str(self._folder / "rows.duckdb"))
        duck.execute(f"SET threads = {os.cpu_count()}")
        for name, sql in (
            ("exposures", "SELECT user_key, toString(variation) AS variation, occurred_at FROM events_exposure"),
            ("events", "SELECT user_key, event_id, value, occurred_at, received_at FROM events_metric"),
        ):
            rows = await self._warehouse.table(sql, {})
            duck.register("rows", rows)
            duck.execute(f"CREATE TABLE {name} AS FROM rows")
            duck.unregister("rows")
        return duck

    async def _by_hand(self) -> object:
        return await self._warehouse.rows(BY_HAND, {})

    async def result(self, metrics: tuple[Metric, ...], sheets: Sheets | None = None) -> None:
        catalog = catalog_of(metrics)
        experiment = catalog.entries("environment").experiments["test"]
        analyst = Analyst(ExperimentReader(self._warehouse, sheets=sheets), catalog)
        analysis = await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(START))
        assert sum(analysis.units.values()) == self._units


def catalog_of(metrics: tuple[Metric, ...]) -> Catalog:
    catalog = Catalog()
    entries = catalog.entries("environment")
    entries.environment = ENVIRONMENT
    entries.metrics.update({each.key: each for each in metrics})
    entries.experiments["test"] = replace(EXPERIMENT, metrics=tuple(MetricUse(each.key, "goal") for each in metrics))
    catalog.ready = True
    return catalog


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, pid: int, millions: float, repeats: int, folder: Path) -> Figures:
    settings = WarehouseSettings(url=url, database=f"bench_{int(millions * 1000)}k", query_seconds_max=600)
    warehouse = ArrowWarehouse(settings)
    try:
        await migrate(warehouse)
        return await Bench(warehouse, int(millions * 1_000_000), folder, pid).measured(repeats)
    finally:
        await warehouse.close()


def run(events: list[float], repeats: int) -> list[Figures]:
    found = []
    for millions in events:
        with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("clickhouse",), durable=False) as stack:
            figures = asyncio.run(measure(stack.clickhouse.url, stack.clickhouse.pid, millions, repeats, Path(name)))
            figures = replace(figures, peak_mebibytes=peak_memory_mebibytes(stack.clickhouse.pid))
        show(figures)
        found.append(figures)
    return found


def show(figures: Figures) -> None:
    print(f"\n{figures.exposures:,} exposures and as many metric events of {figures.units:,} units")
    print(f"{'':>18} {'clock':>9} {'CPU':>9}")
    for name in WORKS:
        print(f"{name:>18} {figures.seconds[name]:7.2f} s {figures.cpu[name]:7.2f} s")
    by_clock, by_cpu = figures.ratios(figures.seconds), figures.ratios(figures.cpu)
    for name, ratio in by_clock.items():
        print(f"{name:>18} {ratio:9.2f} " + (f"{by_cpu[name]:9.2f}" if name != "full / DuckDB" else ""))
    print(f"{'ClickHouse peak':>18} {figures.peak_mebibytes:8,.0f} MiB")


def peak_memory_mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--repeats", type=int, default=3)
    accept_json(parser)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    report = Report("results", NOT_VARIED)
    for each in run(options.events, options.repeats):
        report.add(**asdict(each), ratios=each.ratios(each.seconds), cpu_ratios=each.ratios(each.cpu))
    report.finish(options.json)


if __name__ == "__main__":
    main()
