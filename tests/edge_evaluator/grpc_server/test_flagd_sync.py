"""flagd's sync protocol: the export as a whole, again with each change of it, for server keys."""

from __future__ import annotations

import json

import grpc
import pytest
from edge_evaluator.grpc_server.flagd_sync import SERVICE
from edge_evaluator.grpc_server.generated import flagd_sync_v1_sync_pb2 as pb

from tests.edge_evaluator.grpc_server.callers import grpc_edge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY
from tests.edge_evaluator.sample_flags import boolean
from tests.environment_writer import publish


async def test_all_flags_at_once_and_as_they_change() -> None:
    async with grpc_edge() as edge:
        http = (await edge.edge.get("/v1/flagd/flags")).json()
        del http["notExported"]
        fetched = await edge.call(SERVICE, "FetchAllFlags", pb.FetchAllFlagsRequest())
        assert json.loads(fetched.flag_configuration) == http
        call = edge.stream(SERVICE, "SyncFlags", pb.SyncFlagsRequest())
        assert json.loads((await call.read()).flag_configuration) == http
        await edge.edge.write(metrics=["purchase"])
        await edge.edge.write(flags=[boolean("plain", enabled=False)])
        after = json.loads((await call.read()).flag_configuration)
        assert after["flags"]["plain"]["defaultVariant"] == "off"
        assert after["metadata"]["version"] == "3"
        call.cancel()


async def test_it_is_for_server_keys_wherever_they_stand() -> None:
    async with grpc_edge() as edge:
        named = pb.FetchAllFlagsRequest(selector=f"sdkKey={SERVER_KEY}")
        assert (await edge.call(SERVICE, "FetchAllFlags", named, None)).flag_configuration
        for key, selector, status in (
            (CLIENT_KEY, "", grpc.StatusCode.PERMISSION_DENIED),
            (None, f"sdkKey={CLIENT_KEY}", grpc.StatusCode.PERMISSION_DENIED),
            (None, "", grpc.StatusCode.UNAUTHENTICATED),
        ):
            for method, request in (
                ("FetchAllFlags", pb.FetchAllFlagsRequest(selector=selector)),
                ("SyncFlags", pb.SyncFlagsRequest(selector=selector)),
            ):
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    if method == "SyncFlags":
                        await edge.stream(SERVICE, method, request, key).read()
                    else:
                        await edge.call(SERVICE, method, request, key)
                assert refused.value.code() is status


async def test_the_metadata_are_there_and_empty() -> None:
    async with grpc_edge() as edge:
        answer = await edge.call(SERVICE, "GetMetadata", pb.GetMetadataRequest(), None)
        assert answer.HasField("metadata")
        assert not answer.metadata.fields


async def test_a_stream_ends_with_its_key() -> None:
    async with grpc_edge() as edge:
        call = edge.stream(SERVICE, "SyncFlags", pb.SyncFlagsRequest())
        await call.read()
        await publish(edge.edge.bus, edge.edge.writer.rewrite_keys([(CLIENT_KEY, "client")]))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await call.read()
        assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED
