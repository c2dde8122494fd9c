"""`verdict.v1.EvaluationService`: what HTTP answers, by gRPC."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from edge_evaluator.grpc_server.contexts import struct_of
from edge_evaluator.grpc_server.evaluation import SERVICE
from edge_evaluator.grpc_server.generated import verdict_v1_evaluation_pb2 as pb
from google.protobuf.json_format import MessageToDict

from tests.edge_evaluator.grpc_server.callers import GrpcEdge, grpc_edge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, boolean
from tests.environment_writer import publish

USER = {"targetingKey": "u1", "country": "US", "company": "acme", "age": 7, "tags": ["a", None, {"b": 1.5}]}


@pytest.fixture
async def served() -> AsyncIterator[GrpcEdge]:
    async with grpc_edge() as edge:
        yield edge


def document_of(evaluation: pb.Evaluation) -> dict[str, Any]:
    """As OFREP has it."""
    if evaluation.error_code:
        return {
            "key": evaluation.flag,
            "errorCode": evaluation.error_code,
            "errorDetails": evaluation.error_message,
        }
    field = evaluation.WhichOneof("value")
    assert field is not None
    value = getattr(evaluation, field)
    return {
        "key": evaluation.flag,
        "value": MessageToDict(value) if field == "object_value" else value,
        "variant": evaluation.variant,
        "reason": evaluation.reason,
        "metadata": MessageToDict(evaluation.metadata),
    }


@pytest.mark.parametrize("key", [SERVER_KEY, CLIENT_KEY])
async def test_it_answers_as_http_does(served: GrpcEdge, key: str) -> None:
    context = struct_of(USER)
    for flag in [*(each.key for each in (*FLAGS, *REMOTE_CONFIGS)), "unknown"]:
        http = await served.edge.flag(flag, USER, key=key)
        asking = served.call(SERVICE, "Evaluate", pb.EvaluateRequest(flag=flag, context=context), key)
        if http.status_code == 200:
            assert document_of((await asking).evaluation) == http.json()
            continue
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await asking
        code = grpc.StatusCode.NOT_FOUND if http.status_code == 404 else grpc.StatusCode.FAILED_PRECONDITION
        assert (failed.value.code(), failed.value.details()) == (code, http.json()["errorDetails"])
        assert dict(failed.value.trailing_metadata())["verdict-error-code"] == http.json()["errorCode"]
    every = await served.call(SERVICE, "EvaluateAll", pb.EvaluateAllRequest(context=context), key)
    bulk = (await served.edge.bulk(USER, key=key)).json()
    named = {flag["key"]: flag for flag in bulk["flags"]}
    assert {each.flag: document_of(each) for each in every.evaluations} == named
    assert MessageToDict(every.metadata) == bulk["metadata"]
    asked = pb.EvaluateSeveralRequest(flags=["visible", "unknown", "half"], context=context)
    several = await served.call(SERVICE, "EvaluateSeveral", asked, key)
    assert [each.flag for each in several.evaluations] == ["visible", "unknown", "half"]
    assert [each.error_code for each in several.evaluations] == ["", "FLAG_NOT_FOUND", ""]


async def test_values_have_their_flags_types(served: GrpcEdge) -> None:
    every = await served.call(SERVICE, "EvaluateAll", pb.EvaluateAllRequest(context=struct_of(USER)))
    values = {each.flag: (each.WhichOneof("value"), each) for each in every.evaluations}
    assert values["limit"][1].integer_value == 2**53 - 1
    assert {key: values[key][0] for key in ("plain", "greeting", "limit", "ratio", "theme", "page")} == {
        "plain": "boolean_value",
        "greeting": "string_value",
        "limit": "integer_value",
        "ratio": "number_value",
        "theme": "object_value",
        "page": "object_value",
    }


async def test_explanations_are_for_server_keys(served: GrpcEdge) -> None:
    request = pb.ExplainRequest(flag="ruled", context=struct_of(USER))
    answer = await served.call(SERVICE, "Explain", request)
    body = {"flag": "ruled", "context": USER, "explain": True}
    told, expected = (MessageToDict(answer.explanation), (await served.edge.post("/v1/evaluate", body)).json())
    assert told["steps"] == json.loads(json.dumps(expected["explanation"]["steps"]))
    assert answer.evaluation.variant == expected["variant"]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await served.call(SERVICE, "Explain", request, CLIENT_KEY)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "client key" in (refused.value.details() or "")


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ({"deep": [[[[[[[[[[[[1]]]]]]]]]]]]}, "INVALID_CONTEXT"),
        ({"many": list(range(1001))}, "INVALID_CONTEXT"),
        ({"text": "a\0b"}, "INVALID_CONTEXT"),
        ({"number": float("nan")}, "INVALID_CONTEXT"),
        ({"number": float("inf")}, "INVALID_CONTEXT"),
    ],
    ids=["deep", "many", "nul", "nan", "infinity"],
)
async def test_contexts_have_the_limits_of_http(served: GrpcEdge, context: dict[str, Any], code: str) -> None:
    request = pb.EvaluateRequest(flag="plain", context=struct_of(context))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await served.call(SERVICE, "Evaluate", request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert dict(refused.value.trailing_metadata())["verdict-error-code"] == code


async def test_changes_are_told_by_their_flags(served: GrpcEdge) -> None:
    for key, seen in ((SERVER_KEY, ["first", "visible"]), (CLIENT_KEY, ["visible"])):
        call = served.stream(SERVICE, "Watch", pb.WatchRequest(), key)
        begin = await call.read()
        assert (list(begin.changed), begin.everything, begin.retry_milliseconds) == ([], False, 1000)
        on = key == CLIENT_KEY
        await served.edge.write(
            flags=[boolean("first", enabled=on), boolean("visible", client_visible=True, enabled=on)]
        )
        change = await call.read()
        assert list(change.changed) == seen
        call.cancel()
        again = served.stream(SERVICE, "Watch", pb.WatchRequest(last_state=change.state), key)
        assert (await again.read()).everything is False
        late = served.stream(SERVICE, "Watch", pb.WatchRequest(last_state=begin.state), key)
        assert (await late.read()).everything is True
        again.cancel()
        late.cancel()


async def test_a_change_that_a_key_does_not_see_is_none(served: GrpcEdge) -> None:
    call = served.stream(SERVICE, "Watch", pb.WatchRequest(), CLIENT_KEY)
    await call.read()
    await served.edge.write(flags=[boolean("plain", enabled=False)], metrics=["purchase"])
    await served.edge.write(flags=[boolean("seen", client_visible=True)])
    assert list((await call.read()).changed) == ["seen"]
    call.cancel()


async def test_a_stream_ends_with_its_key_and_the_next_is_refused(served: GrpcEdge) -> None:
    call = served.stream(SERVICE, "Watch", pb.WatchRequest(), CLIENT_KEY)
    await call.read()
    await publish(served.edge.bus, served.edge.writer.rewrite_keys([(SERVER_KEY, "server")]))
    for each in (call, served.stream(SERVICE, "Watch", pb.WatchRequest(), CLIENT_KEY)):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await each.read()
        assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED
        assert ended.value.details() == "the client key was revoked"


async def test_a_stream_ends_with_its_edge(served: GrpcEdge) -> None:
    call = served.stream(SERVICE, "Watch", pb.WatchRequest())
    await call.read()
    served.edge.edge.open_streams.close()
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call.read()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    assert dict(ended.value.trailing_metadata())["retry-after"] == "1"


async def test_a_deadline_ends_a_stream_here_too(served: GrpcEdge) -> None:
    method = served._callable(SERVICE, "Watch")
    call = method(pb.WatchRequest(), metadata=(("x-api-key", SERVER_KEY),), timeout=0.3)
    await call.read()
    assert served.edge.edge.open_streams._open.total() == 1
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call.read()
    assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(10):
        while served.edge.edge.open_streams._open.total():
            await asyncio.sleep(0)
