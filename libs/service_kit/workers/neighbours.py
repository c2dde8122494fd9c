"""Accepts the connections of workers that can't: what the system put into the socket of one that died or hangs waits
for nobody else."""

from __future__ import annotations

import asyncio

import uvicorn

from service_kit.workers.ports import Sockets


class Neighbours:
    """For one server and the sockets of its port."""

    def __init__(self, server: uvicorn.Server, sockets: Sockets) -> None:
        self._server = server
        self._sockets = sockets
        self._adopted: dict[int, list[asyncio.Server]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def adopt(self, number: int) -> None:
        if number not in self._adopted and self._sockets and not self._server.should_exit:
            self._adopted[number] = []
            task = asyncio.create_task(self._accept_for(number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def release(self, number: int) -> None:
        for listener in self._adopted.pop(number, ()):
            self._close(listener)

    async def _accept_for(self, number: int) -> None:
        listeners = self._adopted[number]
        for each in self._sockets[number]:
            listener = await asyncio.get_running_loop().create_server(
                self._protocol, sock=each.dup(), backlog=self._server.config.backlog
            )
            self._server.servers.append(listener)
            listeners.append(listener)
        # Released meanwhile, before there was anything to close.
        if self._adopted.get(number) is not listeners:
            for listener in listeners:
                self._close(listener)

    def _close(self, listener: asyncio.Server) -> None:
        if listener in self._server.servers:
            self._server.servers.remove(listener)
            listener.close()

    def _protocol(self) -> asyncio.Protocol:
        server = self._server
        made: asyncio.Protocol = server.config.http_protocol_class(  # type: ignore[call-arg]
            config=server.config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made
