"""One edge is killed, slow, torn, without a configuration or without the ingestor; a clock is wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import httpx

from chaos.paths.stage import Stage
from chaos.paths.walk import fault
from chaos.tenant import FLAG
from chaos.waiting import until
from devstack.debian_programs import debian_program
from devstack.services import Service

from .publishing import again_and_again

_FROZEN_SECONDS, _RUNS_SECONDS = 0.08, 0.04
_EVALUATIONS = 13_000
_AT_ONCE = 16
_TOLD_SECONDS_MAX = 120.0
"""An edge looks at what waits every half minute while the ingestor is away."""
_NOWHERE = "nats://127.0.0.1:1"


@fault("SIGKILL to one of two edges", ("VerdictEdgeLost",), ("VerdictProcessUnreachable", "VerdictEdgesBehind"))
async def edge_killed(stage: Stage) -> AsyncIterator[None]:
    async with stage.harness.supervisor.down("second_edge"):
        yield


@fault(
    "an edge starts without NATS and without a snapshot, and applications ask it",
    ("VerdictEdgeErrorBudgetFast", "VerdictEdgeErrorBudgetSlow"),
    ("VerdictBusDisconnected", "VerdictConfigStale", "VerdictEdgeConfigStale", "VerdictBackgroundFails"),
)
async def edge_empty(stage: Stage) -> AsyncIterator[None]:
    edge = stage.harness.bed.new_edge("empty_edge")
    edge.environment["FF_NATS_URL"] = _NOWHERE
    async with stage.beside("edge-evaluator", edge), _asked(stage, edge):
        yield


@fault(
    "one edge gets a third of its time (SIGSTOP for 80 ms of each 120 ms), as by a limit of CPU",
    ("VerdictEdgeSlow",),
    ("VerdictEdgesBehind",),
)
async def edge_throttled(stage: Stage) -> AsyncIterator[None]:
    edge = stage.services["edge_evaluator"]

    async def throttle() -> None:
        edge.pause()
        await asyncio.sleep(_FROZEN_SECONDS)
        edge.resume()

    async with again_and_again(throttle, _RUNS_SECONDS):
        yield
    edge.resume()


@fault(
    "a restart finds a torn snapshot",
    ("VerdictEdgeSnapshotsFail",),
    ("VerdictEdgeLost",),
)
async def snapshot_torn(stage: Stage) -> AsyncIterator[None]:
    async with stage.harness.supervisor.stopped("second_edge"):
        for file in _snapshots(stage.services["second_edge"]):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    await stage.harness.supervisor.ready("second_edge")
    yield


@fault(
    "the folder of an edge's snapshots can't be written",
    ("VerdictEdgeSnapshotsFail",),
    ("VerdictEdgeLost",),
)
async def snapshot_unwritable(stage: Stage) -> AsyncIterator[None]:
    folder = Path(stage.services["second_edge"].environment["FF_EDGE_SNAPSHOT_DIR"])
    await asyncio.to_thread(_make_a_file, folder)
    yield
    await asyncio.to_thread(_make_a_folder, folder)


@fault(
    "SIGKILL to the ingestor, which isn't started again, while thirteen thousand users come to one edge",
    ("VerdictEdgeIngestorAway", "VerdictEdgeReportsWaiting"),
    ("VerdictPartSilent", "VerdictProcessUnreachable"),
)
async def ingestor_killed(stage: Stage) -> AsyncIterator[None]:
    async with _exposures_reported(stage), stage.harness.supervisor.down("event_ingestor"):
        await _new_users(stage, "waiting", _EVALUATIONS)
        await _until_told(stage, "max(verdict_edge_exposures_buffered) > 10000")
        yield


@fault(
    "the same, with an edge that may keep five hundred exposures",
    ("VerdictEdgeReportsLost",),
    ("VerdictPartSilent", "VerdictProcessUnreachable", "VerdictEdgeIngestorAway", "VerdictEdgeLost"),
)
async def reports_lost(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("edge_evaluator", FF_EDGE_EXPOSURE_BUFFER_MAX="500"):
        await stage.harness.supervisor.ready("edge_evaluator")
        async with _exposures_reported(stage), stage.harness.supervisor.down("event_ingestor"):
            await _new_users(stage, "lost", 1500)
            await _until_told(stage, 'sum(verdict_edge_exposures_dropped_total{reason="buffer_full"}) > 0')
            yield


@fault("an edge's clock is a minute fast (libfaketime)", ("VerdictClockSkew",))
async def clock_wrong(stage: Stage) -> AsyncIterator[None]:
    library = debian_program("libfaketime", "usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
    edge = stage.harness.bed.new_edge("fast_edge")
    edge.environment.update({"LD_PRELOAD": str(library), "FAKETIME": "+60s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    async with stage.beside("edge-evaluator", edge):
        yield


def _asked(stage: Stage, edge: Service) -> AbstractAsyncContextManager[None]:
    headers = {"Authorization": f"Bearer {stage.harness.tenant.server_key}"}

    async def ask() -> None:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=5) as http:
                await http.post(f"/ofrep/v1/evaluate/flags/{FLAG}", json={"context": {"targetingKey": "somebody"}})

    return again_and_again(ask, 0.2)


@asynccontextmanager
async def _exposures_reported(stage: Stage) -> AsyncIterator[None]:
    """The edges report who was served what: a flag doesn't ask for it by itself."""
    tenant, settings = stage.harness.tenant, f"flags/{FLAG}/environments/production"
    await tenant.change(settings, {"report_exposures": True})
    await _until_told(stage, "sum(increase(verdict_edge_exposures_sent_total[5s])) > 0")
    try:
        yield
    finally:
        await tenant.change_stubbornly(settings, {"report_exposures": False})


async def _until_told(stage: Stage, condition: str) -> None:
    """Until the figures of the parts say so."""
    await until(lambda: stage.prometheus.ask(condition), _TOLD_SECONDS_MAX)


async def _new_users(stage: Stage, prefix: str, users: int) -> None:
    edge = stage.harness.edges[0]
    waiting = iter(range(users))

    async def come() -> None:
        for number in waiting:
            await edge.evaluate(f"{prefix}-{number}")

    await asyncio.gather(*(come() for _ in range(_AT_ONCE)))


def _make_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"")


def _make_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _snapshots(edge: Service) -> list[Path]:
    folder = Path(edge.environment["FF_EDGE_SNAPSHOT_DIR"])
    return [each for each in folder.rglob("*") if each.is_file() and each.stat().st_size]
