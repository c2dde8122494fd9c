"""The server that speaks gRPC, in the edge's process and on its event loop, beside HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry
from service_kit.logs import get_logger
from service_kit.settings import wrong_settings
from service_kit.trusted_proxies import TrustedProxies

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.flagd_export.exports import FlagdExports
from edge_evaluator.grpc_server import evaluation, flagd_evaluation, flagd_sync
from edge_evaluator.grpc_server.calls import Calls
from edge_evaluator.grpc_server.evaluation import EvaluationService
from edge_evaluator.grpc_server.flagd_evaluation import FlagdEvaluation
from edge_evaluator.grpc_server.flagd_sync import FlagSyncService
from edge_evaluator.grpc_server.handlers import handlers_of
from edge_evaluator.grpc_server.news import Newsroom

_CALLS_AT_ONCE_MAX = 20_000
"""Streams among them, which are bounded by key."""
_STREAMS_PER_CONNECTION_MAX = 1000
_KEEPALIVE_MILLISECONDS = 60_000
_PINGS_MILLISECONDS_MIN = 10_000
_GRACE_SECONDS = 5.0
_HEALTH_SECONDS = 1.0
_log = get_logger("grpc")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcOptions:
    """Where and how it is served. `certificate_file`, `key_file`: of TLS, None for none; `client_ca_file`: clients must
    show a certificate of it. `shares_port`: other workers listen there, too. `flagd_key`: see `Calls`."""

    host: str
    port: int
    message_bytes_max: int
    certificate_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    shares_port: bool = False
    flagd_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcParts:
    """What calls are served from."""

    admission: Admission
    evaluator: Evaluator
    open_streams: OpenStreams
    limits: ContextLimits
    proxies: TrustedProxies
    exports: FlagdExports
    registry: CollectorRegistry


class GrpcServer:
    """`port` is where it listens, once it has begun."""

    def __init__(self, parts: GrpcParts, options: GrpcOptions) -> None:
        self._parts = parts
        self._options = options
        self.port = options.port
        self._credentials = credentials_of(options)
        self._health = health.aio.HealthServicer()
        self._services: list[ServiceDescriptor] = []
        self._server: grpc.aio.Server | None = None

    async def begin(self) -> None:
        """Listens. Raises OSError where the address is taken."""
        options = self._options
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", options.message_bytes_max),
                ("grpc.max_concurrent_streams", _STREAMS_PER_CONNECTION_MAX),
                ("grpc.keepalive_time_ms", _KEEPALIVE_MILLISECONDS),
                ("grpc.http2.min_ping_interval_without_data_ms", _PINGS_MILLISECONDS_MIN),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.so_reuseport", int(options.shares_port)),
            ],
            maximum_concurrent_rpcs=_CALLS_AT_ONCE_MAX,
        )
        self._register(server)
        address = f"[{options.host}]:{options.port}" if ":" in options.host else f"{options.host}:{options.port}"
        try:
            self.port = (
                server.add_insecure_port(address)
                if self._credentials is None
                else server.add_secure_port(address, self._credentials)
            )
        except RuntimeError:
            raise OSError(f"the gRPC address {address} can't be listened at") from None
        await server.start()
        self._server = server
        _log.info("gRPC is served", port=self.port, tls=self._credentials is not None)

    async def keep_health(self) -> None:
        """Tells whether there is anything to answer from, until it is cancelled."""
        while True:
            ready = self._parts.admission.memory.ready and not self._parts.open_streams.closed
            status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
            for name in ("", *(each.full_name for each in self._services)):
                await self._health.set(name, status)
            await asyncio.sleep(_HEALTH_SECONDS)

    async def close(self) -> None:
        """Takes no more calls, and gives those under way a few seconds."""
        if self._server is not None:
            await self._health.enter_graceful_shutdown()
            await self._server.stop(_GRACE_SECONDS)

    def _register(self, server: grpc.aio.Server) -> None:
        parts = self._parts
        calls = Calls(parts.admission, parts.proxies, parts.registry, self._options.flagd_key)
        newsroom = Newsroom(parts.admission, parts.open_streams)
        own = EvaluationService(calls, parts.evaluator, newsroom, parts.limits)
        served: list[tuple[ServiceDescriptor, object]] = [(evaluation.SERVICE, own)]
        for messages in flagd_evaluation.VERSIONS:
            flagd = FlagdEvaluation(messages, calls, parts.evaluator, newsroom, parts.limits)
            served.append((messages.DESCRIPTOR.services_by_name["Service"], flagd))
        served.append((flagd_sync.SERVICE, FlagSyncService(calls, parts.exports, newsroom)))
        self._services = [service for service, _ in served]
        server.add_generic_rpc_handlers(
            tuple(
                handlers_of(service, implementation, calls.unary, calls.streaming) for service, implementation in served
            )
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names: Iterable[str] = (
            *(each.full_name for each in self._services),
            health.SERVICE_NAME,
            reflection.SERVICE_NAME,
        )
        reflection.enable_server_reflection(names, server)


def credentials_of(options: GrpcOptions) -> grpc.ServerCredentials | None:
    """Those of TLS, None without it. Ends the process for files that can't be used."""
    if not any((options.certificate_file, options.key_file, options.client_ca_file)):
        return None
    if options.certificate_file is None or options.key_file is None:
        raise wrong_settings(
            "FF_EDGE_GRPC_TLS_CERTIFICATE_FILE, FF_EDGE_GRPC_TLS_KEY_FILE: a certificate and its key are given together"
        )
    try:
        pair = options.key_file.read_bytes(), options.certificate_file.read_bytes()
        authority = None if options.client_ca_file is None else options.client_ca_file.read_bytes()
    except OSError as error:
        raise wrong_settings(f"FF_EDGE_GRPC_TLS_…: {error.filename} can't be read ({error.strerror})") from None
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)
