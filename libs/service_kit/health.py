"""`/healthz` (the process lives) and `/readyz` (it can do its job)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, or a sentence that says what is not."""


def health_router(checks: Mapping[str, Check], *, timeout_seconds: float = 2.0) -> APIRouter:
    """Readiness is 200 when each check answers None within the time, else 503 with the reasons by name."""
    router = APIRouter(tags=["health"])

    async def run(check: Check) -> str | None:
        try:
            async with asyncio.timeout(timeout_seconds):
                return await check()
        except TimeoutError:
            return f"no answer within {timeout_seconds:g} s"
        except Exception as error:
            return f"{type(error).__name__}"

    @router.get("/healthz", summary="The process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="The process can do its job", responses={503: {"description": "Not ready"}})
    async def readyz() -> JSONResponse:
        answers = await asyncio.gather(*(run(check) for check in checks.values()))
        failed = {name: reason for name, reason in zip(checks, answers, strict=True) if reason is not None}
        body = {"status": "unready" if failed else "ok", "checks": dict.fromkeys(checks, "ok") | failed}
        return JSONResponse(body, status_code=503 if failed else 200)

    return router
