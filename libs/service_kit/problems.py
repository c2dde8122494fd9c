"""Expected errors, each a class with a status and a stable code, rendered once as RFC 9457 problem details.

Problem
├── BadRequest 400 · Unauthorized 401 · Forbidden 403 · NotFound 404 · Conflict 409
├── PreconditionFailed 412 · TooLarge 413 · UnsupportedMedia 415 · InvalidInput 422 (with field errors)
├── PreconditionRequired 428
└── TooManyRequests 429 · Unavailable 503 (with `Retry-After`)

A service derives its own from these, or raises them with a code of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service_kit.logs import current_request_id

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is a path like `rules[0].if.value`, `code` is stable, `reason` is a sentence for people."""

    field: str
    code: str
    reason: str


class Problem(Exception):
    """An expected error. `code` is stable for programs, `detail` is a sentence for people; `members` are further
    members of the document, for programs. `limit` names the limit that was passed."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        self.limit = ""


class BadRequest(Problem):
    status, default_code = 400, "bad_request"


class Unauthorized(Problem):
    status, default_code = 401, "unauthorized"

    def __init__(self, detail: str = "", **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("WWW-Authenticate", "Bearer")


class Forbidden(Problem):
    status, default_code = 403, "forbidden"


class NotFound(Problem):
    status, default_code = 404, "not_found"


class Conflict(Problem):
    status, default_code = 409, "conflict"


class PreconditionFailed(Problem):
    status, default_code = 412, "precondition_failed"


class TooLarge(Problem):
    status, default_code = 413, "body_too_large"


class UnsupportedMedia(Problem):
    status, default_code = 415, "unsupported_media_type"


class InvalidInput(Problem):
    status, default_code = 422, "invalid_input"

    def __init__(self, errors: Sequence[FieldError], detail: str = "", *, code: str | None = None) -> None:
        named = detail or "; ".join(f"{error.field}: {error.reason}" for error in errors[:5])
        super().__init__(named, errors=errors, code=code)


class PreconditionRequired(Problem):
    status, default_code = 428, "precondition_required"


class TooManyRequests(Problem):
    status, default_code = 429, "too_many_requests"

    def __init__(
        self, detail: str = "", *, retry_after_seconds: int = 1, code: str | None = None, limit: str = ""
    ) -> None:
        told = f"{detail} (limit: {limit})" if limit else detail
        members = {"limit": limit} if limit else {}
        super().__init__(told, code=code, headers={"Retry-After": str(retry_after_seconds)}, members=members)
        self.limit = limit


class Unavailable(Problem):
    status, default_code = 503, "unavailable"

    def __init__(self, detail: str = "", *, retry_after_seconds: int = 1, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after_seconds)})


def problem_response(problem: Problem, *, status: int | None = None, **members: Any) -> Response:
    """The problem as `application/problem+json`; `status` stands in for the status of its class, `members` are more of
    the document's."""
    status = status or problem.status
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.members,
        **members,
    }
    if problem.errors:
        document["errors"] = [
            {"field": error.field, "code": error.code, "reason": error.reason} for error in problem.errors
        ]
    if request_id := current_request_id():
        document["request_id"] = request_id
    return Response(
        msgspec.json.encode(document),
        status_code=status,
        headers=problem.headers,
        media_type=PROBLEM_JSON,
    )


def field_path(location: Sequence[str | int]) -> str:
    """A pydantic location as a path: `("body", "rules", 0, "if")` becomes `rules[0].if`."""
    path = ""
    for part in location[1:] if location and location[0] in ("body", "query", "path", "header") else location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or str(location[0] if location else "body")


def declares_json(request: Request) -> bool:
    """Whether the body is said to be JSON, or nothing is said."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def install_problem_handlers(app: Starlette) -> None:
    """Every expected error of the app leaves as a problem: ours and the framework's."""

    async def on_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101 - registered for this class only
        return problem_response(error)

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        code = HTTPStatus(error.status_code).name.lower()
        problem = Problem(str(error.detail), code=code, headers=error.headers)
        return problem_response(problem, status=error.status_code)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)


_TEXT = {"type": "string"}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what was wrong, with a stable `code` and the fields at fault.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "request_id": _TEXT,
        "limit": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "reason"],
                "properties": {"field": _TEXT, "code": _TEXT, "reason": _TEXT},
            },
        },
    },
}
"""The OpenAPI schema of a problem: a component of every service's document."""


def problem_responses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """What a route that may answer with these problems says of them in the document."""
    return {
        kind.status: {
            "description": HTTPStatus(kind.status).phrase,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for kind in kinds
    }
