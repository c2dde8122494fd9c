"""Serves an ASGI app on uvicorn until SIGINT or SIGTERM, in one way for every service.

Slow clients are cut, forwarded addresses count from trusted proxies only, every answer carries the same headers.
A stop goes in steps: readiness says no and answers end their connections while the service goes on answering
(the drain), then the listener closes and streams end with a hint when to come back, then open requests get ten seconds.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from service_kit import traces
from service_kit.listeners import Availability, MetricsAccess, admin_listener, public_listener
from service_kit.logs import end_logging
from service_kit.response_headers import CLOSE, DEFAULT_HEADERS
from service_kit.settings import ServiceSettings
from service_kit.slow_clients import PatientHttpProtocol
from service_kit.workers.neighbours import Neighbours
from service_kit.workers.ports import close
from service_kit.workers.siblings import READINESS
from service_kit.workers.worker import Worker

OPEN_REQUESTS_SECONDS = 10
_ADMIN_REQUESTS_SECONDS = 1
_TICK_SECONDS = 0.1


def _nothing() -> None:
    """Without streams there is nothing to end."""


def serve(
    app: ASGIApp,
    settings: ServiceSettings,
    *,
    worker: Worker | None = None,
    protocol: type[PatientHttpProtocol] = PatientHttpProtocol,
    closing: Callable[[], None] = _nothing,
) -> None:
    """Serves `app` at the settings' addresses, as one of the workers there or alone. `protocol` speaks with the
    clients; `closing` ends streams, which never end by themselves, when the listener closes."""
    worker = worker or Worker()
    server = Server(app, settings, protocol, closing, worker)
    with suppress(KeyboardInterrupt):
        server.run(list(worker.sockets[worker.number]) if worker.sockets else None)
    traces.close()
    end_logging()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class Server(uvicorn.Server):
    """The public port and, where one is set, the admin port beside it."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        protocol: type[PatientHttpProtocol] = PatientHttpProtocol,
        closing: Callable[[], None] = _nothing,
        worker: Worker | None = None,
    ) -> None:
        self._closing = closing
        self._worker = worker or Worker()
        self._availability = Availability(refusal="the service is starting")
        self._drain_seconds = settings.drain_seconds
        self._admin: _AdminServer | None = None
        if settings.admin_port:
            self._admin = _AdminServer(admin_listener(app, self._availability), settings)
        metrics = MetricsAccess(settings.metrics_token.get_secret_value()) if self._admin is None else None
        public = public_listener(app, self._availability, metrics)
        super().__init__(_config(public, settings, protocol))
        self._neighbours = [Neighbours(self, self._worker.sockets)]
        if self._admin is not None:
            self._neighbours.append(Neighbours(self._admin, self._worker.admin_sockets))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        worker = self._worker
        if worker.link is not None:
            worker.link.answers[READINESS] = self._readiness
            worker.link.neighbour = self._take_over
            await worker.link.begin()
        if self._admin is not None:
            await self._admin.begin(list(worker.admin_sockets[worker.number]) if worker.admin_sockets else None)
        await super().startup(sockets)
        self._availability.refusal = None
        if worker.link is not None:
            worker.link.ready()

    async def on_tick(self, counter: int) -> bool:
        ended = await super().on_tick(counter)
        if self._admin is not None:
            self._admin.server_state.default_headers = self.server_state.default_headers
        return ended

    async def main_loop(self) -> None:
        await super().main_loop()
        await self._drained()

    async def _readiness(self, _: bytes) -> bytes:
        """Of this worker alone, for the others: empty, or why it is not ready."""
        return (self._availability.refusal or await self._worker.readiness() or "").encode()

    def _take_over(self, number: int, taken: bool) -> None:
        """Connections of a neighbour that can't take them are accepted here, until it can."""
        for each in self._neighbours:
            if taken:
                each.adopt(number)
            else:
                each.release(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing()
        await super().shutdown(sockets)
        if self._admin is not None:
            await self._admin.shutdown()

    async def _drained(self) -> None:
        """Goes on answering while callers learn that they shall go elsewhere; a second SIGINT ends it."""
        self._availability.refusal = "the service is stopping"
        for sockets in (self._worker.sockets, self._worker.admin_sockets):
            close(sockets, besides=self._worker.number)
        self.config.encoded_headers.append(CLOSE)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._drain_seconds
        ticks = 0
        while loop.time() < ends_at and not self.force_exit:
            await self.on_tick(ticks)
            await asyncio.sleep(_TICK_SECONDS)
            ticks += 1


class _AdminServer(uvicorn.Server):
    """Health and metrics until the very end; the server beside it gives the time to its answers."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        config = _config(app, settings, PatientHttpProtocol)
        config.port = settings.admin_port
        config.lifespan = "off"
        config.timeout_graceful_shutdown = _ADMIN_REQUESTS_SECONDS
        super().__init__(config)

    async def begin(self, sockets: list[socket.socket] | None) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets)


def _config(app: ASGIApp, settings: ServiceSettings, protocol: type[PatientHttpProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[(name.decode(), value.decode()) for name, value in DEFAULT_HEADERS],
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=OPEN_REQUESTS_SECONDS,
        timeout_keep_alive=settings.idle_connection_seconds,
    )
