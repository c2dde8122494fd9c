"""`/healthz` (the process lives) and `/readyz` (it can do its job)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service_kit.operations import Operations

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, or a sentence that says what is not."""
_TEXTS = {
    "application/json": {
        "schema": {
            "additionalProperties": {"type": "string"},
            "type": "object",
        }
    }
}


async def failing(checks: Mapping[str, Check], timeout_seconds: float) -> dict[str, str]:
    """Which of the checks fail, and why."""

    async def run(check: Check) -> str | None:
        try:
            async with asyncio.timeout(timeout_seconds):
                return await check()
        except TimeoutError:
            return f"no answer within {timeout_seconds:g} s"
        except Exception as error:
            return f"{type(error).__name__}"

    answers = await asyncio.gather(*(run(check) for check in checks.values()))
    return {name: reason for name, reason in zip(checks, answers, strict=True) if reason is not None}


def health_operations(
    checks: Mapping[str, Check], warnings: Mapping[str, Check] | None = None, *, timeout_seconds: float = 2.0
) -> Operations:
    """Readiness is 200 when each check answers None within the time, else 503 with the reasons by name.

    What is told by `warnings` is wrong, but no reason to send requests elsewhere: 200, and the status is `degraded`.
    """
    warnings = warnings or {}
    operations = Operations("health")

    @operations.get("/healthz", summary="The process lives", content=_TEXTS)
    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @operations.get("/readyz", summary="The process can do its job", answers={503: {"description": "Not ready"}})
    async def readyz(_: Request) -> Response:
        named = {**warnings, **checks}
        told = await failing(named, timeout_seconds)
        unready = not told.keys().isdisjoint(checks)
        status = "unready" if unready else "degraded" if told else "ok"
        body = {"status": status, "checks": dict.fromkeys(named, "ok") | told}
        return JSONResponse(body, status_code=503 if unready else 200)

    return operations
