"""A balancer as clusters have it: it asks each replica every second whether it is ready, and tries nothing twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0
_NAMED_MAX = 5
_IDLE_SECONDS = 2.0


class Balancer:
    """Sends requests to the replicas of one service, and waits for each answer for so many seconds. `answers` counts
    them by status, `cut` for none."""

    def __init__(self, urls: Sequence[str], headers: Mapping[str, str], seconds: float = 10.0) -> None:
        # Services close what stood idle for five seconds: who forwards lets go of it before.
        limits = httpx.Limits(keepalive_expiry=_IDLE_SECONDS)
        self._clients = {
            url: httpx.AsyncClient(base_url=url, headers=headers, timeout=seconds, limits=limits) for url in urls
        }
        self._ready: set[str] = set()
        self._said: dict[str, str] = {}
        self._turns = itertools.count()
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []

    async def watch(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await asyncio.gather(*(self._ask(url) for url in self._clients))
            await asyncio.sleep(_POLL_SECONDS)

    async def _ask(self, url: str) -> None:
        try:
            answer = await self._clients[url].get("/readyz")
        except httpx.TransportError as error:
            self._ready.discard(url)
            self._said[url] = type(error).__name__
            return
        (self._ready.add if answer.status_code == 200 else self._ready.discard)(url)
        self._said[url] = answer.text

    async def knows(self, url: str) -> None:
        """Returns when the replica was found ready; raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while url not in self._ready:
                await asyncio.sleep(_POLL_SECONDS / 10)

    def next_client(self) -> httpx.AsyncClient | None:
        """Of the replica whose turn it is; None when none is ready."""
        ready = sorted(self._ready)
        return self._clients[ready[next(self._turns) % len(ready)]] if ready else None

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """One attempt; None when there was no answer, or none that a client could use."""
        client = self.next_client()
        if client is None:
            self._failed("none ready", f"{path}: no replica is ready: {list(self._said.values())}")
            return None
        try:
            answer = await client.request(method, path, **more)
        except httpx.TransportError as error:
            self._failed("cut", f"{path}: {type(error).__name__}")
            return None
        if not answer.is_success:
            self._failed(str(answer.status_code), f"{path}: {answer.status_code} {answer.text[:200]}")
            return None
        self.answers[str(answer.status_code)] += 1
        return answer

    def _failed(self, status: str, told: str) -> None:
        self.answers[status] += 1
        self.failures.append(told)

    @property
    def figure(self) -> str:
        named = f": {'; '.join(self.failures[:_NAMED_MAX])}" if self.failures else ""
        return f"{len(self.failures)} of {self.answers.total():,} failed{named}"

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
