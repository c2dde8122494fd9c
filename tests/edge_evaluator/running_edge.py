"""An edge in this process on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from edge_evaluator.main import Edge
from edge_evaluator.settings import EdgeSettings
from service_kit.serving import Server
from streams.memory import MemoryBus

from tests.edge_evaluator.config_writer import CLIENT_KEY, SERVER_KEY, ConfigWriter
from tests.edge_evaluator.one_piece import OnePieceTransport
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, SEGMENTS
from tests.environment_writer import open_stream, publish
from tests.waiting import PATIENCE_SECONDS, turns, until


@dataclass
class RunningEdge:
    edge: Edge
    bus: MemoryBus
    writer: ConfigWriter
    port: int
    http: httpx.AsyncClient
    server: Server

    async def write(self, **changes: Any) -> None:
        """Publishes a version and waits until it is served."""
        await publish(self.bus, self.writer.write(**changes))
        await self.serves(self.writer.version)

    async def serves(self, version: int) -> None:
        await until(
            lambda: (
                (held := self.edge.memory.environments.get(self.writer.environment_id)) is not None
                and held.config.version >= version
            )
        )

    async def post(
        self, path: str, body: Any = None, *, key: str | None = SERVER_KEY, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        given = {"x-request-id": "a-test", **(headers or {})}
        if key is not None:
            given.setdefault("authorization", f"Bearer {key}")
        if isinstance(body, bytes):
            return await self.http.post(path, content=body, headers={"content-type": "application/json"} | given)
        return await self.http.post(path, json={} if body is None else body, headers=given)

    async def flag(self, flag: str, context: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.post(f"/ofrep/v1/evaluate/flags/{flag}", {"context": context or {}}, **more)

    async def bulk(self, context: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.post("/ofrep/v1/evaluate/flags", {"context": context or {}}, **more)

    async def get(self, path: str, *, key: str | None = SERVER_KEY, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["authorization"] = f"Bearer {key}"
        return await self.http.get(path, headers=given)

    async def fast_answers(self) -> int:
        """How many requests the fast path has answered."""
        lines = (await self.get("/metrics")).text.splitlines()
        return int(
            sum(float(line.split()[-1]) for line in lines if line.startswith("verdict_edge_fast_requests_total"))
        )

    async def raw(self, *pieces: bytes) -> bytes:
        """Sends the pieces on one connection and reads until the edge ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await turns()
        answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        writer.close()
        return answer


@asynccontextmanager
async def running_edge(
    settings: EdgeSettings,
    *,
    flags: Iterable[Any] = FLAGS,
    bus: MemoryBus | None = None,
    keep_alive_seconds: int = 5,
) -> AsyncIterator[RunningEdge]:
    """Serves until the context ends; with no flags the bus stays as it is given."""
    source = bus or MemoryBus()

    edge = Edge(settings, source)
    server = Server(edge.app, settings.changed(port=0), edge.protocol(), edge.open_streams.close)
    server.config.timeout_keep_alive = keep_alive_seconds
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=OnePieceTransport()) as http:
        running = RunningEdge(edge, source, ConfigWriter(), port, http, server)
        if flags:
            await open_stream(source)
            await running.write(flags=flags, segments=SEGMENTS, remote_configs=REMOTE_CONFIGS)
        try:
            yield running
        finally:
            await http.aclose()
            server.should_exit = True
            await serving


__all__ = ["CLIENT_KEY", "SERVER_KEY", "RunningEdge", "running_edge"]
