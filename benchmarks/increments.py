"""Results by increments at scale: a first result that is built in the background, then each further one.

    python -m benchmarks.increments [--events 20] [--steps 3] [--json FILE]

`--events` are millions of exposures of one experiment; there are three per unit, and as many metric events. `first` is
the worker's first version of the sheet, made range by range of users with the limits of production on each query
(`longest_query`, `peak`); `step` is what the worker does after `--share` of both more, `asked` what a result then
takes, with one conversion and one sum. At the end the sheet is compared with the full computation, which has no limit
of time: `equal` says whether it is the same to the last digit.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from analytics.results.kept_results import Forwarding
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.client import Row
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.sheets import Sheets
from service_kit.clock import SystemClock

from benchmarks.report import Report, accept_json
from benchmarks.results import (
    LAG_MILLISECONDS,
    NOT_VARIED,
    TWO,
    Bench,
    catalog_of,
    cpu_seconds,
    peak_memory_mebibytes,
)
from devstack.stack import Stack


class Timed(ArrowWarehouse):
    """Remembers the longest statement."""

    longest = 0.0

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        found: list[Row] = await self._timed(super().rows(sql, parameters))
        return found

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        await self._timed(super().command(sql, parameters))

    async def _timed(self, told: Awaitable[Any]) -> Any:
        started = time.perf_counter()
        try:
            return await told
        finally:
            self.longest = max(self.longest, time.perf_counter() - started)


@dataclass(frozen=True)
class Figures:
    """By what was done, `seconds` by the clock and `cpu` seconds of ClickHouse; of steps medians."""

    exposures: int
    units: int
    share: float
    seconds: dict[str, float]
    cpu: dict[str, float]
    longest_query: float
    equal: bool
    peak_mebibytes: float = 0.0
    mebibytes_stored: float = 0.0


async def measure(url: str, pid: int, folder: Path, options: argparse.Namespace) -> Figures:
    settings = WarehouseSettings(url=url, database="increments")
    warehouse = Timed(settings)
    patient = ArrowWarehouse(replace(settings, query_seconds_max=3600))
    exposures = int(options.events * 1_000_000)
    bench = Bench(patient, exposures, folder, pid)
    taken: dict[str, list[tuple[float, float]]] = {}

    async def took(name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        started, used = time.perf_counter(), cpu_seconds(pid)
        found = await work()
        taken.setdefault(name, []).append((time.perf_counter() - started, cpu_seconds(pid) - used))
        print(f"{name}: {taken[name][-1][0]:.2f} s, {taken[name][-1][1]:.2f} s of CPU", flush=True)
        return found

    try:
        await migrate(warehouse)
        await took("stored", lambda: bench.store(exposures))
        now = Sheets(warehouse, lag_milliseconds=LAG_MILLISECONDS, fresh_milliseconds=0)
        forwarding = Forwarding(warehouse, catalog_of(TWO), SystemClock(), sheets=now)
        warehouse.longest = 0.0
        await took("first", forwarding.look)
        longest = warehouse.longest
        for _ in range(options.steps):
            await bench.store(int(exposures * options.share))
            worker = Forwarding(warehouse, catalog_of(TWO), SystemClock(), sheets=now)
            await took("step", worker.look)
            await took("asked", lambda: bench.result(TWO, Sheets(patient)))
        anew = Forwarding(patient, catalog_of(TWO), SystemClock(), sheets=now)
        compared = await took("compared", anew.compared)
        [row] = await patient.rows("SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active", {})
    finally:
        await warehouse.close()
        await patient.close()
    seconds, cpu = (
        {name: statistics.median(each[at] for each in every) for name, every in taken.items()} for at in (0, 1)
    )
    equal = all(each.kept and each.equal for each in compared)
    units = exposures // 3
    return Figures(exposures, units, options.share, seconds, cpu, longest, equal, mebibytes_stored=row["bytes"] / 2**20)


def run(options: argparse.Namespace) -> Figures:
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("clickhouse",), durable=False) as stack:
        figures = asyncio.run(measure(stack.clickhouse.url, stack.clickhouse.pid, Path(name), options))
        return replace(figures, peak_mebibytes=peak_memory_mebibytes(stack.clickhouse.pid))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, default=20.0)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.001, help="of the exposures, that a step brings in")
    accept_json(parser)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    figures = run(options)
    print(figures)
    report = Report("increments", NOT_VARIED)
    report.add(**asdict(figures))
    report.finish(options.json)
    if not figures.equal:
        raise SystemExit("the sheet is not what is computed anew")


if __name__ == "__main__":
    main()
