"""What people and their programs do: quotas, webhooks, pages, rollouts, exports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
from messages.subjects import VERDICTS

from chaos.paths.stage import Stage
from chaos.paths.walk import fault
from chaos.waiting import until

from .commands import run_command
from .publishing import environment_of

_FIRES_SECONDS = 150.0
_ROLLOUTS = "environments/production/rollouts"


@fault("an organization has all flags that it may have, and wants one more", ("VerdictQuotaUsedUp", "VerdictQuotaNear"))
async def quota_used_up(stage: Stage) -> AsyncIterator[None]:
    control_plane, tenant = stage.services["control_plane"], stage.harness.tenant
    flags = len((await tenant.read("flags?limit=100"))["items"])
    await run_command(control_plane, "control_plane", "quotas", "acme", f"flags={flags + 1}")
    for number in range(2):
        with suppress(httpx.HTTPStatusError):
            await tenant.create_flag(f"one-more-{number}")
    yield
    await run_command(control_plane, "control_plane", "quotas", "acme", "flags=default")


@fault("a page runs a script that its policy forbids", ("VerdictCspReports",))
async def page_forbidden(stage: Stage) -> AsyncIterator[None]:
    report = {
        "csp-report": {"violated-directive": "script-src", "effective-directive": "script-src", "blocked-uri": "x"}
    }
    async with httpx.AsyncClient(base_url=stage.services["control_plane"].url) as http:
        answer = await http.post("/api/v1/csp-reports", json=report, headers={"Content-Type": "application/csp-report"})
        answer.raise_for_status()
    yield


@fault(
    "nobody takes what is scheduled (FF_SCHEDULE_ENABLED=false and no scheduler), while a rollout has steps",
    ("VerdictScheduleLeader", "VerdictRolloutStepsLate"),
    ("VerdictPublishingNotLed", "VerdictPublishingLate"),
)
async def nobody_schedules(stage: Stage) -> AsyncIterator[None]:
    await _rollout(stage, "late", seconds=5)
    async with stage.with_settings("control_plane", FF_SCHEDULE_ENABLED="false"):
        await until(lambda: _fires(stage, "VerdictScheduleLeader"), _FIRES_SECONDS)
    yield


@fault("somebody edits a flag's default by another way while a rollout moves it", ("VerdictRolloutHeld",))
async def rollout_held(stage: Stage) -> AsyncIterator[None]:
    await _rollout(stage, "held", seconds=5)
    stack = stage.harness.bed.stack
    # As by a version that knows nothing of rollouts.
    statement = (
        'SET ROLE verdict_system; UPDATE flag_settings SET default_serve = \'{"variation": "off"}\''
        " WHERE flag_id = (SELECT id FROM flags WHERE key = 'held')"
    )
    stack.postgres.run_sql(statement, "verdict")
    yield


@fault("a message on `VERDICTS` that is none", ("VerdictGuardVerdictsFail",), ("VerdictGuardVerdictsWaiting",))
async def verdict_garbled(stage: Stage) -> AsyncIterator[None]:
    environment = await environment_of(stage)
    subject = f"verdicts.{environment}.00000000-0000-4000-8000-000000000000"
    await stage.nats.jetstream().publish(subject, b"\xff\xff no verdict", stream=VERDICTS)
    yield


async def _rollout(stage: Stage, key: str, *, seconds: int) -> None:
    tenant = stage.harness.tenant
    await tenant.create_flag(key)
    steps: list[dict[str, Any]] = [{"share": share, "hold_seconds": seconds} for share in (5, 20, 60, 100)]
    await tenant.make(_ROLLOUTS, {"key": key, "flag": key, "variation": "on", "plan": {"steps": steps}})
    await tenant.act(f"{_ROLLOUTS}/{key}/start")


async def _fires(stage: Stage, alert: str) -> bool:
    return stage.prometheus.fires(alert)
