"""Who may call by gRPC: the keys, limits and addresses of HTTP, and the statuses that refusals have."""

from __future__ import annotations

import grpc
import pytest
from edge_evaluator.grpc_server.contexts import struct_of
from edge_evaluator.grpc_server.evaluation import SERVICE
from edge_evaluator.grpc_server.generated import flagd_evaluation_v2_evaluation_pb2 as flagd
from edge_evaluator.grpc_server.generated import verdict_v1_evaluation_pb2 as pb

from tests.edge_evaluator.grpc_server.callers import GrpcEdge, grpc_edge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY

PLAIN = pb.EvaluateRequest(flag="plain")
FLAGD = flagd.DESCRIPTOR.services_by_name["Service"]
RESOLVE = flagd.ResolveBooleanRequest(flag_key="visible")


async def refusal(edge: GrpcEdge, key: str | None = SERVER_KEY, **metadata: str) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await edge.call(SERVICE, "Evaluate", PLAIN, key, **metadata)
    return refused.value


async def test_a_key_is_needed_in_either_place() -> None:
    async with grpc_edge() as edge:
        for key, detail in ((None, "send a key"), ("wrong", "the SDK key is unknown")):
            refused = await refusal(edge, key)
            assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
            assert detail in (refused.details() or "")
        answer = await edge.call(SERVICE, "Evaluate", PLAIN, None, x_api_key=SERVER_KEY)
        assert answer.evaluation.boolean_value is True
        assert (await refusal(edge, "wrong", x_api_key=SERVER_KEY)).code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.usefixtures("one_window")
async def test_requests_count_for_the_key_as_by_http() -> None:
    async with grpc_edge(edge_requests_per_key_per_second=1) as edge:
        refused = None
        for _ in range(30):
            try:
                await edge.call(SERVICE, "Evaluate", PLAIN)
            except grpc.aio.AioRpcError as error:
                refused = error
        assert refused is not None
        assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "requests_per_key" in (refused.details() or "")
        told = dict(refused.trailing_metadata())
        assert told["grpc-retry-pushback-ms"] == told["retry-after"] + "000"
        assert (await edge.edge.flag("plain")).status_code == 429


@pytest.mark.parametrize("trusted", ["127.0.0.0/8", ""])
async def test_whose_calls_are_counted_behind_a_proxy(trusted: str) -> None:
    async with grpc_edge(trusted_proxies=trusted) as edge:
        await edge.call(SERVICE, "Evaluate", PLAIN, x_forwarded_for="203.0.113.7")
        counted = {name for name, each in edge.edge.edge.admission.addresses.counted() if each.taken}
        assert ("203.0.113.7" in counted) == bool(trusted)
        assert ("127.0.0.1" in counted) == (not trusted)


async def test_streams_are_bounded_by_key() -> None:
    async with grpc_edge(edge_streams_per_key_max=1) as edge:
        first = edge.stream(SERVICE, "Watch", pb.WatchRequest())
        await first.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await edge.stream(SERVICE, "Watch", pb.WatchRequest()).read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await edge.stream(SERVICE, "Watch", pb.WatchRequest(), CLIENT_KEY).read()
        first.cancel()


async def test_messages_are_bounded() -> None:
    async with grpc_edge(edge_body_limit_bytes=2048) as edge:
        large = pb.EvaluateRequest(flag="plain", context=struct_of({"a": "x" * 3000}))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await edge.call(SERVICE, "Evaluate", large)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_flagds_clients_may_have_their_key_in_the_selector_or_at_the_edge() -> None:
    async with grpc_edge() as edge:
        answer = await edge.call(FLAGD, "ResolveBoolean", RESOLVE, None, flagd_selector=f"sdkKey={CLIENT_KEY}")
        assert answer.value is True
        for selector in ("", "sdkKey=", "sdkKey=wrong", CLIENT_KEY):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await edge.call(FLAGD, "ResolveBoolean", RESOLVE, None, flagd_selector=selector)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    async with grpc_edge(edge_flagd_key=CLIENT_KEY) as edge:
        assert (await edge.call(FLAGD, "ResolveBoolean", RESOLVE, None)).value is True
        assert (await edge.call(FLAGD, "ResolveBoolean", RESOLVE, None, flagd_selector="source=x")).value is True
        with pytest.raises(grpc.aio.AioRpcError):
            await edge.call(FLAGD, "ResolveBoolean", RESOLVE, "wrong")
        assert (await refusal(edge, None)).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_calls_are_counted_as_usage_and_exposures_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    async with grpc_edge() as edge:
        offered: list[str] = []
        exposures = edge.edge.edge.evaluator._exposures
        monkeypatch.setattr(exposures, "offer", lambda *given: offered.append(given[3].flag), raising=False)
        user = struct_of({"targetingKey": "u"})
        asked = {"verdict_sdk": "node/1.2.0"}
        for flag in ("reported", "plain"):
            await edge.call(SERVICE, "Evaluate", pb.EvaluateRequest(flag=flag, context=user), **asked)
        await edge.call(SERVICE, "EvaluateAll", pb.EvaluateAllRequest(context=user), **asked)
        await edge.call(SERVICE, "Explain", pb.ExplainRequest(flag="reported", context=user), **asked)
        request = flagd.ResolveBooleanRequest(flag_key="reported", context=user)
        await edge.call(FLAGD, "ResolveBoolean", request, **asked)
        await edge.call(SERVICE, "Evaluate", pb.EvaluateRequest(flag="half", context=user, expose=True), **asked)
        assert offered == ["reported", "reported", "half"]
        await refusal(edge, "wrong")
        (tally,) = edge.edge.edge.evaluator.tallies.all()
        ways = tally["node/1.2.0"].take()
        assert {(way.flag, way.bulk): count for way, count in ways.items() if way.flag in ("reported", "plain")} == {
            ("reported", False): 2,
            ("reported", True): 1,
            ("plain", False): 1,
            ("plain", True): 1,
        }
        figures = (await edge.edge.get("/metrics")).text
        method = 'verdict_edge_grpc_calls_total{method="verdict.v1.EvaluationService/Evaluate",status='
        assert f'{method}"OK"}} 3.0' in figures
        assert f'{method}"UNAUTHENTICATED"}} 1.0' in figures
