"""Reads an edge's event stream like a browser: when it ends, again after the time that the stream said."""

from __future__ import annotations

import asyncio
import time

import httpx

from .balancer import Balancer

_HINT = "retry:"


class StreamReader:
    """One reader. `away_seconds` are the times from an end until it read again."""

    def __init__(self, edges: Balancer) -> None:
        self._edges = edges
        self.away_seconds: list[float] = []
        self.hints: list[int] = []

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
            await asyncio.sleep(self.hints[-1] / 1000 if self.hints else 1)

    async def _read(self, client: httpx.AsyncClient, ended_at: float | None) -> float:
        async with client.stream("GET", "/v1/stream", timeout=httpx.Timeout(10, read=60)) as answer:
            if answer.status_code != 200:
                return ended_at or time.monotonic()
            async for line in answer.aiter_lines():
                if ended_at is not None:
                    self.away_seconds.append(time.monotonic() - ended_at)
                    ended_at = None
                if line.startswith(_HINT):
                    self.hints.append(int(line.removeprefix(_HINT)))
        return time.monotonic()
