"""flagd's evaluation protocol: `flagd.evaluation.v1` and `.v2`, as its providers speak them in RPC mode.

How a call fails, and what the event stream tells, is flagd's way, so that these providers work unchanged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any, NamedTuple

from bucketing.decision import Decision, ErrorCode
from bucketing.flagset import FlagType
from google.protobuf.message import Message
from grpc import StatusCode

from edge_evaluator.endpoints.contexts import ContextLimits
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.grpc_server.calls import CallFailed, Calls
from edge_evaluator.grpc_server.contexts import context_of, struct_of
from edge_evaluator.grpc_server.generated import flagd_evaluation_v1_evaluation_pb2 as v1
from edge_evaluator.grpc_server.generated import flagd_evaluation_v2_evaluation_pb2 as v2
from edge_evaluator.grpc_server.handlers import Context
from edge_evaluator.grpc_server.news import Newsroom
from edge_evaluator.memory.answers import typed_value
from edge_evaluator.memory.views import View

VERSIONS: tuple[ModuleType, ...] = (v1, v2)
# flagd's providers take UNKNOWN and UNAVAILABLE for what is worth trying again; an evaluation that failed is not.
_STATUSES = {
    ErrorCode.FLAG_NOT_FOUND.value: StatusCode.NOT_FOUND,
    ErrorCode.PARSE_ERROR.value: StatusCode.DATA_LOSS,
}
_ANY_FLAG = {
    FlagType.BOOLEAN: "bool_value",
    FlagType.STRING: "string_value",
    FlagType.INTEGER: "double_value",
    FlagType.NUMBER: "double_value",
}


class _Kind(NamedTuple):
    """A type that an application asks for: its name in the protocol, and the types of flags that serve it."""

    name: str
    served_by: frozenset[FlagType]


_BOOLEAN = _Kind("Boolean", frozenset({FlagType.BOOLEAN}))
_STRING = _Kind("String", frozenset({FlagType.STRING}))
_FLOAT = _Kind("Float", frozenset({FlagType.NUMBER, FlagType.INTEGER}))
_INT = _Kind("Int", frozenset({FlagType.INTEGER}))
_OBJECT = _Kind("Object", frozenset({FlagType.OBJECT}))


class FlagdEvaluation:
    """Its methods are those of the .proto. `messages`: the generated code of one version of it."""

    def __init__(
        self, messages: ModuleType, calls: Calls, evaluator: Evaluator, newsroom: Newsroom, limits: ContextLimits
    ) -> None:
        self._messages = messages
        self._calls = calls
        self._evaluator = evaluator
        self._newsroom = newsroom
        self._limits = limits

    async def ResolveBoolean(self, request: Any, context: Context) -> Message:  # noqa: N802
        return self._resolved(request, context, _BOOLEAN)

    async def ResolveString(self, request: Any, context: Context) -> Message:  # noqa: N802
        return self._resolved(request, context, _STRING)

    async def ResolveFloat(self, request: Any, context: Context) -> Message:  # noqa: N802
        return self._resolved(request, context, _FLOAT)

    async def ResolveInt(self, request: Any, context: Context) -> Message:  # noqa: N802
        return self._resolved(request, context, _INT)

    async def ResolveObject(self, request: Any, context: Context) -> Message:  # noqa: N802
        return self._resolved(request, context, _OBJECT)

    async def ResolveAll(self, request: Any, context: Context) -> Message:  # noqa: N802
        caller = self._calls.admit_flagd(context)
        view, attributes = self._evaluator.view(caller), context_of(request.context, self._limits)
        decisions = view.evaluate_all(attributes, self._evaluator.now())
        for decision in decisions:
            self._evaluator.count(caller, decision, bulk=True)
        flags = {each.flag: self._any_flag(view, each, attributes) for each in decisions if _is_told(each)}
        response: Message = self._messages.ResolveAllResponse(flags=flags, metadata=struct_of(view.metadata))
        return response

    async def EventStream(self, _: Any, context: Context) -> AsyncIterator[Message]:  # noqa: N802
        key = self._calls.admit_flagd(context).key
        event = self._messages.EventStreamResponse
        ready = False
        async for news in self._newsroom.follow(key):
            if not ready:
                ready = True
                yield event(type="provider_ready")
            elif news.changed is None:
                yield event(type="keep_alive")
            else:
                flags = {each: {"type": "update", "flagKey": each} for each in sorted(news.changed)}
                yield event(type="configuration_change", data=struct_of({"flags": flags}))

    def _resolved(self, request: Any, context: Context, kind: _Kind) -> Message:
        caller = self._calls.admit_flagd(context)
        view, attributes = self._evaluator.view(caller), context_of(request.context, self._limits)
        decision = self._evaluator.decide(view, request.flag_key, attributes)
        self._evaluator.count(caller, decision)
        self._check(view, decision, kind)
        self._evaluator.report(caller, view, attributes, decision, expose=False)
        value: Any = decision.value
        response: Message = getattr(self._messages, f"Resolve{kind.name}Response")(
            value=struct_of(value)
            if kind is _OBJECT
            else float(value)
            if kind is _FLOAT
            else typed_value(view.flags[decision.flag], value),
            reason=decision.reason.value,
            variant=decision.variation,
            metadata=struct_of(view.answers.document(decision, attributes)["metadata"]),
        )
        return response

    @staticmethod
    def _check(view: View, decision: Decision, kind: _Kind) -> None:
        """Raises CallFailed for an error, and for a flag of another type."""
        if decision.error_code is not None:
            code, details = view.answers.error_of(decision)
            raise CallFailed(_STATUSES.get(code, StatusCode.FAILED_PRECONDITION), details, code)
        flag = view.flags[decision.flag]
        if flag.type not in kind.served_by:
            raise CallFailed(StatusCode.INVALID_ARGUMENT, f"the flag is of type {flag.type.value}", "TYPE_MISMATCH")
        if kind is _OBJECT and not isinstance(decision.value, dict):
            raise CallFailed(StatusCode.INVALID_ARGUMENT, "the value is a list, and no object", "TYPE_MISMATCH")

    def _any_flag(self, view: View, decision: Decision, attributes: dict[str, Any]) -> Message:
        flag = view.flags[decision.flag]
        field = _ANY_FLAG.get(flag.type)
        value = {"object_value": struct_of(decision.value)} if field is None else {field: decision.value}
        response: Message = self._messages.AnyFlag(
            reason=decision.reason.value,
            variant=decision.variation,
            metadata=struct_of(view.answers.document(decision, attributes)["metadata"]),
            **value,
        )
        return response


def _is_told(decision: Decision) -> bool:
    """Neither an error nor a list, for which the protocol has no place among all flags."""
    return decision.error_code is None and not isinstance(decision.value, list)
