"""`verdict.v1.EvaluationService`: the edge's own operations by gRPC, with the answers of HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

from bucketing.decision import Decision, ErrorCode
from bucketing.flagset import FlagType
from grpc import StatusCode

from edge_evaluator.admission.requests import require_server_key
from edge_evaluator.endpoints.contexts import BadRequestBody, ContextLimits
from edge_evaluator.endpoints.flags import FLAGS_MAX
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.grpc_server.calls import CallFailed, Calls
from edge_evaluator.grpc_server.contexts import context_of, struct_of, value_of
from edge_evaluator.grpc_server.generated import verdict_v1_evaluation_pb2 as pb
from edge_evaluator.grpc_server.handlers import Context
from edge_evaluator.grpc_server.news import Newsroom, in_pieces
from edge_evaluator.memory.answers import typed_value
from edge_evaluator.memory.callers import Caller
from edge_evaluator.memory.states import state_of
from edge_evaluator.memory.views import View

SERVICE = pb.DESCRIPTOR.services_by_name["EvaluationService"]
_CHANGED_MAX = 1000
_VALUE_FIELDS = {
    FlagType.BOOLEAN: "boolean_value",
    FlagType.STRING: "string_value",
    FlagType.INTEGER: "integer_value",
    FlagType.NUMBER: "number_value",
    FlagType.OBJECT: "object_value",
}


class _Asked(NamedTuple):
    """Flags for one context. `bulk`: they are all that there are."""

    caller: Caller
    view: View
    context: dict[str, Any]
    expose: bool
    bulk: bool = False


class EvaluationService:
    """Its methods are those of the .proto."""

    def __init__(self, calls: Calls, evaluator: Evaluator, newsroom: Newsroom, limits: ContextLimits) -> None:
        self._calls = calls
        self._evaluator = evaluator
        self._newsroom = newsroom
        self._limits = limits

    async def Evaluate(self, request: pb.EvaluateRequest, context: Context) -> pb.EvaluateResponse:  # noqa: N802
        asked = self._asked(request, self._calls.admit(context))
        return pb.EvaluateResponse(evaluation=_required(self._evaluation(asked, request.flag)))

    async def EvaluateSeveral(  # noqa: N802
        self, request: pb.EvaluateSeveralRequest, context: Context
    ) -> pb.EvaluateSeveralResponse:
        asked = self._asked(request, self._calls.admit(context))
        if len(request.flags) > FLAGS_MAX:
            raise BadRequestBody("PARSE_ERROR", f"flags: at most {FLAGS_MAX} keys")
        return pb.EvaluateSeveralResponse(
            evaluations=self._evaluations(asked, request.flags), metadata=struct_of(asked.view.metadata)
        )

    async def EvaluateAll(self, request: pb.EvaluateAllRequest, context: Context) -> pb.EvaluateAllResponse:  # noqa: N802
        asked = self._asked(request, self._calls.admit(context))._replace(bulk=True)
        keys = (*asked.view.flags, *asked.view.unreadable)
        return pb.EvaluateAllResponse(
            evaluations=self._evaluations(asked, keys), metadata=struct_of(asked.view.metadata)
        )

    async def Explain(self, request: pb.ExplainRequest, context: Context) -> pb.ExplainResponse:  # noqa: N802
        caller = self._calls.admit(context)
        require_server_key(caller)
        view, attributes = self._evaluator.view(caller), context_of(request.context, self._limits)
        # Who wants to know why is somebody who looks at a flag, and no code that uses it: nothing is counted.
        decision = self._evaluator.decide(view, request.flag, attributes)
        evaluation = _answer(view, decision, attributes)
        if request.flag not in view.flags:
            return pb.ExplainResponse(evaluation=_required(evaluation))
        explanation = self._evaluator.explain(view, request.flag, attributes)
        return pb.ExplainResponse(evaluation=evaluation, explanation=struct_of(explanation))

    async def Watch(self, request: pb.WatchRequest, context: Context) -> AsyncIterator[pb.WatchResponse]:  # noqa: N802
        key = self._calls.admit(context).key
        last = state_of(request.last_state) if request.last_state else None
        async for news in self._newsroom.follow(key, last):
            for keys in in_pieces(news.changed or frozenset(), _CHANGED_MAX):
                yield pb.WatchResponse(
                    state=str(news.state),
                    changed=keys,
                    everything=news.everything,
                    retry_milliseconds=self._newsroom.open_streams.retry_milliseconds,
                )

    def _asked(
        self, request: pb.EvaluateRequest | pb.EvaluateSeveralRequest | pb.EvaluateAllRequest, caller: Caller
    ) -> _Asked:
        attributes = context_of(request.context, self._limits)
        return _Asked(caller, self._evaluator.view(caller), attributes, request.expose)

    def _evaluations(self, asked: _Asked, keys: Iterable[str]) -> list[pb.Evaluation]:
        return [self._evaluation(asked, key) for key in keys]

    def _evaluation(self, asked: _Asked, key: str) -> pb.Evaluation:
        decision = self._evaluator.decide(asked.view, key, asked.context)
        self._evaluator.count(asked.caller, decision, bulk=asked.bulk)
        if not asked.bulk or asked.expose:
            self._evaluator.report(asked.caller, asked.view, asked.context, decision, expose=asked.expose)
        return _answer(asked.view, decision, asked.context)


def _answer(view: View, decision: Decision, context: dict[str, Any]) -> pb.Evaluation:
    if decision.error_code is not None:
        code, details = view.answers.error_of(decision)
        return pb.Evaluation(flag=decision.flag, reason=decision.reason.value, error_code=code, error_message=details)
    document = view.answers.document(decision, context)
    flag = view.flags[decision.flag]
    evaluation = pb.Evaluation(
        flag=decision.flag,
        variant=decision.variation or "",
        reason=decision.reason.value,
        metadata=struct_of(document["metadata"]),
    )
    if flag.type is FlagType.OBJECT:
        evaluation.object_value.CopyFrom(value_of(decision.value))
    else:
        setattr(evaluation, _VALUE_FIELDS[flag.type], typed_value(flag, decision.value))
    return evaluation


def _required(evaluation: pb.Evaluation) -> pb.Evaluation:
    """Raises CallFailed for one with an error."""
    if not evaluation.error_code:
        return evaluation
    missing = evaluation.error_code == ErrorCode.FLAG_NOT_FOUND.value
    status = StatusCode.NOT_FOUND if missing else StatusCode.FAILED_PRECONDITION
    raise CallFailed(status, evaluation.error_message, evaluation.error_code)
