"""`/v1/experiments/{key}/assign`: a unit's variation of an experiment, by a context in the address or a body."""

from __future__ import annotations

from typing import Any

import msgspec
from service_kit.operations import Operations, Parameter, truth_of
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission
from edge_evaluator.endpoints.contexts import (
    BadRequestBody,
    ContextLimits,
    context_of,
    decode_object,
    query_context,
)
from edge_evaluator.endpoints.ofrep_route import JSON, failure, failure_responses, in_ofrep_form, plain_body
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.memory.answers import failure_status
from edge_evaluator.memory.callers import Caller

_EXPOSE = Parameter.truth("expose")
_FIELDS = {"context", "expose"}
_encode = msgspec.json.Encoder().encode
_BODY = {
    "type": "object",
    "properties": {
        "context": {"type": "object"},
        "expose": {"type": "boolean", "description": "report the assignment as an exposure"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["experiment", "unit", "variation", "in_experiment", "reason"],
    "properties": {
        "experiment": {"type": "string"},
        "unit": {"type": ["string", "null"], "description": "what is randomised; null where the context has none"},
        "variation": {"type": "string"},
        "in_experiment": {"type": "boolean"},
        "reason": {"type": "string"},
    },
}


def assignment_operations(*, admission: Admission, evaluator: Evaluator, limits: ContextLimits) -> Operations:
    operations = Operations("evaluation", prefix="/v1/experiments", rendered=in_ofrep_form)

    def answer(caller: Caller, key: str, context: dict[str, Any], expose: bool) -> Response:
        view = evaluator.view(caller)
        experiment = view.config.flagset.experiments.get(key)
        if experiment is None or (caller.key.is_client and experiment.flag not in view.flags):
            return failure(404, "FLAG_NOT_FOUND", "there is no such experiment", key)
        assignment = evaluator.assignment(view, experiment, context)
        decision = assignment.decision
        evaluator.count(caller, decision)
        if decision.error_code is not None:
            code, details = view.answers.error_of(decision)
            return failure(failure_status(code), code, details, key)
        evaluator.report(caller, view, context, decision, expose=expose)
        return Response(_encode(assignment.document()), media_type=JSON)

    @operations.get(
        "/{key}/assign",
        summary="Assign a unit in an experiment; every query parameter but `expose` is an attribute",
        parameters=(_EXPOSE,),
        content={JSON: {"schema": _ANSWER}},
        answers=failure_responses(400, 401, 404, 429, 503),
        more={"parameters": [{"name": "user_id", "in": "query", "schema": {"type": "string"}}]},
    )
    async def get_assignment(request: Request) -> Response:
        caller = admission.admit(request, parameters_are_attributes=True)
        context = query_context(request.query_params.multi_items(), limits)
        context.pop(_EXPOSE.name, None)
        return answer(caller, request.path_params["key"], context, truth_of(request, _EXPOSE.name))

    @operations.post(
        "/{key}/assign",
        summary="Assign a unit in an experiment",
        content={JSON: {"schema": _ANSWER}},
        answers=failure_responses(400, 401, 403, 404, 413, 415, 429, 503),
        more={"requestBody": {"content": {JSON: {"schema": _BODY}}}},
    )
    async def assign(request: Request) -> Response:
        caller = admission.admit(request)
        document = decode_object(await plain_body(request), limits)
        unknown = document.keys() - _FIELDS
        if unknown:
            raise BadRequestBody("PARSE_ERROR", f"{min(unknown)[:64]}: there is no such field")
        expose = document.get("expose", False)
        if not isinstance(expose, bool):
            raise BadRequestBody("PARSE_ERROR", "expose: must be true or false")
        return answer(caller, request.path_params["key"], context_of(document), expose)

    return operations
