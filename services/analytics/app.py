"""The analytics API as one FastAPI app: routers plugged in, the store's errors rendered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from service_kit.browsers import BrowserAccess, allow_browsers
from service_kit.clock import Clock
from service_kit.http import Lifespan, create_app
from service_kit.logs import get_logger
from service_kit.problems import Unavailable, problem_response
from starlette.responses import Response
from streams import BusError

from analytics.access import Authenticator
from analytics.catalog.catalog import Catalog
from analytics.exports.destinations.opening import DestinationPolicy
from analytics.exports.endpoints import TESTS_AT_ONCE
from analytics.exports.endpoints import router as exports_router
from analytics.exports.register import Register
from analytics.exports.sealing import Sealer
from analytics.exports.service import ExportService
from analytics.operations.endpoints import router as operations_router
from analytics.operations.metrics import OperationMetrics
from analytics.planning.endpoints import router as planning_router
from analytics.reports.endpoints import router as reports_router
from analytics.results.endpoints import router as results_router
from analytics.results.snapshot_endpoints import router as snapshots_router
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import QueryTooExpensive, WarehouseError
from analytics.warehouse.exports import ExportStore

BROWSER_ACCESS = BrowserAccess(
    methods=("GET", "POST", "PATCH", "DELETE"),
    headers=("Authorization", "Content-Type", "If-Match"),
    exposed=("Retry-After", "Content-Disposition", "ETag", "Location"),
)
_log = get_logger("analytics")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the composition root hands to the app."""

    catalog: Catalog
    warehouse: Warehouse
    authenticator: Authenticator
    clock: Clock
    pii_secret: str = ""
    cors_origins: tuple[str, ...] = ()
    destinations: DestinationPolicy = field(default_factory=lambda: DestinationPolicy(None, ()))
    sealer: Sealer = field(default_factory=lambda: Sealer(""))


def build_app(parts: Parts, registry: CollectorRegistry, lifespan: Lifespan | None = None) -> FastAPI:
    async def catalog_ready() -> str | None:
        return None if parts.catalog.ready else "the experiments have not been read from the bus yet"

    app = create_app(
        "Verdict analytics",
        registry=registry,
        checks={"catalog": catalog_ready, "clickhouse": parts.warehouse.ping},
        lifespan=lifespan or _nothing,
    )
    app.state.catalog = parts.catalog
    app.state.authenticator = parts.authenticator
    app.state.clock = parts.clock
    app.state.warehouse = parts.warehouse
    app.state.pii_secret = parts.pii_secret
    app.state.metrics = OperationMetrics(registry)
    # The bus belongs to the running loop, so the lifespan sets it.
    app.state.bus = None
    register = Register(ExportStore(parts.warehouse))
    app.state.exports = ExportService(register, parts.catalog, parts.sealer, parts.destinations, parts.clock)
    app.state.export_tests = asyncio.Semaphore(TESTS_AT_ONCE)
    for router in (
        results_router,
        snapshots_router,
        reports_router,
        planning_router,
        operations_router,
        exports_router,
    ):
        app.include_router(router)
    allow_browsers(app, parts.cors_origins, BROWSER_ACCESS)
    app.add_exception_handler(WarehouseError, _on_warehouse_error)
    app.add_exception_handler(BusError, _on_bus_error)
    return app


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


async def _on_bus_error(request: Request, error: Exception) -> Response:
    _log.error("the bus did not answer", path=request.url.path, error=str(error))
    return problem_response(Unavailable("the bus does not answer", code="bus_unavailable", retry_after_seconds=5))


async def _on_warehouse_error(request: Request, error: Exception) -> Response:
    _log.error("ClickHouse did not answer", path=request.url.path, error=str(error))
    if isinstance(error, QueryTooExpensive):
        problem = Unavailable("the question takes more time or memory than it may", code="query_too_expensive")
    else:
        problem = Unavailable("ClickHouse does not answer", code="warehouse_unavailable", retry_after_seconds=5)
    return problem_response(problem)
