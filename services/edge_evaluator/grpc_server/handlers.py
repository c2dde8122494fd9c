"""A service of a .proto as gRPC's server takes it: each of its methods is the implementation's method of that name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc.aio import ServicerContext

Context = ServicerContext[Any, Any]
"""Of one call."""
Unary = Callable[[Any, Context], Awaitable[Message]]
Streaming = Callable[[Any, Context], AsyncIterator[Message]]


def handlers_of(
    service: ServiceDescriptor,
    implementation: object,
    unary: Callable[[str, Unary], Unary],
    streaming: Callable[[str, Streaming], Streaming],
) -> grpc.GenericRpcHandler:
    """`unary` and `streaming` put around each method, which they know by name, what all of that sort have in common.
    Raises AttributeError for a method that the implementation lacks."""

    def handler(method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        serve = getattr(implementation, method.name)
        named = f"{service.full_name}/{method.name}"
        request: Any = GetMessageClass(method.input_type)
        answer: Any = GetMessageClass(method.output_type)
        read, write = request.FromString, answer.SerializeToString
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(streaming(named, serve), read, write)
        return grpc.unary_unary_rpc_method_handler(unary(named, serve), read, write)

    return grpc.method_handlers_generic_handler(
        service.full_name, {method.name: handler(method) for method in service.methods}
    )
