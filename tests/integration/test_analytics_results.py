"""Results from the real store against a plain Python computation over the same random events."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from messages.aggregations import AGGREGATIONS
from messages.generated.event_pb2 import EventBatch
from messages.subjects import events_stream, events_subject
from scipy import stats as scipy_stats
from streams.memory import MemoryBus

from tests.analytics.answers import written
from tests.integration.loader_run import load as run_loader

HOUR = 3_600_000
START = 1_767_607_200_000
STOP = START + 72 * HOUR
NOW = START + 200 * HOUR
ENVIRONMENT = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)


@dataclass
class World:
    """Events of one environment, as the ingestor would have accepted them."""

    exposures: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)


def random_world(seed: int) -> World:
    """Units exposed once, often, before the start, after the stop, in two variations; events before and after."""
    random.seed(seed)
    world = World()
    for number in range(300):
        user = f"user-{number}"
        variation = random.choice(["control", "treatment"])
        for _ in range(random.choice([0, 1, 1, 1, 3])):
            world.exposures.append(exposure(user, variation, START + random.randrange(-20, 90) * HOUR))
        if number % 17 == 0:
            world.exposures.append(exposure(user, "treatment", START + random.randrange(0, 70) * HOUR))
            world.exposures.append(exposure(user, "control", START + random.randrange(0, 70) * HOUR))
        if number % 23 == 0:
            world.exposures.append(exposure(user, "retired", START + 5 * HOUR))
        for _ in range(random.choice([0, 0, 1, 2, 5])):
            at = START + random.randrange(-30 * 60, 100 * 60) * 60_000
            world.metrics.append(metric_event(user, "purchase", at, round(random.expovariate(0.1), 2)))
        if random.random() < 0.4:
            world.metrics.append(metric_event(user, "open", START + random.randrange(0, 90) * HOUR, None))
    return world


def exposure(user: str, variation: str, at: int) -> dict[str, Any]:
    return {
        "event_id": f"e{random.getrandbits(64):x}",
        "timestamp": at,
        "user_key": user,
        "flag": "checkout",
        "variation": variation,
        "config_version": 3,
        "context": {"country": random.choice(["US", "DE"])},
    }


def metric_event(user: str, metric: str, at: int, value: float | None) -> dict[str, Any]:
    return {
        "event_id": f"m{random.getrandbits(64):x}",
        "timestamp": at,
        "user_key": user,
        "metric": metric,
        "value": value,
        "properties": {},
    }


def brute_force(world: World, aggregation: str, metric: str) -> tuple[dict[str, list[float]], int]:
    """Per variation one value per unit (NaN: has none), and how many units saw several variations."""
    first: dict[str, dict[str, Any]] = {}
    seen: dict[str, set[str]] = {}
    for event in sorted(world.exposures, key=lambda each: (each["timestamp"], each["event_id"])):
        if event["variation"] != "retired" and START <= event["timestamp"] < STOP:
            first.setdefault(event["user_key"], event)
            seen.setdefault(event["user_key"], set()).add(event["variation"])
    values: dict[str, list[float]] = {"control": [], "treatment": []}
    for user, event in first.items():
        if len(seen[user]) > 1:
            continue
        mine = [
            each["value"]
            for each in world.metrics
            if each["user_key"] == user and each["metric"] == metric and event["timestamp"] <= each["timestamp"] < STOP
        ]
        value: float
        match aggregation:
            case "conversion":
                value = float(bool(mine))
            case "sum":
                value = math.fsum(each or 0.0 for each in mine)
            case "count":
                value = float(len(mine))
            case _:
                value = math.fsum(mine) / len(mine) if mine else math.nan
        values[event["variation"]].append(value)
    return values, sum(len(each) > 1 for each in seen.values())


def messages_of(world: World, seed: int) -> list[bytes]:
    """Batches in random order; a tenth of the events come again in another batch, as a client's resend."""
    random.seed(seed)
    events = [("exposure", each) for each in world.exposures] + [("metric", each) for each in world.metrics]
    events += random.sample(events, len(events) // 10)
    random.shuffle(events)
    payloads = []
    for number, start in enumerate(range(0, len(events), 40)):
        part = events[start : start + 40]
        lines = {
            kind: b"\n".join(msgspec.json.encode(each) for k, each in part if k == kind)
            for kind in ("exposure", "metric")
        }
        batch = EventBatch(
            batch_id=f"b{number}",
            organization_id="org-1",
            project_id="project-1",
            environment_id="env-1",
            received_at=NOW + number,
            exposures=lines["exposure"],
            metrics=lines["metric"],
        )
        payloads.append(batch.SerializeToString())
    return payloads


async def load(warehouse: Warehouse, payloads: list[bytes]) -> None:
    """Through the real loader, in several small blocks, each message twice."""
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    for payload in [*payloads, *payloads]:
        await bus.publish(events_subject("env-1"), payload)
    options = LoaderOptions(limits=LoadLimits(rows_max=200, seconds_max=0.2))
    await run_loader(bus, warehouse, options)


def catalog_of(experiment: Experiment, metrics: list[Metric]) -> Catalog:
    catalog = Catalog()
    entries = catalog.entries("env-1")
    entries.environment = ENVIRONMENT
    entries.experiments[experiment.key] = experiment
    entries.metrics.update({each.key: each for each in metrics})
    catalog.ready = True
    return catalog


METRICS = [
    Metric("1", "converted", "Converted", AGGREGATIONS["conversion"], True, "purchase"),
    Metric("2", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase"),
    Metric("3", "purchases", "Purchases", AGGREGATIONS["count"], True, "purchase"),
    Metric("4", "basket", "Basket", AGGREGATIONS["mean"], True, "purchase"),
    Metric("5", "opened", "Opened", AGGREGATIONS["count"], True, "open"),
]
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
    shares={"control": 5000, "treatment": 5000},
    control="control",
    metrics=tuple(MetricUse(each.key, "goal") for each in METRICS),
    plan=Plan(mode="fixed"),
)


@pytest.mark.parametrize("seed", [1, 2])
async def test_results_agree_with_a_plain_computation(warehouse: Warehouse, seed: int) -> None:
    world = random_world(seed)
    await load(warehouse, messages_of(world, seed))
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(EXPERIMENT, METRICS))

    analysis = await analyst.analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW))
    document = written(result_document(analysis))

    for metric, shown in zip(METRICS, document["metrics"], strict=True):
        values, several = brute_force(world, metric.aggregation.name, metric.event)
        assert document["units"]["in_several_variations"] == several > 0
        assert {each["variation"]: each["units"] for each in document["units"]["variations"]} == {
            name: len(each) for name, each in values.items()
        }
        kept = {name: [one for one in each if not math.isnan(one)] for name, each in values.items()}
        control, treatment = shown["variations"]
        for variation in (control, treatment):
            mine = kept[variation["variation"]]
            assert variation["units"] == len(mine)
            assert variation["mean"] == pytest.approx(math.fsum(mine) / len(mine), rel=1e-12)
        comparison = treatment["comparison"]["fixed_horizon"]
        if metric.aggregation.binary:
            table = [[sum(each), len(each) - sum(each)] for each in kept.values()]
            p_value = scipy_stats.chi2_contingency(table, correction=False).pvalue
            assert comparison["method"] == "pearson_chi_square"
        else:
            p_value = scipy_stats.ttest_ind(kept["treatment"], kept["control"], equal_var=False).pvalue
        assert comparison["p_value"] == pytest.approx(p_value, rel=1e-9)


async def test_days_add_up_to_the_units(warehouse: Warehouse) -> None:
    world = random_world(3)
    await load(warehouse, messages_of(world, 3))
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(EXPERIMENT, METRICS))

    document = written(result_document(await analyst.analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW))))

    last = document["exposures_per_day"][-1]["variations"]
    assert {each["variation"]: each["cumulative_units"] for each in last} == {
        each["variation"]: each["units"] for each in document["units"]["variations"]
    }


async def test_an_assigning_experiment_counts_only_exposures_that_name_it(warehouse: Warehouse) -> None:
    world = World()
    for number in range(20):
        for named in ("checkout-test", "other", None):
            world.exposures.append(exposure(f"{named}-{number}", "control", START) | {"experiment": named})
    await load(warehouse, messages_of(world, 1))
    experiment = replace(EXPERIMENT, assigns=True, metrics=())
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(experiment, []))

    assert (await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(NOW))).units == {"control": 20, "treatment": 0}


async def test_results_as_of_a_moment_know_only_what_had_been_received(warehouse: Warehouse) -> None:
    world = World([exposure(f"u{number}", "control", START) for number in range(80)])
    await load(warehouse, messages_of(world, 1))
    experiment = replace(EXPERIMENT, metrics=())
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(experiment, []))

    early = await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(NOW, NOW))
    late = await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(NOW, NOW + 10_000))

    assert 0 < early.units["control"] <= 40
    assert late.units["control"] == 80


async def test_no_data_gives_statuses_and_no_number_that_is_none(warehouse: Warehouse) -> None:
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(EXPERIMENT, METRICS))

    document = written(result_document(await analyst.analyse(EXPERIMENT, ENVIRONMENT, AnalysisTime(NOW))))

    assert document["summary"] == "No unit has been exposed yet."
    for metric in document["metrics"]:
        assert metric["status"] == "insufficient_data"
        assert [each["mean"] for each in metric["variations"]] == [None, None]
