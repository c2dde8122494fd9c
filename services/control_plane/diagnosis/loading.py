"""A look at the way of events: where loaders are on the stream, and how ClickHouse stands, as analytics tells it."""

from __future__ import annotations

from collections.abc import Awaitable
from importlib.metadata import version

from messages.generated.warehouse_pb2 import WarehouseReply
from messages.subjects import EVENTS, LOADER
from service_kit.clock import Clock
from streams import Bus, NoResponder, StreamMissing
from streams.connection import BusConnection
from streams.inspection import inspect_consumer

from control_plane.diagnosis.findings import Findings, counted
from control_plane.diagnosis.warehouse import ask

SECONDS = 5.0
LATE_SECONDS = 60.0
FREE_SHARE = 0.15


async def look_at_loaders(findings: Findings, *, connection: BusConnection, clock: Clock) -> None:
    """Raises `BusUnavailable`."""
    try:
        loader = await inspect_consumer(connection, EVENTS, LOADER, SECONDS)
    except StreamMissing:
        loader = None
    if loader is None:
        findings.fault("no loader has ever come: events wait on the stream", "start `analytics load`, and see its log")
        return
    if not loader.waiting:
        findings.well("all events on the stream are loaded")
        return
    silent = clock.now() / 1000 - loader.acknowledged_at / 1000
    if silent > LATE_SECONDS:
        since = f"for {silent:,.0f} s" if loader.acknowledged_at else "yet"
        findings.fault(
            f"{counted(loader.waiting, 'message')} not loaded from {EVENTS}, and none has been {since}",
            "see the log of `analytics load`, and whether ClickHouse takes rows",
            "VerdictLoaderStopped",
        )
    else:
        findings.well(f"{counted(loader.waiting, 'message')} being loaded")


async def look_at_warehouse(findings: Findings, *, bus: Bus, clock: Clock) -> None:
    """Raises `BusError`."""
    before = clock.now()
    told = await answered(findings, ask(bus))
    if told is None:
        return
    findings.compare_clocks("its", told.time / 1000, (before + clock.now()) / 2000)
    look_at_tables(findings, told)
    _look_at_room(findings, told)
    if told.software_version != version("verdict-platform"):
        findings.warning(
            f"this is version {version('verdict-platform')}, analytics is {told.software_version}", "finish the upgrade"
        )


async def answered(findings: Findings, asking: Awaitable[WarehouseReply]) -> WarehouseReply | None:
    """What analytics tells; None after a fault, where it or ClickHouse is away. Raises `BusError`."""
    try:
        told = await asking
    except NoResponder:
        findings.fault(
            "analytics does not answer: no results, and nobody tells how ClickHouse stands",
            "start `analytics serve`, and see its log",
            "VerdictPartSilent",
        )
        return None
    if told.trouble:
        findings.fault(
            f"ClickHouse does not answer analytics: {told.detail}",
            "see FF_CLICKHOUSE_URL, and whether it runs",
            "VerdictEventsNotStored",
        )
        return None
    return told


def look_at_tables(findings: Findings, told: WarehouseReply) -> None:
    """What ClickHouse has, and what it lacks."""
    findings.well(
        f"ClickHouse {told.version}, {told.bytes_stored / 1024**2:,.0f} MiB, {counted(told.exposures, 'exposure')}, "
        f"{counted(told.metric_events, 'metric event')}"
    )
    if told.missing_tables:
        findings.fault(
            f"it lacks tables: {', '.join(told.missing_tables)}",
            "run `analytics migrate`, then load again what was stored there (docs/recovery.md)",
            "VerdictWarehouseEventsLost",
        )
    elif told.missing_migrations:
        findings.fault(
            f"{counted(len(told.missing_migrations), 'migration')} missing, the first is {told.missing_migrations[0]}",
            "run `analytics migrate`",
        )
    if told.later_migrations:
        findings.warning(
            f"its tables are those of a later version, which brought {told.later_migrations[-1]}", "finish the upgrade"
        )
    if told.detail:
        findings.fault(
            f"stored events are lost ({told.detail}), so results are refused",
            "restore a backup, or `analytics rewind --since` the moment of the loss",
            "VerdictWarehouseEventsLost",
        )


def _look_at_room(findings: Findings, told: WarehouseReply) -> None:
    if told.disk_size and told.disk_free < FREE_SHARE * told.disk_size:
        findings.warning(
            f"its disk has {told.disk_free / 1024**3:,.0f} of {told.disk_size / 1024**3:,.0f} GiB left",
            "give it more, or keep events for fewer days (FF_CLICKHOUSE_RETENTION_DAYS)",
        )
