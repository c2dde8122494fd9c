"""The whole platform as child processes, with a proxy of ours between each service and what it stands on."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from devstack.server import Server
from devstack.services import Credentials, Service, Services, edge, monitor, scheduler
from devstack.stack import Stack

from .bus_links import BusLinks
from .proxy import FaultProxy

# Service, the variable with the address, the server behind it.
_WIRED = (
    ("event_ingestor", "FF_NATS_URL", "nats"),
    ("loader", "FF_NATS_URL", "nats"),
    ("loader", "FF_CLICKHOUSE_URL", "clickhouse"),
    ("analytics", "FF_CLICKHOUSE_URL", "clickhouse"),
    ("edge_evaluator", "FF_NATS_URL", "nats"),
    ("control_plane", "FF_NATS_URL", "nats"),
    ("control_plane", "FF_DATABASE_URL", "postgres"),
)
# Waits and batches so short that a fault finds work in hand, and that what it held up comes again soon.
_LOADER = {"FF_LOADER_ROWS_MAX": "2000", "FF_LOADER_SECONDS_MAX": "0.2", "FF_LOADER_ACK_WAIT_SECONDS": "8"}
_TOKEN_MINUTES = "1440"
"""Of an access token: longer than a run."""
_WAREHOUSE = {"FF_CLICKHOUSE_QUERY_SECONDS_MAX": "5"}
_MONITOR = {"FF_MONITOR_TERM_SECONDS": "4", "FF_MONITOR_LOOK_SECONDS": "1", "FF_MONITOR_LAG_SECONDS": "1"}
LOADER_ACK_WAIT_SECONDS = 8.0


class Testbed:
    """One stack, one process of each service, and a second edge. An async context manager.

    With several servers of NATS the proxies stand between these instead: see `links`."""

    def __init__(self, root: Path, *, durable: bool, duplicate_window_seconds: float, nats_nodes: int = 1) -> None:
        self._stack = Stack(root / "stack", durable=durable, nats_nodes=nats_nodes)
        cluster = self._stack.nats_cluster
        self.links = BusLinks(cluster) if cluster is not None else None
        self._root = root / "services"
        self._window = duplicate_window_seconds
        self.proxies: dict[str, FaultProxy] = {}
        self.servers: dict[str, Server] = {}

    async def __aenter__(self) -> Testbed:
        if self.links is not None:
            await self.links.start()
        await asyncio.to_thread(self._stack.start)
        try:
            await self._start_services()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    @property
    def stack(self) -> Stack:
        """The servers."""
        return self._stack

    @property
    def edges(self) -> tuple[Service, ...]:
        """Every edge."""
        return (self.services.edge, self.second_edge)

    def new_edge(self, name: str) -> Service:
        """One more edge, not started, that has never held anything."""
        made = edge(self._root, self._stack, self.services.ingestor.url, name)
        self.servers[name] = made
        return made

    def new_schedulers(self) -> tuple[Service, Service]:
        """Two that take what is scheduled, not started."""
        first, second = (
            scheduler(self._root, self._stack, self.services.credentials, name)
            for name in ("scheduler", "second_scheduler")
        )
        return first, second

    def new_monitor(self) -> Service:
        """One more monitor, not started."""
        made = monitor(self._root, self._stack, "second_monitor")
        made.environment.update(_MONITOR | _WAREHOUSE)
        return made

    async def _start_services(self) -> None:
        self.services = await asyncio.to_thread(Services, self._root, self._stack, Credentials())
        self.servers = {server.name: server for server in (*self._stack.parts, *self.services.all)}
        self.services.control_plane.environment["FF_AUTH_TOKEN_MINUTES"] = _TOKEN_MINUTES
        self.services.loader.environment.update(_LOADER | _WAREHOUSE)
        self.services.analytics.environment.update(_WAREHOUSE)
        self.services.monitor.environment.update(_MONITOR | _WAREHOUSE)
        self.services.ingestor.environment["FF_EVENTS_DUPLICATE_WINDOW_SECONDS"] = str(self._window)
        for service, variable, part in _WIRED:
            if part not in self.servers:
                continue
            await self._lay(self.servers[service], variable, self.servers[part])
        self.second_edge = self.new_edge("second_edge")
        await asyncio.to_thread(self.services.start)
        await asyncio.to_thread(self.second_edge.start)

    async def _lay(self, service: Server, variable: str, part: Server) -> None:
        assert isinstance(service, Service)
        proxy = FaultProxy(f"{service.name}-{part.name}", part.port)
        await proxy.start()
        address = service.environment[variable]
        service.environment[variable] = re.sub(rf":{part.port}\b", f":{proxy.port}", address)
        self.proxies[proxy.name] = proxy

    async def _close(self) -> None:
        for proxy in self.proxies.values():
            await proxy.close()
        for server in reversed(self.servers.values()):
            await asyncio.to_thread(server.stop)
        await asyncio.to_thread(self._stack.stop)
        if self.links is not None:
            await self.links.close()
