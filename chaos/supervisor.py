"""Kills, pauses and starts parts on order, and starts again whatever ends by itself, which it remembers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from devstack.server import Server

_WATCH_SECONDS = 0.1
_AGAIN_SECONDS = 0.5
_HANGS_SECONDS = 300.0


class Supervisor:
    """`kills` by part; `ended` names each part that ended without having been told to, as often as it did."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = dict(servers)
        self._locks = {name: asyncio.Lock() for name in servers}
        self._kept_down: set[str] = set()
        self.kills: Counter[str] = Counter()
        self.pauses: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    @asynccontextmanager
    async def beside(self, servers: Mapping[str, Server]) -> AsyncIterator[None]:
        """Starts further parts, which are among the others for the time of the block."""
        try:
            for name, server in servers.items():
                await asyncio.to_thread(server.launch)
                self._locks[name] = asyncio.Lock()
                self._servers[name] = server
            for name in servers:
                await self.ready(name)
            yield
        finally:
            for name in servers:
                self._servers.pop(name, None)
            await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers.values()))

    @asynccontextmanager
    async def down(self, name: str) -> AsyncIterator[None]:
        """Kills the part; it is launched (and not waited for) at the end of the block."""
        async with self._away(name, self._servers[name].kill):
            self.kills[name] += 1
            yield

    @asynccontextmanager
    async def stopped(self, name: str) -> AsyncIterator[None]:
        """Stops the part in order, and launches it like `down`."""
        async with self._away(name, self._servers[name].stop):
            yield

    @asynccontextmanager
    async def _away(self, name: str, end: Callable[[], None]) -> AsyncIterator[None]:
        server = self._servers[name]
        async with self._locks[name]:
            self._kept_down.add(name)
            if server.running:
                await asyncio.to_thread(end)
            try:
                yield
            finally:
                await asyncio.to_thread(server.launch)
                self._kept_down.discard(name)

    @asynccontextmanager
    async def paused(self, name: str) -> AsyncIterator[None]:
        """Freezes the part for the time of the block."""
        server = self._servers[name]
        async with self._locks[name]:
            await asyncio.to_thread(server.pause)
            self.pauses[name] += 1
            try:
                yield
            finally:
                await asyncio.to_thread(server.resume)

    async def bounce(self, name: str) -> None:
        """Kills the part and returns when it is ready again."""
        async with self.down(name):
            pass
        await self.ready(name)

    async def ready(self, name: str) -> None:
        """Returns when the part answers in its own protocol; raises TimeoutError when it never does.

        No promise is measured here: a slow machine takes as long as it takes."""
        server, missing = self._servers[name], None
        try:
            async with asyncio.timeout(_HANGS_SECONDS):
                while missing := await asyncio.to_thread(server.missing):
                    await asyncio.sleep(_WATCH_SECONDS)
        except TimeoutError as error:
            raise TimeoutError(f"{name} isn't ready: {missing}") from error

    async def all_ready(self) -> None:
        """Returns when every part is ready."""
        for name in list(self._servers):
            await self.ready(name)

    async def watch(self) -> None:
        """Runs until it is cancelled."""
        while True:
            for name, server in list(self._servers.items()):
                if not server.running and name not in self._kept_down:
                    self.ended[name] += 1
                    await asyncio.sleep(_AGAIN_SECONDS)
                    async with self._locks[name]:
                        if not server.running and name not in self._kept_down:
                            await asyncio.to_thread(server.launch)
            await asyncio.sleep(_WATCH_SECONDS)
