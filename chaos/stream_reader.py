"""Reads an edge's event stream like an SDK: when it ends, again at some moment of the window that it said."""

from __future__ import annotations

import asyncio
import random
import time

import httpx

from .balancer import Balancer

_HINT = "retry:"


class StreamReader:
    """One reader. `away_seconds` are the times from an end until it read again, `pauses` those it waited, in ms."""

    def __init__(self, edges: Balancer) -> None:
        self._edges = edges
        self.away_seconds: list[float] = []
        self.pauses: list[int] = []
        self._window = 1000

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        ended_at: float | None = None
        while True:
            client = self._edges.next_client()
            if client is not None:
                try:
                    ended_at = await self._read(client, ended_at)
                except httpx.TransportError:
                    ended_at = ended_at or time.monotonic()
            self.pauses.append(random.randint(0, self._window))
            await asyncio.sleep(self.pauses[-1] / 1000)

    async def _read(self, client: httpx.AsyncClient, ended_at: float | None) -> float:
        async with client.stream("GET", "/v1/stream", timeout=httpx.Timeout(10, read=60)) as answer:
            if answer.status_code != 200:
                return ended_at or time.monotonic()
            async for line in answer.aiter_lines():
                if ended_at is not None:
                    self.away_seconds.append(time.monotonic() - ended_at)
                    ended_at = None
                if line.startswith(_HINT):
                    self._window = int(line.removeprefix(_HINT))
        return time.monotonic()
