"""Who is told outside, and what waits for the database: webhooks, exports, acts and verdicts; guards that look."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from messages.subjects import verdicts_subject
from messages.verdicts import Verdict, VerdictAction, verdict_payload

from chaos.paths.stage import Stage
from chaos.paths.walk import fault
from devstack.ports import free_port
from devstack.services import exporter

from .publishing import environment_of

_ROLLOUTS = "environments/production/rollouts"
_INSIDE = "127.0.0.1"


@fault("a receiver of webhooks answers 410", ("VerdictWebhookPaused",))
async def receiver_gone(stage: Stage) -> AsyncIterator[None]:
    async with _receiver(stage, b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"):
        yield


@fault(
    "the folder that an export goes to has become a file",
    ("VerdictExportsFail",),
    ("VerdictProcessUnreachable", "VerdictPartSilent"),
)
async def export_fails(stage: Stage) -> AsyncIterator[None]:
    folder = stage.services["analytics"].log.parent / "exports"
    async with stage.with_settings("analytics", FF_EXPORT_FOLDER_ROOT=str(folder)):
        await stage.harness.supervisor.ready("analytics")
        await asyncio.to_thread(folder.mkdir, exist_ok=True)
        export = await _export(stage)
        await asyncio.to_thread(_spoil, folder)
        bed = stage.harness.bed
        worker = exporter(folder.parent, bed.stack, bed.services.credentials, folder)
        async with stage.beside("exporter", worker):
            await _run(stage, export)
            yield
            await asyncio.to_thread(folder.unlink)


@fault(
    "nothing passes between the control plane and PostgreSQL any more, while guards and people of analytics act",
    ("VerdictActsWaiting", "VerdictGuardVerdictsWaiting"),
    (
        "VerdictDatabaseAway",
        "VerdictControlPlaneErrors",
        "VerdictBackgroundFails",
        "VerdictPublishingNotLed",
        "VerdictPublishingFailing",
        "VerdictPublishingLate",
        "VerdictScheduleLeader",
        "VerdictControlPlaneSlow",
        "VerdictProcessUnreachable",
        "VerdictPartSilent",
    ),
)
async def nothing_taken(stage: Stage) -> AsyncIterator[None]:
    folder = stage.services["analytics"].log.parent / "more-exports"
    environment = await environment_of(stage)
    proxy = stage.harness.bed.proxies["control_plane-postgres"]
    async with stage.with_settings("analytics", FF_EXPORT_FOLDER_ROOT=str(folder)):
        await stage.harness.supervisor.ready("analytics")
        proxy.swallow()
        proxy.forget()
        try:
            await _export(stage)
            rollout = str(uuid4())
            told = Verdict(
                environment_id=environment,
                rollout_id=rollout,
                revision=1,
                epoch=1,
                looked_at=int(time.time() * 1000),
                monitor_id="walk",
                action=VerdictAction.NOTIFY,
                findings=(),
            )
            subject = verdicts_subject(environment, rollout)
            await stage.nats.jetstream().publish(subject, verdict_payload(told))
            yield
        finally:
            proxy.mend()


@fault(
    "SIGKILL to ClickHouse, which isn't started again, while a rollout is guarded",
    ("VerdictMonitorLooksFail", "VerdictMonitorLooksLate"),
    (
        "VerdictLoaderRetries",
        "VerdictLoaderBehind",
        "VerdictLoaderStopped",
        "VerdictAnalyticsErrors",
        "VerdictResultSnapshotsFail",
        "VerdictBackgroundFails",
    ),
)
async def guards_blind(stage: Stage) -> AsyncIterator[None]:
    tenant = stage.harness.tenant
    await tenant.create_flag("guarded")
    await tenant.change("flags/guarded/environments/production", {"report_exposures": True})
    await tenant.make(
        _ROLLOUTS,
        {
            "key": "guarded",
            "flag": "guarded",
            "variation": "on",
            "plan": {"steps": [{"share": 50, "hold_seconds": 3600}, {"share": 100, "hold_seconds": 3600}]},
            "guards": [{"id": "sum", "metric": "conversions", "margin": 0.01, "action": "notify", "window_seconds": 1}],
        },
    )
    await tenant.act(f"{_ROLLOUTS}/guarded/start")
    async with asyncio.timeout(60):
        while not await stage.prometheus.ask("verdict_monitor_rollouts_watched > 0"):
            await asyncio.sleep(0.5)
    async with stage.harness.supervisor.down("clickhouse"):
        yield


@asynccontextmanager
async def _receiver(stage: Stage, answer: bytes) -> AsyncIterator[None]:
    """Somebody who is told of everything and answers this."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    port = free_port()
    server = await asyncio.start_server(reply, _INSIDE, port)
    async with stage.with_settings("control_plane", FF_OUTBOUND_ALLOW=_INSIDE):
        await stage.harness.supervisor.ready("control_plane")
        async with _api(stage.services["control_plane"].url, stage) as api:
            made = await api.post("/api/v1/organizations/acme/webhooks", json={"url": f"http://{_INSIDE}:{port}/told"})
            made.raise_for_status()
            yield
            await api.delete(
                f"/api/v1/organizations/acme/webhooks/{made.json()['id']}", headers={"If-Match": made.headers["etag"]}
            )
    server.close()


async def _export(stage: Stage) -> str:
    async with _api(stage.services["analytics"].url, stage) as api:
        body = {
            "name": f"walk {uuid4().hex}",
            "project": stage.harness.tenant.project,
            "environment": "production",
            "destination": {"type": "folder", "path": uuid4().hex},
            "schedule": "manual",
        }
        made = (await api.post("/v1/exports", json=body)).raise_for_status()
        return str(made.json()["id"])


async def _run(stage: Stage, export: str) -> None:
    async with _api(stage.services["analytics"].url, stage) as api:
        (await api.post(f"/v1/exports/{export}/runs", json={})).raise_for_status()


def _api(url: str, stage: Stage) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers=stage.harness.tenant.authorization, timeout=20, trust_env=False)


def _spoil(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"")
