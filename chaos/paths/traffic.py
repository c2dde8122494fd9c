"""What goes on while a fault does: people look and edit, SDKs evaluate, applications send events."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx

from chaos.harness import Harness
from chaos.tenant import EXPERIMENT, FLAG

_TIMEOUT_SECONDS = 5.0
_EVALUATIONS_EVERY_SECONDS = 0.2
_EVENTS_EVERY_SECONDS = 0.2
_LOOKS_EVERY_SECONDS = 0.5
_EDITS_EVERY_SECONDS = 3.0
_RESULTS_EVERY_SECONDS = 4.0


def metric_event(number: int, **more: object) -> dict[str, Any]:
    """An event that nobody has sent before."""
    at = int(time.time() * 1000)
    return {
        "type": "metric",
        "event_id": f"walk-{at}-{number}",
        "timestamp": at,
        "user_key": f"user-{number}",
        "metric": "purchase",
        "value": 1,
        **more,
    }


class Traffic:
    """Requests at a steady pace, each once, whatever is answered. `edits_wait`: for all edges."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._server_key = {"Authorization": f"Bearer {harness.tenant.server_key}"}
        self.edits_wait = False

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """For the time of the block."""
        services, tenant = self._harness.bed.services, self._harness.tenant
        async with AsyncExitStack() as undo:

            async def client(url: str, headers: dict[str, str]) -> httpx.AsyncClient:
                made = httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False)
                return await undo.enter_async_context(made)

            edges = [await client(each.url, self._server_key) for each in self._harness.bed.edges]
            ingestor = await client(services.ingestor.url, self._server_key)
            api = await client(services.control_plane.url, tenant.authorization)
            results = await client(services.analytics.url, tenant.authorization)
            numbers = itertools.count()
            works = [
                asyncio.create_task(_repeatedly(every, work))
                for every, work in (
                    *((_EVALUATIONS_EVERY_SECONDS, _evaluates(each, numbers)) for each in edges),
                    *((_EVENTS_EVERY_SECONDS, _sends(each, numbers)) for each in (ingestor, edges[0])),
                    (_LOOKS_EVERY_SECONDS, lambda: api.get(f"/api/v1/projects/{tenant.project}/flags")),
                    (_EDITS_EVERY_SECONDS, self._edits(api)),
                    (
                        _RESULTS_EVERY_SECONDS,
                        lambda: results.get(f"/v1/experiments/{tenant.experiment}/results"),
                    ),
                )
            ]
            try:
                yield
            finally:
                for work in works:
                    work.cancel()
                await asyncio.gather(*works, return_exceptions=True)

    def _edits(self, api: httpx.AsyncClient) -> Callable[[], Awaitable[object]]:
        path = f"/api/v1/projects/{self._harness.tenant.project}/flags/walked/environments/production"
        states = itertools.cycle((True, False))

        async def edit() -> None:
            found = await api.get(path)
            if found.status_code == httpx.codes.OK:
                headers = {"If-Match": found.headers["etag"]}
                if self.edits_wait:
                    headers["Prefer"] = "wait=3"
                await api.patch(path, json={"enabled": next(states)}, headers=headers)

        return edit


def _evaluates(edge: httpx.AsyncClient, numbers: itertools.count[int]) -> Callable[[], Awaitable[object]]:
    return lambda: edge.post(
        f"/ofrep/v1/evaluate/flags/{FLAG}", json={"context": {"targetingKey": f"user-{next(numbers)}"}}
    )


def _sends(to: httpx.AsyncClient, numbers: itertools.count[int]) -> Callable[[], Awaitable[object]]:
    def send() -> Awaitable[object]:
        number = next(numbers)
        exposure = {"type": "exposure", "flag": FLAG, "variation": "on", "experiment": EXPERIMENT, "config_version": 1}
        shown = metric_event(number) | exposure | {"event_id": f"shown-{time.time_ns()}"}
        for unknown in ("metric", "value"):
            shown.pop(unknown)
        return to.post("/v1/events", json=[metric_event(number), shown])

    return send


async def _repeatedly(every_seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        with suppress(httpx.HTTPError):
            await work()
        await asyncio.sleep(every_seconds)
