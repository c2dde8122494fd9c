"""PostgreSQL and ClickHouse are away, slow or have lost something; poison on the stream between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import nats.js.errors
from messages.subjects import ACTS, events_subject

from chaos.paths.stage import Stage
from chaos.paths.walk import fault
from devstack.backups import lose_data

from .commands import run_command
from .publishing import environment_of

_LATENCY_SECONDS = 0.2
_WITHOUT_CLICKHOUSE = (
    "VerdictBackgroundFails",
    "VerdictMonitorLooksFail",
    "VerdictMonitorLooksLate",
    "VerdictExportsFail",
    "VerdictWarehouseEventsLost",
    "VerdictEventsMissing",
)


@fault(
    "SIGKILL to PostgreSQL, which isn't started again",
    ("VerdictDatabaseAway", "VerdictControlPlaneErrors"),
    (
        "VerdictBackgroundFails",
        "VerdictPublishingFailing",
        "VerdictPublishingLate",
        "VerdictPublishingNotLed",
        "VerdictScheduleLeader",
        "VerdictActsWaiting",
        "VerdictGuardVerdictsWaiting",
        "VerdictControlPlaneSlow",
    ),
)
async def database_killed(stage: Stage) -> AsyncIterator[None]:
    async with stage.harness.supervisor.down("postgres"):
        yield


@fault(
    "0.2 s more in both directions between the control plane and PostgreSQL",
    ("VerdictControlPlaneSlow",),
    ("VerdictPublishingLate", "VerdictEdgesBehind", "VerdictWebhooksOverdue"),
)
async def database_slow(stage: Stage) -> AsyncIterator[None]:
    async with stage.slower("control_plane-postgres", _LATENCY_SECONDS):
        yield


@fault(
    "SIGKILL to ClickHouse, which isn't started again; results are kept every ten seconds",
    (
        "VerdictLoaderRetries",
        "VerdictLoaderBehind",
        "VerdictLoaderStopped",
        "VerdictAnalyticsErrors",
        "VerdictResultSnapshotsFail",
    ),
    _WITHOUT_CLICKHOUSE,
)
async def warehouse_killed(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("analytics", FF_ANALYTICS_SNAPSHOT_SECONDS="10"):
        await stage.harness.supervisor.ready("analytics")
        async with stage.harness.supervisor.down("clickhouse"):
            yield


@fault("a message on `EVENTS` that is no batch, and one that is none of ours", ("VerdictDeadLetters",))
async def poison(stage: Stage) -> AsyncIterator[None]:
    subject = events_subject(await environment_of(stage))
    await stage.nats.jetstream().publish(subject, b"\xff\xff this is no batch of events")
    yield


@fault(
    "ClickHouse's data are removed; mended by `analytics rewind`, as the page says",
    ("VerdictWarehouseEventsLost",),
    (
        "VerdictEventsMissing",
        "VerdictAnalyticsErrors",
        "VerdictResultSnapshotsFail",
        "VerdictLoaderRetries",
        "VerdictBackgroundFails",
        "VerdictLoaderBehind",
    ),
)
async def warehouse_lost(stage: Stage) -> AsyncIterator[None]:
    supervisor = stage.harness.supervisor
    async with supervisor.down("clickhouse"):
        # Beside the loop: the relays between the parts pass everything on it.
        await asyncio.to_thread(lose_data, stage.harness.bed.stack.clickhouse)
    await supervisor.ready("clickhouse")
    yield
    await run_command(stage.services["loader"], "analytics", "rewind", "--since", "2000-01-01T00:00:00Z")


@fault("a message on `ACTS` that is no act", ("VerdictActsRefused",), ("VerdictActsWaiting",))
async def acts_garbled(stage: Stage) -> AsyncIterator[None]:
    stream = stage.nats.jetstream()
    ack = await stream.publish("acts.acme", b"\xff\xff no act")
    yield
    try:
        await stream.delete_msg(ACTS, ack.seq)
    except nats.js.errors.NotFoundError:
        await asyncio.sleep(0)
