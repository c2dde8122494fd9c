"""`GET /v1/configs` and `GET /v1/configs/{key}`: remote configs for a context in the address."""

from __future__ import annotations

import msgspec
from service_kit.operations import Operations
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission
from edge_evaluator.endpoints.compression import packable
from edge_evaluator.endpoints.contexts import ContextLimits, query_context
from edge_evaluator.endpoints.ofrep_route import JSON, failure_responses, in_ofrep_form
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.memory.answers import failure_body

_ATTRIBUTES = {"parameters": [{"name": "user_id", "in": "query", "schema": {"type": "string"}}]}
_encode = msgspec.json.Encoder().encode


def remote_config_operations(*, admission: Admission, evaluator: Evaluator, limits: ContextLimits) -> Operations:
    operations = Operations("evaluation", prefix="/v1/configs", rendered=in_ofrep_form)

    @operations.get(
        "",
        summary="Evaluate all remote configs; every query parameter is an attribute",
        answers=failure_responses(400, 401, 429, 503),
        more=_ATTRIBUTES,
    )
    async def get_configs(request: Request) -> Response:
        caller = admission.admit(request, parameters_are_attributes=True)
        context = query_context(request.query_params.multi_items(), limits)
        view = evaluator.view(caller)
        decisions = [evaluator.decide(view, key, context) for key in view.remote_configs]
        for decision in decisions:
            evaluator.count(caller, decision, bulk=True)
        answers = b",".join(view.answers.told([view.answers[decision] for decision in decisions], context))
        return await packable(request, b'{"configs":[%b],"metadata":%b}' % (answers, _encode(view.metadata)))

    @operations.get(
        "/{key}",
        summary="Evaluate one remote config; every query parameter is an attribute",
        answers=failure_responses(400, 401, 404, 429, 503),
        more=_ATTRIBUTES,
    )
    async def get_config(request: Request) -> Response:
        caller = admission.admit(request, parameters_are_attributes=True)
        context = query_context(request.query_params.multi_items(), limits)
        key = request.path_params["key"]
        if key not in evaluator.view(caller).remote_configs:
            missing = failure_body("FLAG_NOT_FOUND", "there is no such remote config", key)
            return Response(missing, 404, media_type=JSON)
        status, answer = evaluator.single(caller, key, context)
        return Response(answer, status, media_type=JSON)

    return operations
