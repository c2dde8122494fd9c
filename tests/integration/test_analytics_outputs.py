"""Snapshots, files, the report page, explanations, segments: the other forms that results go out in."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from analytics.app import build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.results.analysis import Analyst
from analytics.results.documents import ResultDocument
from analytics.results.snapshots import ResultSnapshots
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from messages.aggregations import AGGREGATIONS
from prometheus_client import CollectorRegistry
from pyarrow import parquet
from scipy.stats import chisquare
from service_kit.clock import ManualClock
from service_kit.http import Shell

from tests.analytics.answers import read
from tests.analytics.app_parts import parts_of
from tests.analytics.people import bearer

START = 1_767_607_200_000
NOW = START + 3 * 86_400_000
BASE = "/v1/experiments/exp-1"


def catalog() -> Catalog:
    made = Catalog()
    entries = made.entries("env-1")
    entries.environment = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)
    entries.metrics["revenue"] = Metric("m1", "revenue", "Revenue <b>", AGGREGATIONS["sum"], True, "purchase")
    entries.experiments["test"] = Experiment(
        id="exp-1",
        key="test",
        name="=Test & <script>alert(1)</script>",
        environment_id="env-1",
        flag="checkout",
        assigns=False,
        status="running",
        start_at=START,
        stop_at=None,
        shares={"off": 5000, "on": 5000},
        control="off",
        metrics=(MetricUse("revenue", "goal"),),
        plan=Plan(mode="fixed"),
    )
    made.ready = True
    return made


async def store(warehouse: Warehouse, table: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    origin = {"organization_id": "org-1", "project_id": "project-1", "environment_id": "env-1", "sdk_key_id": "k"}
    full = [origin | row for row in rows]
    await warehouse.insert(table, {name: (kind, [row.get(name, "") for row in full]) for name, kind in columns.items()})


@pytest.fixture
async def warehouse(clickhouse_url: str, migrated_clickhouse_database: str) -> AsyncIterator[Warehouse]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database))
    warehouse.migrated = True
    exposures, events = [], []
    for number in range(200):
        at = START + number * 800_000
        exposure: dict[str, Any] = {"flag": "checkout", "variation": "on" if number % 2 else "off", "experiment": ""}
        exposure |= {"user_key": f"u{number}", "event_id": f"e{number}", "config_version": 1}
        exposures.append(exposure | {"context": '{"country":"US"}', "occurred_at": at, "received_at": at})
        event = {"metric": "purchase", "user_key": f"u{number}", "event_id": f"m{number}", "value": number * 0.5}
        events.append(event | {"properties": "{}", "occurred_at": at, "received_at": at})
    await store(warehouse, "events_exposure", EXPOSURE_COLUMNS, exposures)
    await store(warehouse, "events_metric", METRIC_COLUMNS, events)
    yield warehouse
    await warehouse.close()


@pytest.fixture
async def client(warehouse: Warehouse) -> AsyncIterator[httpx.AsyncClient]:
    held, clock = catalog(), ManualClock(NOW)
    app = build_app(parts_of(held, warehouse, clock), Shell(registry=CollectorRegistry()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics", headers=bearer()) as client:
        yield client


def p_value(document: dict[str, Any]) -> float:
    return float(document["metrics"][0]["variations"][1]["comparison"]["p_value"])


async def test_a_snapshot_is_kept_as_it_was(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    before = (await client.get(f"{BASE}/results")).json()
    taken = await client.post(f"{BASE}/snapshots")
    late: dict[str, Any] = {
        "flag": "checkout",
        "variation": "on",
        "experiment": "",
        "user_key": "late",
        "event_id": "late",
    }
    late |= {"config_version": 1, "context": "{}", "occurred_at": NOW, "received_at": NOW}
    await store(warehouse, "events_exposure", EXPOSURE_COLUMNS, [late])

    listed = (await client.get(f"{BASE}/snapshots")).json()["items"]
    kept = await client.get(f"{BASE}/snapshots/{taken.json()['id']}")

    assert taken.status_code == 201
    assert [each["id"] for each in listed] == [taken.json()["id"]]
    read(ResultDocument, kept.content)
    assert kept.json()["units"] == before["units"]
    assert kept.json()["computed_at"] == before["computed_at"]
    assert p_value(kept.json()) == pytest.approx(p_value(before))
    assert (await client.get(f"{BASE}/results")).json()["units"]["total"] == 201


async def test_only_editors_take_snapshots_and_strangers_see_none(client: httpx.AsyncClient) -> None:
    taken = (await client.post(f"{BASE}/snapshots")).json()["id"]

    assert (await client.post(f"{BASE}/snapshots", headers=bearer("viewer"))).status_code == 403
    for path in ("", f"/{taken}"):
        answer = await client.get(f"{BASE}/snapshots{path}", headers=bearer("owner", "org-2"))
        assert answer.status_code == 404
    assert (await client.get(f"{BASE}/snapshots/none")).json()["code"] == "snapshot_not_found"


async def test_the_worker_takes_one_snapshot_per_interval(warehouse: Warehouse) -> None:
    clock = ManualClock(NOW)
    first = ResultSnapshots(warehouse, catalog(), clock)
    second = ResultSnapshots(warehouse, catalog(), clock)

    assert [await first.take_due(3600), await second.take_due(3600)] == [1, 0]
    clock.advance(3600)
    assert await second.take_due(3600) == 1


@pytest.mark.parametrize(
    "error", [QueryTooExpensive("too much memory"), ZeroDivisionError()], ids=["dear", "unexpected"]
)
async def test_an_experiment_that_can_not_be_analysed_costs_no_other_one_its_snapshot(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    made = catalog()
    experiments = made.entries("env-1").experiments
    made.entries("env-1").experiments = {"bad": replace(experiments["test"], id="exp-0", key="bad"), **experiments}
    analyse = Analyst.analyse

    async def failing(self: Analyst, experiment: Experiment, *more: Any) -> Any:
        if experiment.key == "bad":
            raise error
        return await analyse(self, experiment, *more)

    monkeypatch.setattr(Analyst, "analyse", failing)
    assert await ResultSnapshots(warehouse, made, ManualClock(NOW)).take_due(3600) == 1


async def test_csv_and_parquet_have_the_same_lines(client: httpx.AsyncClient) -> None:
    text = await client.get(f"{BASE}/results/export?format=csv")
    binary = await client.get(f"{BASE}/results/export?format=parquet")
    results = (await client.get(f"{BASE}/results")).json()

    lines = list(csv.DictReader(io.StringIO(text.text)))
    table = parquet.read_table(io.BytesIO(binary.content)).to_pylist()
    treatment = results["metrics"][0]["variations"][1]
    assert [each["variation"] for each in lines] == [each["variation"] for each in table] == ["off", "on"]
    assert float(lines[1]["p_value"]) == pytest.approx(treatment["comparison"]["p_value"])
    assert table[1]["p_value"] == pytest.approx(treatment["comparison"]["p_value"])
    assert (table[0]["p_value"], lines[0]["p_value"]) == (None, "")
    assert text.headers["content-disposition"] == 'attachment; filename="test.csv"'


async def test_the_page_needs_nothing_and_runs_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get(f"{BASE}/report")

    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert page.text.count("<svg") >= 3
    assert '<h2 id="s0">Decision</h2>' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("pdf", b"%PDF"),
        ("pdf&by=country", b"%PDF"),
        ("html&by=$sdk_key", b"<!doctype html>"),
        ("png", b"\x89PNG"),
        ("png&picture=daily_units", b"\x89PNG"),
    ],
)
async def test_the_report_as_file_and_picture(client: httpx.AsyncClient, query: str, start: bytes) -> None:
    answer = await client.get(f"{BASE}/report?format={query}")

    assert answer.status_code == 200
    assert answer.content.startswith(start)


async def test_an_explanation_shows_sql_parameters_and_aggregates(client: httpx.AsyncClient) -> None:
    document = (await client.get(f"{BASE}/results?explain=true")).json()

    by_name = {each["query"]: each for each in document["explanation"]}
    assert {"unit_sums", "health"} <= set(by_name)
    assert "{organization:String}" in by_name["unit_sums"]["sql"]
    assert by_name["unit_sums"]["parameters"]["organization"] == "org-1"
    assert sum(row["units"] for row in by_name["unit_sums"]["rows"]) == 200


async def test_segments_and_days_over_http(client: httpx.AsyncClient) -> None:
    segments = await client.get(f"{BASE}/results/segments?by=country")
    days = await client.get(f"{BASE}/results/over-time")

    assert [each["segment"] for each in segments.json()["segments"]] == ["US"]
    assert [each["date"] for each in days.json()["metrics"][0]["days"]] == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert (await client.get(f"{BASE}/results/segments")).status_code == 422


@pytest.mark.parametrize("value", [1e62, 1e160, 1e200, -1.7e308])
async def test_a_stored_value_beyond_every_sum_costs_only_its_own_metric(warehouse: Warehouse, value: float) -> None:
    """What was stored before values had a limit: every form of the results is an answer."""
    known = catalog()
    entries = known.entries("env-1")
    kinds = ("sum", "mean", "ratio", "quantile", "conversion", "count")
    for kind in kinds:
        entries.metrics[kind] = Metric(
            kind, kind, kind, AGGREGATIONS[kind], True, "purchase", denominator_event="purchase", quantile=0.5
        )
    entries.experiments["test"] = replace(
        entries.experiments["test"], metrics=tuple(MetricUse(kind, "goal") for kind in kinds)
    )
    event = {"metric": "purchase", "user_key": "u1", "event_id": "huge", "value": value, "properties": "{}"}
    at = {"occurred_at": NOW - 1000, "received_at": NOW - 1000}
    await store(warehouse, "events_metric", METRIC_COLUMNS, [event | at])
    clock = ManualClock(NOW)
    app = build_app(parts_of(known, warehouse, clock), Shell(registry=CollectorRegistry()))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a", headers=bearer()) as asking:
        paths = ("results", "results/segments?by=country", "results/over-time", "report", "results/export?format=csv")
        answers = {path: await asking.get(f"{BASE}/{path}") for path in paths}
        taken = await asking.post(f"{BASE}/snapshots")

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, 200)
    assert taken.status_code == 201
    metrics = answers["results"].json()["metrics"]
    assert {each["metric"] for each in metrics if each["status"] == "invalid_input"} == {"sum", "mean", "ratio"}
    assert await ResultSnapshots(warehouse, known, clock).take_due(3600) == 1


async def test_the_sample_ratio_names_where_units_are_lost(client: httpx.AsyncClient, warehouse: Warehouse) -> None:
    """The other key's exposures of one variation never arrive."""
    lost = [
        {"flag": "checkout", "variation": "off", "experiment": "", "user_key": f"v{number}", "event_id": f"v{number}"}
        | {"config_version": 2, "context": '{"country":"DE"}', "occurred_at": START, "received_at": START}
        | {"sdk_key_id": "broken"}
        for number in range(60)
    ]
    await store(warehouse, "events_exposure", EXPOSURE_COLUMNS, lost)

    told = (await client.get(f"{BASE}/results/sample-ratio?by=country")).json()["sample_ratio"]
    results = (await client.get(f"{BASE}/results")).json()

    assert (told["mismatch"], told["method"]) == (True, "chi_square")
    assert told["p_value"] == pytest.approx(float(chisquare([160, 100]).pvalue), rel=1e-9)
    assert [each["by"] for each in told["sources"]] == ["$day", "$sdk_key", "$config_version", "country"]
    for source, segment in zip(told["sources"][1:], ("broken", "2", "DE"), strict=True):
        first = source["slices"][0]
        assert (first["segment"], first["units"], first["mismatch"]) == (segment, 60, True)
        assert (first["contribution"], first["p_elsewhere"]) == (1.0, 1.0)
    assert "SDK key broken alone" in told["summary"]
    assert [each["by"] for each in results["sample_ratio"]["sources"]] == ["$day", "$sdk_key", "$config_version"]
    assert results["sample_ratio"]["sequential"] == told["sequential"]
    assert {each["verdict"] for each in results["decisions"]} == {"unhealthy"}
    assert results["metrics"][0]["variations"][1]["comparison"]["p_value"] is not None, "the display goes on"
    assert (await client.get(f"{BASE}/results/sample-ratio?by=")).status_code == 422
    assert (await client.get(f"{BASE}/results/sample-ratio?by=a&by=b")).status_code == 422
