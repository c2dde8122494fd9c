"""The server itself: health, reflection, TLS, and what an edge without it doesn't load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
from edge_evaluator.grpc_server.evaluation import SERVICE
from edge_evaluator.grpc_server.generated import verdict_v1_evaluation_pb2 as pb
from edge_evaluator.grpc_server.server import GrpcOptions, credentials_of
from edge_evaluator.settings import EdgeSettings
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from streams.memory import MemoryBus

from devstack.ports import free_port
from tests.certificates import Authority
from tests.edge_evaluator.grpc_server.callers import grpc_edge
from tests.edge_evaluator.running_edge import SERVER_KEY, running_edge
from tests.edge_evaluator.test_loaded_modules import loaded
from tests.environment_writer import open_stream
from tests.waiting import until

SERVED = {
    "verdict.v1.EvaluationService",
    "flagd.evaluation.v1.Service",
    "flagd.evaluation.v2.Service",
    "flagd.sync.v1.FlagSyncService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
}


async def test_what_is_served_can_be_asked_for() -> None:
    async with grpc_edge() as edge:
        stub = reflection_pb2_grpc.ServerReflectionStub(edge.channel)
        call = stub.ServerReflectionInfo()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        answer = await call.read()
        assert {each.name for each in answer.list_services_response.service} >= SERVED
        await call.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE.full_name))
        assert (await call.read()).file_descriptor_response.file_descriptor_proto
        call.cancel()


async def test_health_says_whether_there_is_anything_to_answer_from() -> None:
    port = free_port()
    async with (
        running_edge(EdgeSettings(edge_grpc_port=port, host="127.0.0.1"), flags=(), bus=MemoryBus()) as edge,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def status() -> int:
            return int((await stub.Check(health_pb2.HealthCheckRequest())).status)

        assert await status() == health_pb2.HealthCheckResponse.NOT_SERVING
        await open_stream(edge.bus)
        await edge.write(flags=())

        async def serves() -> bool:
            return bool(await status() == health_pb2.HealthCheckResponse.SERVING)

        await until(serves)
        for name in SERVED - {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_by_tls_with_and_without_a_clients_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, client = authority.issue("edge"), authority.issue("client")
    trusted, pair = authority.certificate.read_bytes(), (client.key.read_bytes(), client.certificate.read_bytes())
    asks = pb.EvaluateRequest(flag="plain")
    for asked_for in (None, authority.certificate):
        files = {"edge_grpc_tls_certificate_file": own.certificate, "edge_grpc_tls_key_file": own.key}
        async with grpc_edge(**files, edge_grpc_tls_client_ca_file=asked_for) as edge:
            assert edge.edge.edge.grpc is not None
            address = f"127.0.0.1:{edge.edge.edge.grpc.port}"
            for shown in (True, False):
                credentials = grpc.ssl_channel_credentials(trusted, *(pair if shown else ()))
                async with grpc.aio.secure_channel(address, credentials) as edge.channel:
                    if shown or asked_for is None:
                        answer = await edge.call(SERVICE, "Evaluate", asks)
                        assert answer.evaluation.boolean_value is True
                    else:
                        with pytest.raises(grpc.aio.AioRpcError) as refused:
                            await edge.call(SERVICE, "Evaluate", asks)
                        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            async with grpc.aio.insecure_channel(address) as edge.channel:
                with pytest.raises(grpc.aio.AioRpcError):
                    await edge.call(SERVICE, "Evaluate", asks, SERVER_KEY)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"edge_grpc_tls_key_file": "key.pem"}, "a certificate and its key are given together"),
        ({"edge_grpc_tls_client_ca_file": "ca.pem"}, "a certificate and its key are given together"),
        ({"edge_grpc_tls_certificate_file": "a.pem", "edge_grpc_tls_key_file": "b.pem"}, "can't be read"),
    ],
    ids=["no certificate", "an authority alone", "no file"],
)
def test_files_that_can_not_be_used_are_told_of_at_the_start(files: dict[str, str], said: str, tmp_path: Path) -> None:
    named = {name.removeprefix("edge_grpc_tls_"): tmp_path / file for name, file in files.items()}
    options = GrpcOptions(host="127.0.0.1", port=1, message_bytes_max=1, **named)  # type: ignore[arg-type]
    with pytest.raises(SystemExit, match=said):
        credentials_of(options)


def test_an_edge_without_it_does_not_load_it() -> None:
    assert not [name for name in loaded() if name.split(".")[0].startswith("grpc")]
    assert "grpc" in loaded(edge_grpc_port=1)
