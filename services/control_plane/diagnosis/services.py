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


async def look(findings: Findings, *, addresses: Mapping[str, str], clock: Clock) -> None:
    """`addresses`: of the port that tells readiness, by the service's name."""
    if not addresses:
        findings.well("none was named: `--service edge=http://…` asks one for its readiness")
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
        findings.fault(f"{name} does not tell its readiness: {type(error).__name__}", remedy, "VerdictPartSilent")
        return
    asked_at = (before + clock.now()) / 2000
    wrong = {check: reason for check, reason in (told.get("checks") or {}).items() if reason != "ok"}
    reasons = "; ".join(f"{check}: {reason}" for check, reason in wrong.items())
    if answer.status_code != httpx.codes.OK:
        findings.fault(f"{name} is not ready: {reasons or status}", remedy, "VerdictPartSilent")
    elif wrong:
        findings.warning(f"{name} is ready, with a doubt: {reasons}", remedy)
    else:
        findings.well(f"{name} is ready")
    if (date := _seconds(answer.headers.get("date", ""))) is not None:
        findings.compare_clocks(f"{name}'s", date, asked_at)


def _seconds(date: str) -> float | None:
    """Of a header, epoch seconds; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
