"""A look at services by their addresses: whether each is ready, and what it says where it isn't."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from service_kit.clock import Clock

from control_plane.diagnosis.findings import Findings

SECONDS = 5.0
SKEW_SECONDS = 5.0


async def look(findings: Findings, *, addresses: Mapping[str, str], clock: Clock) -> None:
    """`addresses`: of the port that tells readiness, by the service's name."""
    async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as http:
        await asyncio.gather(*(_ask(findings, http, name, address, clock) for name, address in addresses.items()))


async def _ask(findings: Findings, http: httpx.AsyncClient, name: str, address: str, clock: Clock) -> None:
    remedy = f"see the log of {name}, and the way from here to {address}"
    before = clock.now()
    try:
        answer = await http.get(f"{address.rstrip('/')}/readyz")
        told: Any = answer.json()
        status = told["status"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        findings.fault(f"{name} does not tell its readiness: {type(error).__name__}", remedy)
        return
    asked_at = (before + clock.now()) / 2000
    checks = told.get("checks") or {}
    reasons = "; ".join(f"{check}: {reason}" for check, reason in checks.items())
    if answer.status_code != httpx.codes.OK:
        findings.fault(f"{name} is not ready: {reasons or status}", remedy)
    elif checks:
        findings.warning(f"{name} is ready, with a doubt: {reasons}", remedy)
    else:
        findings.well(f"{name} is ready")
    if (date := answer.headers.get("date")) and abs(skew := _seconds(date, asked_at)) > SKEW_SECONDS:
        findings.warning(
            f"the clock of {name} is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's",
            "let both follow one time server",
        )


def _seconds(date: str, asked_at: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - asked_at
    except ValueError:
        return 0.0
