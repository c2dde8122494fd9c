"""The analytics API as one FastAPI app: routers plugged in, the store's errors rendered once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fastapi import APIRouter, FastAPI, Request
from messages.acts import ActLog
from messages.subjects import acts_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.http import Shell
from service_kit.logs import get_logger
from service_kit.problems import TooManyRequests, Unavailable, problem_response, problem_responses
from service_kit.reasons import REASON_HEADER
from service_kit.typed_app import create_app
from starlette.responses import Response
from streams import Bus, BusError, StreamSpec

from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.attributes import endpoints as attributes
from analytics.catalog.catalog import Catalog
from analytics.exports import endpoints as exports
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.repository import ExportRepository
from analytics.exports.seal import Sealer
from analytics.exports.service import ExportService
from analytics.metrics import endpoints as metrics
from analytics.operations import endpoints as operations
from analytics.operations.erasure import Eraser
from analytics.operations.reconciliation import Reconciler
from analytics.operations.telemetry import OperationTelemetry
from analytics.planning import endpoints as planning
from analytics.programme import endpoints as programme
from analytics.programme.standings import Standings
from analytics.reports import endpoints as reports
from analytics.reports import unit_endpoints as units
from analytics.reports.unit_file import UnitFileLimits
from analytics.results import endpoints as results
from analytics.results import snapshot_endpoints as snapshots
from analytics.results.inquiries import Inquiries
from analytics.results.snapshots import ResultSnapshots
from analytics.turns import TurnLimits, Turns
from analytics.usage import activity_endpoints as activity
from analytics.usage import endpoints as usage
from analytics.warehouse.activity import ActivityReader
from analytics.warehouse.client import Warehouse
from analytics.warehouse.contexts import ContextReader
from analytics.warehouse.errors import QueryTooExpensive, WarehouseError, WarehouseUnavailable
from analytics.warehouse.exports import ExportStore
from analytics.warehouse.metric_days import MetricDaysReader
from analytics.warehouse.refusals import AWAY
from analytics.warehouse.result_snapshots import ResultSnapshotStore
from analytics.warehouse.usage import UsageReader

BROWSER_ACCESS = CorsPolicy(
    methods=("GET", "POST", "PATCH", "DELETE"),
    headers=("Authorization", "Content-Type", "If-Match", REASON_HEADER),
    exposed=("Retry-After", "Content-Disposition", "ETag", "Location"),
    setting="FF_ANALYTICS_CORS_ORIGINS",
)
_log = get_logger("analytics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the composition root hands to the app."""

    catalog: Catalog
    warehouse: Warehouse
    authenticator: Authenticator
    clock: Clock
    bus: Bus
    acts_stream: StreamSpec = field(default_factory=acts_stream)
    pii_secret: str = ""
    cors_origins: tuple[str, ...] = ()
    turns: TurnLimits = field(default_factory=TurnLimits)
    unit_files: UnitFileLimits = field(default_factory=UnitFileLimits)
    destinations: DestinationPolicy = field(default_factory=lambda: DestinationPolicy(None, ()))
    sealer: Sealer = field(default_factory=lambda: Sealer(""))


def build_app(parts: Parts, shell: Shell) -> FastAPI:
    async def catalog_ready() -> str | None:
        return None if parts.catalog.ready else f"no experiment is known: {parts.catalog.lack}"

    app = create_app(
        "Verdict analytics",
        replace(shell, takes_reasons=True),
        checks={"catalog": catalog_ready, "clickhouse": parts.warehouse.ping},
    )
    for router in _routers(parts, shell.registry):
        app.include_router(router, responses=problem_responses(TooManyRequests))
    allow_browsers(app, Pages(parts.cors_origins, BROWSER_ACCESS))
    app.add_exception_handler(WarehouseError, _on_warehouse_error)
    app.add_exception_handler(BusError, _on_bus_error)
    return app


def _routers(parts: Parts, registry: CollectorRegistry) -> list[APIRouter]:
    authenticator, warehouse, clock = parts.authenticator, parts.warehouse, parts.clock
    acts = Acts(ActLog(parts.bus, parts.acts_stream, clock))
    inquiries = Inquiries(catalog=parts.catalog, warehouse=warehouse, clock=clock, turns=Turns(parts.turns))
    reconciler = Reconciler(bus=parts.bus, warehouse=warehouse, clock=clock, telemetry=OperationTelemetry(registry))
    return [
        results.build_router(authenticator=authenticator, inquiries=inquiries, warehouse=warehouse, clock=clock),
        snapshots.build_router(
            authenticator=authenticator,
            inquiries=inquiries,
            snapshots=ResultSnapshots(warehouse, parts.catalog, clock),
            store=ResultSnapshotStore(warehouse),
            acts=acts,
        ),
        reports.build_router(authenticator=authenticator, inquiries=inquiries),
        units.build_router(authenticator=authenticator, inquiries=inquiries, acts=acts, limits=parts.unit_files),
        planning.build_router(authenticator=authenticator, inquiries=inquiries, warehouse=warehouse, clock=clock),
        programme.build_router(
            authenticator=authenticator,
            inquiries=inquiries,
            warehouse=warehouse,
            standings=Standings(warehouse, parts.catalog, clock),
            clock=clock,
        ),
        usage.build_router(
            authenticator=authenticator, inquiries=inquiries, reader=UsageReader(warehouse), clock=clock
        ),
        activity.build_router(
            authenticator=authenticator, inquiries=inquiries, reader=ActivityReader(warehouse), clock=clock
        ),
        attributes.build_router(
            authenticator=authenticator, inquiries=inquiries, reader=ContextReader(warehouse), clock=clock
        ),
        metrics.build_router(
            authenticator=authenticator, inquiries=inquiries, reader=MetricDaysReader(warehouse), clock=clock
        ),
        operations.build_router(
            authenticator=authenticator,
            inquiries=inquiries,
            bus=parts.bus,
            reconciler=reconciler,
            eraser=Eraser(bus=parts.bus, warehouse=warehouse, pii_secret=parts.pii_secret),
            acts=acts,
        ),
        exports.build_router(
            authenticator=authenticator,
            catalog=parts.catalog,
            exports=ExportService(
                repository=ExportRepository(ExportStore(warehouse)),
                catalog=parts.catalog,
                sealer=parts.sealer,
                policy=parts.destinations,
                clock=clock,
                acts=acts,
            ),
        ),
    ]


async def _on_bus_error(request: Request, error: Exception) -> Response:
    _log.error("the bus did not answer", path=request.url.path, error=str(error))
    return problem_response(Unavailable("the bus does not answer", code="bus_unavailable", retry_after_seconds=5))


async def _on_warehouse_error(request: Request, error: Exception) -> Response:
    _log.error("ClickHouse did not answer", path=request.url.path, error=str(error))
    if isinstance(error, QueryTooExpensive):
        problem = Unavailable("the question takes more time or memory than it may", code="query_too_expensive")
    else:
        refusal = error.refusal if isinstance(error, WarehouseUnavailable) else AWAY
        retry = refusal.retry_after_seconds
        problem = Unavailable(refusal.sentence, code=refusal.code, retry_after_seconds=retry)
    return problem_response(problem)
