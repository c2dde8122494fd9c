"""Evaluation endpoints keep OFREP's own form of errors: `{"key"?, "errorCode", "errorDetails"}`."""

from __future__ import annotations

import re
from typing import Any

from service_kit.operations import Handler
from service_kit.problems import InvalidInput, Problem, problem_response
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from edge_evaluator.endpoints.contexts import BadRequestBody
from edge_evaluator.memory.answers import failure_body

JSON = "application/json"
FAILURE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["errorCode"],
    "properties": {
        "key": {"type": "string"},
        "errorCode": {"type": "string"},
        "errorDetails": {"type": "string"},
    },
}


_EVALUATION_PATH = re.compile(
    r"/ofrep/v1/evaluate/flags(?:/(?P<key>[^/]+))?|/v1/evaluate|/v1/flags/[^/]+|/v1/configs(?:/[^/]+)?"
    r"|/v1/experiments/[^/]+/assign"
)


class UnsupportedBody(Problem):
    status, default_code = 415, "unsupported_encoding"


def failure_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer with these statuses in OFREP's form."""
    return {
        status: {"description": "OFREP failure", "content": {JSON: {"schema": FAILURE_SCHEMA}}} for status in statuses
    }


def in_ofrep_form(handle: Handler) -> Handler:
    """Renders what the endpoint or admission raises."""

    async def rendered(request: Request) -> Response:
        key = request.path_params.get("key")
        try:
            return await handle(request)
        except BadRequestBody as error:
            return failure(400, error.code, error.details, key)
        except InvalidInput as error:
            return failure(400, "GENERAL", error.detail, key)
        except Problem as error:
            return failure(error.status, "GENERAL", error.detail, key, error.headers)
        except ClientDisconnect:
            return Response(status_code=400)

    return rendered


def failure(status: int, code: str, details: str, key: str | None, headers: dict[str, str] | None = None) -> Response:
    return Response(failure_body(code, details, key), status, headers, JSON)


def refused(path: str, problem: Problem) -> Response:
    """A problem that came up before any route: in OFREP's form at the addresses where flags are evaluated."""
    found = _EVALUATION_PATH.fullmatch(path)
    if found is None:
        return problem_response(problem)
    return failure(problem.status, "GENERAL", problem.detail, found["key"], problem.headers)


async def plain_body(request: Request) -> bytes:
    """The request's body. Raises UnsupportedBody for a compressed one."""
    encodings = [each.strip().lower() for each in request.headers.getlist("content-encoding")]
    if encodings not in ([], ["identity"]):
        raise UnsupportedBody("compressed bodies are not taken")
    return await request.body()
