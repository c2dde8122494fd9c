"""What a framework's models refuse, as problems."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from service_kit.problems import (
    BadRequest,
    InvalidInput,
    UnsupportedMedia,
    declares_json,
    problem_response,
)
from service_kit.validation_words import field_errors


def install_validation_handler(app: FastAPI) -> None:
    """A request that doesn't fit its models leaves as a problem with a reason for each field."""

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        if any(each["loc"] == ("body",) for each in error.errors()) and not declares_json(request):
            return problem_response(UnsupportedMedia("send the body as `Content-Type: application/json`"))
        if any(each["type"] == "json_invalid" for each in error.errors()):
            return problem_response(BadRequest("the body is not valid JSON", code="invalid_json"))
        return problem_response(InvalidInput(field_errors(error.errors())))

    app.add_exception_handler(RequestValidationError, on_validation)
