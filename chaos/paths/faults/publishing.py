"""What stands between a saved change and the edges: the relay, the stream `CONFIG`, and who speaks for edges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.subjects import CONFIG, config_filter, config_subject, edges_subject, parse_config_subject

from chaos.paths.stage import Stage
from chaos.paths.walk import fault
from chaos.waiting import until
from devstack.backups import copy_database, restore_database
from devstack.services import DATABASE

from .commands import run_command

_AGAIN_SECONDS = 2.0


@asynccontextmanager
async def again_and_again(act: Callable[[], Awaitable[object]], every_seconds: float) -> AsyncIterator[None]:
    """Does it for the time of the block."""

    async def repeat() -> None:
        while True:
            await act()
            await asyncio.sleep(every_seconds)

    repeating = asyncio.create_task(repeat())
    try:
        yield
    finally:
        repeating.cancel()


async def environment_of(stage: Stage) -> str:
    """The id of the environment that is published."""
    found = await stage.harness.bus.read_all(CONFIG, config_filter())
    return min(parse_config_subject(each.subject).environment_id for each in found)


@fault(
    "the control plane runs with FF_RELAY_ENABLED=false and no relay beside it",
    ("VerdictPublishingNotLed",),
    ("VerdictPublishingLate",),
)
async def no_relay(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("control_plane", FF_RELAY_ENABLED="false"):
        yield


@fault(
    "the control plane's connections to NATS are reset and refused",
    ("VerdictPublishingLate", "VerdictPublishingFailing"),
    (
        "VerdictBusAway",
        "VerdictActsWaiting",
        "VerdictGuardVerdictsWaiting",
        "VerdictBackgroundFails",
        "VerdictPublishingNotLed",
        "VerdictConfigStale",
    ),
)
async def relay_cut_off(stage: Stage) -> AsyncIterator[None]:
    proxy = stage.harness.bed.proxies["control_plane-nats"]
    proxy.cut()
    try:
        yield
    finally:
        proxy.mend()


@fault(
    "an edge tells every second that it serves the first version, while somebody edits and waits for all edges",
    ("VerdictEdgesBehind", "VerdictPropagationLate"),
    ("VerdictEdgeLost",),
)
async def edge_behind(stage: Stage) -> AsyncIterator[None]:
    environment = await environment_of(stage)
    word = EdgeHeartbeat(
        edge_id=uuid4().hex,
        environment_id=environment,
        version=1,
        epoch=1,
        digest=bytes(32),
        published_at=int(time.time() * 1000),
    ).SerializeToString()
    stage.traffic.edits_wait = True
    try:
        async with again_and_again(lambda: stage.nats.publish(edges_subject(environment), word), 1.0):
            yield
    finally:
        stage.traffic.edits_wait = False


@fault("words on the edges' subject that no edge says", ("VerdictHeartbeatsInvalid",))
async def heartbeats_forged(stage: Stage) -> AsyncIterator[None]:
    await stage.nats.publish(edges_subject("anything"), b"\xff\xff no heartbeat")
    yield


@fault(
    "the stream `CONFIG` is purged", ("VerdictConfigStreamChanged",), ("VerdictEdgesBehind", "VerdictConfigMismatches")
)
async def stream_purged(stage: Stage) -> AsyncIterator[None]:
    await stage.nats.jetstream().purge_stream(CONFIG)
    yield


@fault(
    "somebody else writes a flag into `CONFIG` that can't be read, every two seconds",
    ("VerdictConfigMessagesRejected", "VerdictConfigMismatches"),
    (
        "VerdictConfigStreamChanged",
        "VerdictEdgesBehind",
        "VerdictEdgeEntitiesUnusable",
        "VerdictEdgeConfigStale",
        "VerdictConfigStale",
    ),
)
async def stream_written_by_others(stage: Stage) -> AsyncIterator[None]:
    subject = config_subject(await environment_of(stage), "flag", "walked")
    async with again_and_again(lambda: stage.nats.jetstream().publish(subject, b"\xff\xff no flag"), _AGAIN_SECONDS):
        yield


@fault(
    "`CONFIG` may hold 4 % more than it does",
    ("VerdictConfigStreamFilling", "VerdictConfigStreamFull"),
    ("VerdictQuotaUsedUp", "VerdictQuotaNear", "VerdictPublishingFailing"),
)
async def stream_filled(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_room(CONFIG, lambda held: round(held * 1.04)):
        yield


@fault(
    "a flag's row is changed in the database by hand",
    ("VerdictPublishingDrift",),
    ("VerdictPublishingNotLed",),
)
async def drifted(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("control_plane", FF_RELAY_COMPARE_SECONDS="5"):
        await stage.harness.supervisor.ready("control_plane")
        await stage.harness.tenant.create_flag("drifting")
        # Else the relay may read the flag for the first time with what is written by hand.
        await until(lambda: _published(stage, "drifting"))
        postgres = stage.harness.bed.stack.postgres
        statement = "SET ROLE verdict_system; UPDATE flags SET off_variation = 'on' WHERE key = 'drifting'"
        await asyncio.to_thread(postgres.run_sql, statement, DATABASE)
        yield


@fault(
    "a flag's row is made nonsense in the database by hand",
    ("VerdictInvalidEntities",),
    ("VerdictPublishingNotLed", "VerdictPublishingDrift", "VerdictPublishingFailing", "VerdictControlPlaneErrors"),
)
async def nonsense_stored(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("control_plane", FF_RELAY_COMPARE_SECONDS="5"):
        await stage.harness.supervisor.ready("control_plane")
        await stage.harness.tenant.create_flag("nonsense")
        await until(lambda: _published(stage, "nonsense"))
        await _write(stage, "off_variation = 'gone'")
        yield
        await _write(stage, "off_variation = 'off'")


@fault(
    "the database of before an environment was made is restored; mended by `control_plane recover`",
    ("VerdictPublishingBlocked", "VerdictForeignEnvironments"),
    (
        "VerdictPublishingLate",
        "VerdictPublishingNotLed",
        "VerdictDatabaseAway",
        "VerdictPublishingFailing",
        "VerdictControlPlaneErrors",
        "VerdictBackgroundFails",
        "VerdictConfigStreamChanged",
    ),
)
async def database_restored(stage: Stage) -> AsyncIterator[None]:
    postgres, tenant = stage.harness.bed.stack.postgres, stage.harness.tenant
    await asyncio.to_thread(copy_database, postgres, DATABASE, "backup")
    await tenant.make("environments", {"key": "later", "name": "Later"})
    await tenant.create_flag("later")

    async def published() -> bool:
        found = await stage.harness.bus.read_all(CONFIG, config_filter())
        return len({parse_config_subject(each.subject).environment_id for each in found}) > 1

    await until(published)
    await asyncio.to_thread(restore_database, postgres, "backup", DATABASE)
    yield
    control_plane = stage.services["control_plane"]
    await run_command(control_plane, "control_plane", "recover", "--accept-database")
    found = await stage.harness.bus.read_all(CONFIG, config_filter())
    rows = await asyncio.to_thread(postgres.run_sql, "SET ROLE verdict_system; SELECT id FROM environments", DATABASE)
    for foreign in {parse_config_subject(each.subject).environment_id for each in found} - set(rows.split()):
        await run_command(control_plane, "control_plane", "recover", "--remove-environment", foreign)


async def _published(stage: Stage, flag: str) -> bool:
    found = await stage.harness.bus.read_all(CONFIG, config_filter())
    return any(parse_config_subject(each.subject).key == flag for each in found)


async def _write(stage: Stage, values: str) -> None:
    statement = f"SET ROLE verdict_system; UPDATE flags SET {values} WHERE key = 'nonsense'"
    await asyncio.to_thread(stage.harness.bed.stack.postgres.run_sql, statement, DATABASE)
