"""PostgreSQL and ClickHouse that take connections and never answer: each request is told so, in time and in words."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import httpx

from chaos.harness import Harness
from chaos.promises import Promise
from chaos.tenant import FLAG
from chaos.waiting import until

_ASKED_AT_ONCE = 2
"""As many as one person may ask analytics at once; more would wait for their turn as well."""
_ANSWER_SECONDS_MAX = 10.0


async def silent_stores(harness: Harness) -> Promise:
    """Asks control plane and analytics while their store is a black hole, then waits until they are well again."""
    tenant, services = harness.tenant, harness.bed.services
    settings = f"flags/{FLAG}/environments/production"
    statuses: Counter[str] = Counter()
    seconds, bare = 0.0, 0
    async with httpx.AsyncClient(timeout=60, headers=tenant.authorization) as http:
        reads = f"{services.control_plane.url}/api/v1/projects/{tenant.project}/flags"
        results = f"{services.analytics.url}/v1/experiments/{tenant.experiment}/results"
        for proxy, url in (("control_plane-postgres", reads), ("analytics-clickhouse", results)):
            harness.bed.proxies[proxy].swallow()
            try:
                asked = await asyncio.gather(*(_asked(http, url) for _ in range(_ASKED_AT_ONCE)))
            finally:
                harness.bed.proxies[proxy].mend()
            for answer, took in asked:
                statuses[str(answer.status_code)] += 1
                seconds = max(seconds, took)
                bare += "Retry-After" not in answer.headers
        started = time.monotonic()
        await tenant.change_stubbornly(settings, {"enabled": True})
        await until(tenant.results)
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    return Promise(
        "a silent store is told in time",
        f"PostgreSQL, then ClickHouse, behind a proxy that swallows; {_ASKED_AT_ONCE} requests each",
        f"{told} after {seconds:.1f} s at most, {bare} without Retry-After; edits and results again "
        f"{time.monotonic() - started:.1f} s after it could be reached, without a restart",
        statuses.keys() == {"503"} and bare == 0 and seconds <= max(_ANSWER_SECONDS_MAX, harness.plan.fresh_seconds),
    )


async def _asked(http: httpx.AsyncClient, url: str) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    answer = await http.get(url)
    return answer, time.monotonic() - started
