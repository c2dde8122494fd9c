"""The file of an experiment's units over HTTP: its lines make the results again."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
from collections import defaultdict
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from typing import Any, Literal

import httpx
import numpy as np
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Experiment, Metric, MetricUse, Plan
from analytics.reports.unit_endpoints import HeldFile
from analytics.reports.unit_file import UnitFileLimits
from analytics.results.analysis import Analysis, AnalysisTime, Analyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.tables import EXPOSURE_COLUMNS
from messages.aggregations import AGGREGATIONS
from messages.pseudonyms import Pseudonyms
from prometheus_client import CollectorRegistry
from pyarrow import parquet
from service_kit.clock import ManualClock
from service_kit.http import Shell
from starlette.requests import ClientDisconnect
from starlette.types import Message

from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer
from tests.integration.test_analytics_companies import Companies
from tests.integration.test_analytics_metric_kinds import ENVIRONMENT, HOUR, NOW, START, World, _insert, experiment
from tests.waiting import until

PATH = "/v1/experiments/test/units?project=shop&environment=production"
MORE: dict[str, dict[str, Any]] = {
    "ratio": {"denominator_event": "visit"},
    "quantile": {"quantile": 0.75},
    "retention": {"window_start": 10 * 3600, "window_end": 20 * 3600},
    "funnel": {"steps": ("purchase", "visit")},
    "distinct": {"property": "product"},
}
KINDS = [Metric(name, name, name, each, True, "purchase", **MORE.get(name, {})) for name, each in AGGREGATIONS.items()]


def catalog_of(metrics: list[Metric], **more: Any) -> tuple[Catalog, Experiment]:
    catalog = Catalog()
    entries = catalog.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.metrics = {each.key: each for each in metrics}
    uses = tuple(MetricUse(each.key, "goal") for each in metrics)
    chosen = replace(experiment(Plan(mode="fixed", cuped=False)), metrics=uses, **more)
    entries.experiments["test"] = chosen
    catalog.ready = True
    return catalog, chosen


async def asked(
    warehouse: Warehouse, catalog: Catalog, form: str = "csv", role: str = "developer", **more: Any
) -> httpx.Response:
    app = build_app(parts_of(catalog, warehouse, ManualClock(NOW), **more), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        return await client.get(f"{PATH}&format={form}", headers=bearer(role))


async def analysed(warehouse: Warehouse, catalog: Catalog, chosen: Experiment) -> Analysis:
    return await Analyst(ExperimentReader(warehouse), catalog).analyse(chosen, ENVIRONMENT, AnalysisTime(NOW))


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"].startswith("text/csv"):
        return [
            {name: _read(name, text) for name, text in line.items()}
            for line in csv.DictReader(io.StringIO(answer.text))
        ]
    lines: list[dict[str, Any]] = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    return lines


def _read(name: str, text: str) -> Any:
    return text if not name.startswith("metric:") else json.loads(text) if text else None


def mean_of(metric: Metric, lines: list[dict[str, Any]]) -> float:
    """By the metric's definition, of the units of one variation."""
    name = f"metric:{metric.key}"
    if f"{name}:above" in lines[0]:
        above, below = (math.fsum(line[f"{name}:{part}"] or 0.0 for line in lines) for part in ("above", "below"))
        return above / below
    numbers = [line[name] for line in lines if line[name] is not None]
    if metric.aggregation.name == "quantile":
        return float(np.quantile(np.concatenate(numbers), metric.quantile, method="inverted_cdf"))
    return math.fsum(numbers) / len(numbers)


def by_variation(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for line in lines:
        found[line["variation"]].append(line)
    return found


def same(analysis: Analysis, lines: list[dict[str, Any]]) -> None:
    arms = by_variation(lines)
    assert {arm: len(each) for arm, each in arms.items()} == analysis.units
    for each in analysis.metrics:
        assert each.result is not None, (each.metric.key, each.problem)
        for arm in each.result.arms:
            assert mean_of(each.metric, arms[arm.arm]) == pytest.approx(arm.mean, rel=1e-9), each.metric.key


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_lines_make_the_means_of_every_kind_of_metric(warehouse: Warehouse, form: str) -> None:
    world = World(7)
    await world.store(warehouse)
    again = {"flag": "checkout", "user_key": "u0", "event_id": "again", "config_version": 1, "context": "{}"}
    other = {"off": "on", "on": "off"}[world.first["u0"][1]]
    exposure = again | {"variation": other, "occurred_at": world.first["u0"][0] + HOUR}
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, [exposure])
    catalog, chosen = catalog_of(KINDS)

    lines = lines_of(await asked(warehouse, catalog, form))

    same(await analysed(warehouse, catalog, chosen), lines)
    keys = [line["unit_key"] for line in lines]
    assert keys == sorted(world.first.keys() - {"u0"})
    at = {user: np.datetime64(first[0], "ms") for user, first in world.first.items()}
    firsts = [line["first_at"] for line in lines]
    moments = [np.datetime64(each.rstrip("Z") if form == "csv" else each.replace(tzinfo=None), "ms") for each in firsts]
    assert moments == [at[key] for key in keys]


@pytest.mark.parametrize("per", ["user", "unit"])
async def test_companies_are_the_lines_where_they_are_the_units(
    warehouse: Warehouse, per: Literal["user", "unit"]
) -> None:
    companies = Companies.drawn(5)
    await companies.store(warehouse)
    metrics = [replace(each, per=per) for each in KINDS if each.key in ("conversion", "sum", "mean", "quantile")]
    catalog, chosen = catalog_of(metrics, bucket_by="company")

    lines = lines_of(await asked(warehouse, catalog))

    assert {line["unit_key"] for line in lines} == set(companies.users)
    same(await analysed(warehouse, catalog, chosen), lines)


async def test_units_whose_window_is_not_over_have_no_number(warehouse: Warehouse) -> None:
    world = World(8)
    await world.store(warehouse)
    ripe = replace(KINDS[2], window_end=60 * 3600)
    catalog, chosen = catalog_of([ripe])
    chosen = replace(chosen, plan=replace(chosen.plan, matured_only=True))
    catalog.entries("env-1").experiments["test"] = chosen

    lines = lines_of(await asked(warehouse, catalog))

    [found] = (await analysed(warehouse, catalog, chosen)).metrics
    assert found.result is not None
    for arm in found.result.arms:
        numbers = [v for line in by_variation(lines)[arm.arm] if (v := line[f"metric:{ripe.key}"]) is not None]
        assert 0 < len(numbers) == arm.n < len(world.arm(arm.arm))
        assert np.mean(numbers) == pytest.approx(arm.mean, rel=1e-9)


async def test_keys_are_as_the_environment_stores_them(warehouse: Warehouse) -> None:
    """The ingestor stores stand-ins where the environment hashes keys; a spreadsheet takes no key for a formula."""
    stand_in = Pseudonyms("a secret of more than thirty-two bytes", "env-1").of("anna")
    rows = [
        {"flag": "checkout", "variation": "on", "user_key": key, "event_id": key, "config_version": 1, "context": "{}"}
        | {"occurred_at": START + HOUR}
        for key in (stand_in, "=1+1")
    ]
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, rows)
    catalog, _ = catalog_of([])

    assert {line["unit_key"] for line in lines_of(await asked(warehouse, catalog))} == {stand_in, "'=1+1"}
    assert {line["unit_key"] for line in lines_of(await asked(warehouse, catalog, "parquet"))} == {stand_in, "=1+1"}


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_without_a_unit_the_columns_are_there(warehouse: Warehouse, form: str) -> None:
    catalog, _ = catalog_of(KINDS[:1], start_at=None, status="draft")
    answer = await asked(warehouse, catalog, form)
    assert lines_of(answer) == []
    names = answer.text.strip().split(",") if form == "csv" else parquet.read_schema(io.BytesIO(answer.content)).names
    assert names == ["unit_key", "variation", "first_at", f"metric:{KINDS[0].key}"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("limits", [UnitFileLimits(units=399), UnitFileLimits(bytes=100)], ids=["units", "bytes"])
async def test_a_file_that_is_too_large_is_refused_with_what_to_do(
    warehouse: Warehouse, form: str, limits: UnitFileLimits
) -> None:
    await World(9).store(warehouse)
    catalog, _ = catalog_of(KINDS)
    answer = await asked(warehouse, catalog, form, unit_files=limits)
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert "/v1/exports" in answer.json()["detail"]
    whole = await asked(warehouse, catalog, form, unit_files=UnitFileLimits(units=400))
    assert len(lines_of(whole)) == 400


async def test_only_developers_of_the_organization_get_it(warehouse: Warehouse) -> None:
    catalog, _ = catalog_of([])
    app = build_app(parts_of(catalog, warehouse, ManualClock(NOW)), Shell(registry=CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://analytics") as client:
        for headers, status, more in (
            (bearer("viewer"), 403, ""),
            (bearer("administrator", "org-2"), 404, ""),
            (bearer(), 422, "&format=xls"),
            (bearer(), 422, "&rows=5"),
            ({}, 401, ""),
        ):
            assert (await client.get(PATH + more, headers=headers)).status_code == status


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_turn_is_held_until_the_file_is_sent_or_the_client_has_left(leaves: bool) -> None:
    content, pieces = io.BytesIO(b"unit_key"), []
    held = AsyncExitStack()
    held.callback(content.close)

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        assert not content.closed
        if leaves:
            raise OSError("gone")
        pieces.append(message.get("body", b""))

    response = HeldFile(content, {}, held)
    with pytest.raises(ClientDisconnect) if leaves else nullcontext():
        await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)

    assert content.closed
    assert b"".join(pieces) == (b"" if leaves else b"unit_key")


async def test_who_leaves_ends_the_query(warehouse: Warehouse) -> None:
    async def running() -> bool:
        sql = "SELECT count() AS n FROM system.processes WHERE startsWith(query, 'SELECT sleepEachRow') AND elapsed > 0"
        return bool((await warehouse.rows(sql, {}))[0]["n"])

    sql = "SELECT sleepEachRow(0.5) FROM numbers(1000) SETTINGS max_block_size = 1"
    reading = asyncio.create_task(warehouse.stream(sql, {}, list))
    await until(running)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    async def ended() -> bool:
        return not await running()

    await until(ended, 30)
