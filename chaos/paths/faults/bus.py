"""NATS is away, full, slow or cut off, and what follows from it."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
from messages.subjects import DEAD_LETTERS, EVENTS

from chaos.paths.stage import Stage
from chaos.paths.walk import fault

_PAGE_BYTES = 4096
_TOO_LARGE = str(1 << 50)
_ROOM_BYTES = 2048
_LATENCY_SECONDS = 0.6
_WITHOUT_THE_BUS = (
    "VerdictActsWaiting",
    "VerdictBackgroundFails",
    "VerdictConfigStale",
    "VerdictEdgeConfigStale",
    "VerdictEdgeReportsLost",
    "VerdictEventsNotStored",
    "VerdictGuardVerdictsWaiting",
    "VerdictLoaderBehind",
    "VerdictLoaderRetries",
    "VerdictLoaderStopped",
    "VerdictPublishingFailing",
    "VerdictPublishingLate",
    "VerdictEdgeLost",
    "VerdictEdgesBehind",
    "VerdictControlPlaneSlow",
    "VerdictStreamNotReady",
)


@fault("SIGKILL to analytics, which isn't started again", ("VerdictPartSilent", "VerdictProcessUnreachable"))
async def part_killed(stage: Stage) -> AsyncIterator[None]:
    async with stage.harness.supervisor.down("analytics"):
        yield


@fault(
    "SIGKILL to NATS, which isn't started again",
    (
        "VerdictBusAway",
        "VerdictMonitorTermNotHeld",
        "VerdictConfigStale",
        "VerdictEdgeConfigStale",
        "VerdictEventErrorBudgetFast",
        "VerdictEventErrorBudgetSlow",
        "VerdictPublishingLate",
        "VerdictPublishingFailing",
    ),
    _WITHOUT_THE_BUS,
)
async def bus_killed(stage: Stage) -> AsyncIterator[None]:
    async with stage.harness.supervisor.down("nats"):
        yield


@fault(
    "one edge's connections to NATS are reset and refused",
    ("VerdictBusDisconnected", "VerdictEdgeConfigStale", "VerdictEdgeLost"),
    ("VerdictConfigStale", "VerdictPropagationLate", "VerdictEdgesBehind"),
)
async def edge_cut_off(stage: Stage) -> AsyncIterator[None]:
    proxy = stage.harness.bed.proxies["edge_evaluator-nats"]
    proxy.cut()
    try:
        yield
    finally:
        proxy.mend()


@fault(
    "NATS can't write files any further (RLIMIT_FSIZE), as on a full disk; mended as the page says",
    ("VerdictEventsNotStored",),
    (*_WITHOUT_THE_BUS, "VerdictMonitorTermNotHeld", "VerdictConfigStreamChanged"),
)
async def disk_full(stage: Stage) -> AsyncIterator[None]:
    nats = stage.harness.bed.stack.nats
    _, hard = resource.prlimit(nats.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(nats.pid, resource.RLIMIT_FSIZE, (_PAGE_BYTES, hard))
    try:
        yield
    finally:
        await stage.harness.supervisor.bounce("nats")


@fault("`DEAD_LETTERS` is deleted, and its loader asks for more than the disk has", ("VerdictStreamNotReady",))
async def stream_too_large(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("loader", FF_DEAD_LETTERS_MAX_BYTES=_TOO_LARGE):
        await stage.nats.jetstream().delete_stream(DEAD_LETTERS)
        yield


@fault(
    "`EVENTS` has room for two kilobytes more",
    ("VerdictEventStreamFull",),
    ("VerdictEventsNotStored",),
)
async def stream_full(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_room(EVENTS, lambda held: held + _ROOM_BYTES):
        yield


@fault(
    "0.6 s more in both directions between the ingestor and NATS",
    ("VerdictEventPublishSlow",),
    ("VerdictConfigMismatches", "VerdictConfigStale", "VerdictEdgeIngestorAway", "VerdictEventsNotStored"),
)
async def bus_slow(stage: Stage) -> AsyncIterator[None]:
    async with stage.slower("event_ingestor-nats", _LATENCY_SECONDS):
        yield


@fault("an application sends events without a user, as many as good ones", ("VerdictEventsRejected",))
async def events_wrong(stage: Stage) -> AsyncIterator[None]:
    async for _ in _sending(stage, {"type": "metric", "metric": "purchase", "value": 1}, 0.2):
        yield


@fault("a key may send one event a second, and sends twenty", ("VerdictEventRequestsLimited",))
async def events_too_many(stage: Stage) -> AsyncIterator[None]:
    async with stage.with_settings("event_ingestor", FF_EVENTS_PER_KEY_PER_SECOND="1"):
        yield


async def _sending(stage: Stage, event: dict[str, object], every_seconds: float) -> AsyncIterator[None]:
    headers = {"Authorization": f"Bearer {stage.harness.tenant.server_key}"}
    async with httpx.AsyncClient(base_url=stage.services["event_ingestor"].url, headers=headers) as http:

        async def send() -> None:
            while True:
                with suppress(httpx.HTTPError):
                    await http.post("/v1/events", json=[event])
                await asyncio.sleep(every_seconds)

        sending = asyncio.create_task(send())
        try:
            yield
        finally:
            sending.cancel()
