"""Evaluation beside OFREP: `GET /v1/flags/{key}` for curl, `POST /v1/evaluate` for one, several, and why."""

from __future__ import annotations

from typing import Any

import msgspec
from bucketing.decision import Decision
from service_kit.operations import Operations
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission, require_server_key
from edge_evaluator.endpoints.compression import packable
from edge_evaluator.endpoints.contexts import (
    BadRequestBody,
    ContextLimits,
    context_of,
    decode_object,
    query_context,
)
from edge_evaluator.endpoints.ofrep_route import JSON, failure_responses, in_ofrep_form, plain_body
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.memory.answers import failure_status
from edge_evaluator.memory.views import View

FLAGS_MAX = 1000
_FIELDS = {"flag", "flags", "context", "explain", "expose"}
_encode = msgspec.json.Encoder().encode
_BODY = {
    "type": "object",
    "properties": {
        "flag": {"type": "string", "description": "one flag; the answer is its evaluation"},
        "flags": {"type": "array", "items": {"type": "string"}, "maxItems": FLAGS_MAX, "description": "several"},
        "context": {"type": "object"},
        "explain": {"type": "boolean", "description": "with the trace of each decision; server keys only"},
        "expose": {"type": "boolean", "description": "report the evaluations as exposures"},
    },
}


def flag_operations(*, admission: Admission, evaluator: Evaluator, limits: ContextLimits) -> Operations:
    operations = Operations("evaluation", prefix="/v1", rendered=in_ofrep_form)

    @operations.get(
        "/flags/{key}",
        summary="Evaluate one flag; every query parameter is an attribute",
        answers=failure_responses(400, 401, 404, 429, 503),
        more={"parameters": [{"name": "user_id", "in": "query", "schema": {"type": "string"}}]},
    )
    async def get_flag(request: Request) -> Response:
        caller = admission.admit(request, parameters_are_attributes=True)
        context = query_context(request.query_params.multi_items(), limits)
        status, answer = evaluator.single(caller, request.path_params["key"], context)
        return Response(answer, status, media_type=JSON)

    @operations.post(
        "/evaluate",
        summary="Evaluate one flag, several, or all",
        answers=failure_responses(400, 401, 403, 404, 413, 415, 429, 503),
        more={"requestBody": {"content": {JSON: {"schema": _BODY}}}},
    )
    async def evaluate(request: Request) -> Response:
        caller = admission.admit(request)
        document = decode_object(await plain_body(request), limits)
        context = context_of(document)
        asked = _Asked(document)
        if asked.explain:
            require_server_key(caller)
        view = evaluator.view(caller)

        def evaluation(key: str) -> dict[str, Any]:
            decision = evaluator.decide(view, key, context)
            if not asked.explain:
                # Who wants to know why is somebody who looks at a flag, and no code that uses it.
                evaluator.count(caller, decision, bulk=asked.is_bulk)
            evaluator.report(caller, view, context, decision, expose=asked.expose)
            document = _document(view, decision, context)
            if asked.explain and key in view.flags:
                document["explanation"] = evaluator.explain(view, key, context)
            return document

        if asked.flag is not None:
            one = evaluation(asked.flag)
            status = failure_status(one["errorCode"]) if "errorCode" in one else 200
            return Response(_encode(one), status, media_type=JSON)
        keys = view.flags if asked.flags is None else asked.flags
        several = {"flags": [evaluation(key) for key in keys], "metadata": view.metadata}
        return await packable(request, _encode(several))

    return operations


class _Asked:
    """The request's fields. Raises BadRequestBody for a wrong one."""

    def __init__(self, document: dict[str, Any]) -> None:
        unknown = document.keys() - _FIELDS
        if unknown:
            raise BadRequestBody("PARSE_ERROR", f"{min(unknown)[:64]}: there is no such field")
        self.flag: str | None = document.get("flag")
        self.flags: list[str] | None = document.get("flags")
        self.explain: bool = document.get("explain", False)
        self.expose: bool = document.get("expose", False)
        if self.flag is not None and not isinstance(self.flag, str):
            raise BadRequestBody("PARSE_ERROR", "flag: must be a flag's key")
        if self.flags is not None and not _is_key_list(self.flags):
            raise BadRequestBody("PARSE_ERROR", f"flags: must be a list of at most {FLAGS_MAX} flag keys")
        if self.flag is not None and self.flags is not None:
            raise BadRequestBody("PARSE_ERROR", "flag, flags: one of them at most")
        self.is_bulk = self.flag is None and self.flags is None
        for name, value in (("explain", self.explain), ("expose", self.expose)):
            if not isinstance(value, bool):
                raise BadRequestBody("PARSE_ERROR", f"{name}: must be true or false")


def _is_key_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= FLAGS_MAX and all(isinstance(key, str) for key in value)


def _document(view: View, decision: Decision, context: dict[str, Any]) -> dict[str, Any]:
    if decision.error_code is None:
        return view.answers.document(decision, context)
    code, details = view.answers.error_of(decision)
    return {"key": decision.flag, "errorCode": code, "errorDetails": details}
