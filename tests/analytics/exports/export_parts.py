"""A catalog, events and a worker for the tests of exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse, Plan
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.registry import AnyDestination
from analytics.exports.lease import LeaseTerms
from analytics.exports.models import Export
from analytics.exports.repository import ExportRepository
from analytics.exports.runner import ExportLimits, Runner
from analytics.exports.seal import Sealer
from analytics.exports.telemetry import ExportTelemetry
from analytics.exports.worker import ExportWorker, WorkerOptions, WorkerParts
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.client import Warehouse
from analytics.warehouse.exports import ExportStore
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from bucketing.flagset import Comparison, Fixed, Flag, FlagType, Rollout, Rule, Share
from messages.aggregations import AGGREGATIONS
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

NOW = 1_767_607_200_000
SECRET = "a secret for exports of more than 32 bytes"


def export_catalog() -> Catalog:
    """One environment of `org-1` with a flag, a metric and a running experiment; one of `org-2`."""
    made = Catalog()
    for number in ("1", "2"):
        entries = made.entries(f"env-{number}")
        entries.environment = Environment(
            f"env-{number}", "production", f"project-{number}", "shop", f"org-{number}", "salt", False
        )
    entries = made.entries("env-1")
    entries.metrics["revenue"] = Metric("m1", "revenue", "Revenue", AGGREGATIONS["sum"], True, "purchase")
    entries.flags["checkout"] = Flag(
        "checkout",
        FlagType.BOOLEAN,
        {"on": True, "off": False},
        "off",
        Rollout((Share("on", 5000), Share("off", 5000))),
        client_visible=True,
        rules=(Rule("r", Comparison("plan", "exists"), Fixed("on")),),
    )
    entries.experiments["test"] = Experiment(
        id="exp-1",
        key="test",
        name="Test",
        environment_id="env-1",
        flag="checkout",
        assigns=False,
        status="running",
        start_at=NOW - 1000,
        stop_at=None,
        shares={"on": 5000, "off": 5000},
        control="off",
        metrics=(MetricUse("revenue", "goal"),),
        plan=Plan(mode="fixed"),
    )
    made.ready = True
    return made


def export_of(destination: AnyDestination, **changes: Any) -> Export:
    values: dict[str, Any] = {
        "id": "export-1",
        "organization_id": "org-1",
        "project_id": "project-1",
        "project": "shop",
        "environment_id": "env-1",
        "environment": "production",
        "name": "nightly",
        "destination": destination,
        "datasets": ("exposures", "metric_events", "flags", "experiments", "results"),
        "scheduled_since": NOW,
        "created_at": NOW,
        "created_by": "user-1",
        "updated_at": NOW,
        "updated_by": "user-1",
    }
    return Export(**(values | changes))


def export_worker(
    warehouse: ArrowWarehouse,
    root: Path | None = None,
    *,
    clock: ManualClock | None = None,
    rows: int = 100,
    policy: DestinationPolicy | None = None,
    open_as: Any = None,
    name: str = "worker-1",
    catalog: Catalog | None = None,
    seconds: float = 30.0,
) -> ExportWorker:
    """A worker without lag and without pauses between attempts."""
    store = ExportStore(warehouse)
    catalog = catalog or export_catalog()
    allowed = policy or DestinationPolicy(root, ())
    parts = WorkerParts(
        repository=ExportRepository(store),
        runner=Runner(warehouse, store, catalog, ExportLimits(rows)),
        catalog=catalog,
        sealer=Sealer(SECRET),
        open_sink=open_as
        or (lambda organization, destination, secrets: destination.sink(allowed, organization, secrets)),
        clock=clock or ManualClock(NOW),
        telemetry=ExportTelemetry(CollectorRegistry()),
    )
    terms = LeaseTerms(name, seconds)
    return ExportWorker(parts, WorkerOptions(terms, lag_seconds=0.0, retry_seconds=0.01))


async def store_exposures(
    warehouse: Warehouse, ids: list[str], *, received_at: int = NOW, environment: str = "1"
) -> None:
    """One exposure per id, by a user of the same name."""
    many = len(ids)
    values: dict[str, list[Any]] = {
        **_origin(many, environment),
        "flag": ["checkout"] * many,
        "variation": ["on" if int(each) % 2 else "off" for each in ids],
        "experiment": ["test" if int(each) % 3 else "" for each in ids],
        "user_key": [f"user-{each}" for each in ids],
        "event_id": [f"e-{each}" for each in ids],
        "config_version": [2**53 + 7] * many,
        "context": ['{"country":"NO","note":"a \\"b\\" é"}'] * many,
        "occurred_at": [NOW - 5 + int(each) for each in ids],
        "received_at": [received_at] * many,
    }
    await warehouse.insert("events_exposure", {name: (EXPOSURE_COLUMNS[name], values[name]) for name in values})


async def store_purchases(warehouse: Warehouse, ids: list[str], *, environment: str = "1") -> None:
    """One purchase per id; every fifth has no value."""
    many = len(ids)
    values: dict[str, list[Any]] = {
        **_origin(many, environment),
        "metric": ["purchase"] * many,
        "user_key": [f"user-{each}" for each in ids],
        "event_id": [f"p-{each}" for each in ids],
        "value": [None if int(each) % 5 == 0 else int(each) / 7 for each in ids],
        "properties": ['{"basket":[1,2]}'] * many,
        "occurred_at": [NOW + int(each) for each in ids],
        "received_at": [NOW] * many,
    }
    await warehouse.insert("events_metric", {name: (METRIC_COLUMNS[name], values[name]) for name in values})


def _origin(many: int, environment: str) -> dict[str, list[Any]]:
    return {
        "organization_id": [f"org-{environment}"] * many,
        "project_id": [f"project-{environment}"] * many,
        "environment_id": [f"env-{environment}"] * many,
        "sdk_key_id": ["key-1"] * many,
    }
