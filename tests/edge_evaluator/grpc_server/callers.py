"""An edge that serves gRPC, and calls to it without generated stubs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from edge_evaluator.settings import EdgeSettings
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from devstack.ports import free_port
from tests.edge_evaluator.running_edge import SERVER_KEY, RunningEdge, running_edge


@dataclass
class Caller:
    """Calls by one channel."""

    channel: grpc.aio.Channel

    async def call(
        self, service: ServiceDescriptor, method: str, request: Message, key: str | None = SERVER_KEY, **metadata: str
    ) -> Any:
        """Raises grpc.aio.AioRpcError."""
        return await self._callable(service, method)(request, metadata=_metadata(key, metadata), timeout=30)

    def stream(
        self, service: ServiceDescriptor, method: str, request: Message, key: str | None = SERVER_KEY, **metadata: str
    ) -> Any:
        """The call, to be read message by message."""
        return self._callable(service, method)(request, metadata=_metadata(key, metadata), timeout=30)

    def _callable(self, service: ServiceDescriptor, name: str) -> Any:
        method = service.methods_by_name[name]
        kind = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        request: Any = GetMessageClass(method.input_type)
        answer: Any = GetMessageClass(method.output_type)
        return kind(f"/{service.full_name}/{name}", request.SerializeToString, answer.FromString)


@dataclass
class GrpcEdge(Caller):
    """With the edge, which runs in this process."""

    edge: RunningEdge


def _metadata(key: str | None, more: dict[str, str]) -> tuple[tuple[str, str], ...]:
    own = () if key is None else (("authorization", f"Bearer {key}"),)
    return (*own, *((name.replace("_", "-"), value) for name, value in more.items()))


@asynccontextmanager
async def grpc_edge(**changes: Any) -> AsyncIterator[GrpcEdge]:
    given: dict[str, Any] = {"edge_grpc_port": free_port(), "host": "127.0.0.1"} | changes
    settings = EdgeSettings(**given)
    async with running_edge(settings) as edge:
        assert edge.edge.grpc is not None
        async with grpc.aio.insecure_channel(f"127.0.0.1:{edge.edge.grpc.port}") as channel:
            yield GrpcEdge(channel, edge)
