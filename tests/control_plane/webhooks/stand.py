"""A receiver of webhooks on this machine, and a worker that is turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from control_plane.database import Database
from control_plane.webhooks.delivery import Deliverer
from control_plane.webhooks.receiver import Receivers
from control_plane.webhooks.service import Webhooks
from control_plane.webhooks.telemetry import WebhookTelemetry
from control_plane.webhooks.worker import WebhookWorker
from service_kit.clock import Clock
from service_kit.outbound import OutboundGuard
from service_kit.sealing import Sealer
from service_kit.telemetry import new_registry

from tests.control_plane.conftest import Tenant
from tests.control_plane.running_app import SECRET

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Answers with `answers` one by one, then with the last one for ever. `hold`: what is waited for before that."""

    answers: list[bytes] = field(default_factory=lambda: [answer(200)])
    received: list[Received] = field(default_factory=list)
    hold: asyncio.Event | None = None
    port: int = 0
    at_once: int = 0
    at_once_most: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOCAL}:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        return [each.document["type"] for each in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.received.append(Received(first.split()[1], headers, body))
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        if self.hold is not None:
            await self.hold.wait()
        self.at_once -= 1
        writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        await writer.drain()
        writer.close()


def answer(status: int, body: str = "", **headers: str) -> bytes:
    given = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    length = len(body.encode())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{given}\r\n{body}".encode()


@asynccontextmanager
async def receiving(*answers: bytes, hold: asyncio.Event | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers) or [answer(200)], hold=hold)
    server = await asyncio.start_server(receiver.serve, LOCAL, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
        if hold is not None:
            hold.set()


def worker_on(
    database: Database, clock: Clock, *, guard: OutboundGuard | None = None, seconds: float = 15.0, at_once: int = 64
) -> WebhookWorker:
    guard = guard or OutboundGuard([LOCAL])
    telemetry = WebhookTelemetry(new_registry())
    return WebhookWorker(
        database=database,
        deliverer=Deliverer(
            database=database,
            webhooks=Webhooks(guard, Sealer(SECRET)),
            receivers=Receivers(guard, clock, seconds),
            telemetry=telemetry,
        ),
        telemetry=telemetry,
        at_once=at_once,
    )


@dataclass(frozen=True)
class Hooks:
    """A tenant's webhooks by its API."""

    tenant: Tenant

    @property
    def path(self) -> str:
        return f"/organizations/{self.tenant.organization}/webhooks"

    async def create(self, url: str, **more: Any) -> Any:
        return await self.tenant.api.ok("POST", self.path, {"url": url, **more})

    async def shown(self, webhook: Any) -> Any:
        return await self.tenant.api.ok("GET", f"{self.path}/{webhook['id']}")

    async def deliveries(self, webhook: Any, query: str = "") -> Sequence[Any]:
        found = await self.tenant.api.ok("GET", f"{self.path}/{webhook['id']}/deliveries?{query}")
        return list(found["items"])

    async def delivery(self, webhook: Any, number: int = 0) -> Any:
        """With its log; the newest is 0."""
        listed = await self.deliveries(webhook)
        return await self.tenant.api.ok("GET", f"{self.path}/{webhook['id']}/deliveries/{listed[number]['id']}")

    async def flag(self, key: str, **more: Any) -> Any:
        """An event of the type flag.created."""
        variations = [{"key": "on", "value": True}, {"key": "off", "value": False}]
        body = {"key": key, "type": "boolean", "variations": variations, "off_variation": "off", **more}
        body.setdefault("default", {"variation": "on"})
        return await self.tenant.api.ok("POST", f"/projects/{self.tenant.project}/flags", body)


Turn = Callable[[], Any]
