"""Parts as settings describe them: where ClickHouse is, what exports may reach, what seals their credentials, how the
loader and the export worker go about it.

What a part refuses ends the process like any wrong setting.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from messages.subjects import dead_letters_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from service_kit.outbound import OutboundGuard
from service_kit.settings import wrong_settings

from analytics.catalog.catalog import Catalog
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.port import Destination, Sink
from analytics.exports.lease import LeaseTerms
from analytics.exports.repository import ExportRepository
from analytics.exports.runner import ExportLimits, Runner
from analytics.exports.seal import Sealer
from analytics.exports.telemetry import ExportTelemetry
from analytics.exports.worker import ExportWorker, WorkerOptions, WorkerParts
from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.reports.unit_file import UnitFileLimits
from analytics.settings import DestinationSettings, ExportSettings, LoadSettings, ServeSettings, StoreSettings
from analytics.turns import TurnLimits
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from analytics.warehouse.settings import WarehouseSettings


def warehouse_settings(settings: StoreSettings) -> WarehouseSettings:
    try:
        return WarehouseSettings(
            url=settings.clickhouse_url,
            database=settings.clickhouse_database,
            cluster=settings.clickhouse_cluster,
            retention_days=settings.clickhouse_retention_days,
            query_seconds_max=settings.clickhouse_query_seconds_max,
            query_memory_bytes_max=settings.clickhouse_query_memory_bytes_max,
            password=settings.clickhouse_password.get_secret_value(),
        )
    except ValueError as error:
        name, _, reason = str(error).partition(": ")
        raise wrong_settings(f"FF_CLICKHOUSE_{name.upper()}: {reason}") from None


def turn_limits(settings: ServeSettings) -> TurnLimits:
    return TurnLimits(
        at_once=settings.analytics_heavy_requests_at_once,
        per_organization=settings.analytics_heavy_requests_per_organization,
        per_person=settings.analytics_heavy_requests_per_person,
        waiting_per_organization=settings.analytics_heavy_requests_waiting,
        waiting_seconds=settings.analytics_heavy_requests_waiting_seconds,
    )


def unit_file_limits(settings: ServeSettings) -> UnitFileLimits:
    return UnitFileLimits(units=settings.analytics_unit_file_units_max, bytes=settings.analytics_unit_file_bytes_max)


def destination_policy(settings: DestinationSettings) -> DestinationPolicy:
    return DestinationPolicy(
        folder_root=Path(settings.export_folder_root) if settings.export_folder_root else None,
        object_store_hosts=settings.object_store_hosts,
        guard=OutboundGuard(settings.outbound_allow),
    )


def sealer(settings: DestinationSettings) -> Sealer:
    try:
        return Sealer(settings.export_secret.get_secret_value())
    except ValueError as error:
        raise wrong_settings(f"FF_EXPORT_SECRET: {error}") from None


def loader_options(settings: LoadSettings) -> LoaderOptions:
    return LoaderOptions(
        limits=LoadLimits(
            rows_max=settings.loader_rows_max,
            bytes_max=settings.loader_bytes_max,
            seconds_max=settings.loader_seconds_max,
        ),
        ack_wait_seconds=settings.loader_ack_wait_seconds,
        dead_letters=dead_letters_stream(
            max_bytes=settings.dead_letters_max_bytes,
            max_age_seconds=settings.dead_letters_max_age_seconds,
            replicas=settings.nats_replicas,
            given=settings.given(
                max_bytes="dead_letters_max_bytes",
                max_age_seconds="dead_letters_max_age_seconds",
                replicas="nats_replicas",
            ),
        ),
    )


def export_worker(
    settings: ExportSettings, *, warehouse: ArrowWarehouse, catalog: Catalog, registry: CollectorRegistry
) -> ExportWorker:
    store = ExportStore(warehouse)
    policy = destination_policy(settings)

    def open_sink(organization_id: str, destination: Destination, credentials: dict[str, str]) -> Sink:
        return destination.sink(policy, organization_id, credentials)

    limits = ExportLimits(rows=settings.export_batch_rows, bytes=settings.export_batch_bytes)
    parts = WorkerParts(
        repository=ExportRepository(store),
        runner=Runner(warehouse=warehouse, store=store, catalog=catalog, limits=limits),
        catalog=catalog,
        sealer=sealer(settings),
        open_sink=open_sink,
        clock=SystemClock(),
        telemetry=ExportTelemetry(registry),
    )
    options = WorkerOptions(
        terms=LeaseTerms(worker=f"{socket.gethostname()}-{os.getpid()}", seconds=settings.export_lease_seconds),
        lag_seconds=settings.export_lag_seconds,
        poll_seconds=settings.export_poll_seconds,
        runs_at_once=settings.export_runs_at_once,
    )
    return ExportWorker(parts, options)
