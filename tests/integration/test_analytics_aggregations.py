"""The vectors of each aggregation against ClickHouse: from the events of a few units to the figure that is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from analytics.catalog.entries import Metric
from analytics.results.measurements import MeasurementOptions, Measurer
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from bucketing.document import condition_from_document
from messages.aggregations import AGGREGATIONS
from stats import MetricSpec, analyse_metric

VECTORS = Path(__file__).parents[1] / "vectors" / "aggregations"
EXPOSED_AT = 1_767_607_200_000
CASES = [
    pytest.param(name, case, id=case["id"])
    for name in AGGREGATIONS
    for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]
]


@pytest.fixture(scope="module")
def database(clickhouse_server: Any) -> Any:
    clickhouse_server.run_sql("CREATE DATABASE aggregation_vectors")
    yield "aggregation_vectors"
    clickhouse_server.run_sql("DROP DATABASE aggregation_vectors")


@pytest.fixture
async def warehouse(clickhouse_url: str, database: str) -> Any:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=database))
    await migrate(warehouse)
    yield warehouse
    await warehouse.close()


@pytest.mark.parametrize(("aggregation", "case"), CASES)
async def test_case(warehouse: Warehouse, aggregation: str, case: dict[str, Any]) -> None:
    """Each case has an environment of its own, and both arms see the same."""
    for arm in ("off", "on"):
        await _store(warehouse, case, arm)
    metric = metric_of(aggregation, case["metric"])
    scope = ExposureScope("org-1", case["id"], "checkout", "", ("off", "on"), EXPOSED_AT, END_OF_TIME, END_OF_TIME)
    units = {("", arm): len(case["units"]) for arm in ("off", "on")}

    measured = await Measurer(ExperimentReader(warehouse), scope, units, MeasurementOptions()).measure(metric)

    shown = analyse_metric(MetricSpec("m"), measured.summaries[""], control="off").arms
    expected = case["expected"]
    mean = pytest.approx(expected["mean"]) if expected["mean"] is not None else None
    assert [(arm.n, arm.mean) for arm in shown] == [(expected["units"], mean)] * 2


def metric_of(aggregation: str, given: dict[str, Any]) -> Metric:
    read: dict[str, Callable[[Any], Any]] = {"steps": tuple, "filter": condition_from_document}
    fields = {name: read.get(name, lambda value: value)(value) for name, value in given.items()}
    return Metric("1", "m", "M", AGGREGATIONS[aggregation], True, "purchase", **fields)


async def _store(warehouse: Warehouse, case: dict[str, Any], arm: str) -> None:
    exposures, events = [], []
    for unit, did in case["units"].items():
        user = f"{arm}-{unit}"
        exposures.append({"user_key": user, "event_id": user, "occurred_at": EXPOSED_AT})
        for name, field in (("purchase", "events"), (case["metric"].get("denominator_event"), "denominator_events")):
            events += [event(user, name, each) for each in did.get(field, ())]
        events += [event(user, name, each) for name, some in did.get("named_events", {}).items() for each in some]
    of_flag = {"flag": "checkout", "variation": arm, "experiment": "", "config_version": 1, "context": "{}"}
    await _insert(warehouse, "events_exposure", EXPOSURE_COLUMNS, case, [of_flag | row for row in exposures])
    numbered = [{"event_id": f"{arm}-{number}"} | row for number, row in enumerate(events)]
    await _insert(warehouse, "events_metric", METRIC_COLUMNS, case, numbered)


def event(user: str, name: str | None, told: list[Any]) -> dict[str, Any]:
    after, value, *properties = told
    return {
        "user_key": user,
        "metric": name,
        "value": value,
        "occurred_at": EXPOSED_AT + after * 1000,
        "properties": json.dumps(properties[0] if properties else {}),
    }


async def _insert(
    warehouse: Warehouse, table: str, columns: dict[str, str], case: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    origin = {"organization_id": "org-1", "project_id": "p", "environment_id": case["id"], "sdk_key_id": "k"}
    full = [origin | {"received_at": EXPOSED_AT} | row for row in rows]
    if full:
        await warehouse.insert(
            table, {name: (kind, [row.get(name, "") for row in full]) for name, kind in columns.items()}
        )
