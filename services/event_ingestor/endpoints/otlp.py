"""The route by which applications send what they measure themselves, as OpenTelemetry does."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from service_kit.fair_work import Steps
from service_kit.problems import (
    BadRequest,
    Forbidden,
    InvalidInput,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.query_parameters import check_parameters

from event_ingestor.admission.events import AdmissionRules, AdmittedEvents
from event_ingestor.authentication.authenticator import Caller
from event_ingestor.intake import Intake, Reading
from event_ingestor.otlp import requests
from event_ingestor.otlp.admission import points_admission

OTLP_METRICS_PATH = "/v1/otlp/metrics"
# For the documentation: either of them; the intake reads the headers itself.
_bearer = HTTPBearer(auto_error=False, scheme_name="sdkKeyBearer", description="An SDK key")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="sdkKeyHeader", description="An SDK key")
_REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "An ExportMetricsServiceRequest; at most 1 MiB, also unpacked. `Content-Encoding: gzip` is known.",
    "content": {
        requests.JSON: {
            "schema": {
                "type": "object",
                "properties": {"resourceMetrics": {"type": "array", "items": {"type": "object"}}},
            }
        },
        requests.PROTOBUF: {"schema": {"type": "string", "format": "binary"}},
    },
}
_ANSWER: dict[str, Any] = {
    "description": "An ExportMetricsServiceResponse, encoded like the request",
    "content": {
        requests.JSON: {
            "schema": {
                "type": "object",
                "properties": {
                    "partialSuccess": {
                        "type": "object",
                        "properties": {"rejectedDataPoints": {"type": "string"}, "errorMessage": {"type": "string"}},
                    }
                },
            }
        },
        requests.PROTOBUF: {"schema": {"type": "string", "format": "binary"}},
    },
}


def build_router(*, intake: Intake) -> APIRouter:
    async def admitted(request: Request) -> Caller:
        """Nothing but 401, 403 and 429 is told before it is known who asks."""
        caller = intake.admit(request.scope)
        check_parameters(request)
        return caller

    dependencies = [Security(_bearer), Security(_api_key), Depends(admitted)]
    router = APIRouter(tags=["events"], dependencies=dependencies)

    @router.post(
        OTLP_METRICS_PATH,
        summary="Send metrics by OTLP",
        response_class=Response,
        openapi_extra={"requestBody": _REQUEST_BODY},
        responses={
            200: _ANSWER,
            **problem_responses(
                BadRequest,
                Unauthorized,
                Forbidden,
                TooLarge,
                requests.UnsupportedMediaType,
                InvalidInput,
                TooManyRequests,
                Unavailable,
            ),
        },
    )
    async def post_metrics(request: Request, caller: Caller = Depends(admitted)) -> Response:
        """Takes metrics in deltas. Their attributes `feature_flag.key` and `feature_flag.result.variant` tell under
        which variation they were measured, or `feature_flag.context.id` tells the user. Each data point becomes metric
        events. When 200 comes back, every point that isn't refused is stored; how many were, and why, stands in
        `partial_success`."""
        encoding = requests.encoding_of(request.headers.get("content-type", ""))
        reading = Reading(partial(_admission, encoding), requests.BODY_BYTES_MAX, requests.BYTES_IN_STEPS_MAX)
        admission = await intake.stored(caller, request.scope, request.receive, reading)
        return Response(requests.encode(admission, encoding), media_type=encoding)

    return router


def _admission(encoding: str, body: bytes, rules: AdmissionRules) -> Steps[AdmittedEvents]:
    return (yield from points_admission(requests.decode(body, encoding), rules))
