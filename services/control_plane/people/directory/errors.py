"""What is refused, in SCIM's own form (RFC 7644, 3.12)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from scim2_models import Error, SCIMException
from service_kit.problems import InvalidInput, Problem
from starlette.exceptions import HTTPException

from control_plane.people.directory.forms import MEDIA_TYPE

_TYPES: Mapping[str, str] = {
    "invalid_json": "invalidSyntax",
    "invalid_input": "invalidSyntax",
    "invalid_value": "invalidValue",
    "not_unique": "uniqueness",
}
"""Codes of problems that SCIM has a word for."""
EXPECTED = (Problem, SCIMException, ValidationError, RequestValidationError, HTTPException)
"""What `refusal` answers."""


def refusal(error: Exception) -> Response:
    """The answer to an error of `EXPECTED`."""
    headers: Mapping[str, str] = {}
    if isinstance(error, SCIMException):
        told = error.to_error()
    elif isinstance(error, ValidationError):
        told = Error.from_validation_errors(error)[0]
    elif isinstance(error, Problem):
        status = 400 if isinstance(error, InvalidInput) else error.status
        told = Error(status=status, scim_type=_TYPES.get(error.code), detail=error.detail or error.code)
        headers = error.headers
    elif isinstance(error, HTTPException):
        told = Error(status=error.status_code, detail=str(error.detail))
        headers = error.headers or {}
    else:
        told = Error(status=400, scim_type="invalidSyntax", detail="the request can't be read")
    return Response(
        told.model_dump_json(), status_code=told.status or 400, headers=dict(headers), media_type=MEDIA_TYPE
    )
