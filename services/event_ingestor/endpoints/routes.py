"""The route that events come in by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPBearer
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

from event_ingestor.authentication.authenticator import Caller
from event_ingestor.bodies import UnsupportedEncoding
from event_ingestor.endpoints.event_schema import REQUEST_BODY, ReceiptDocument
from event_ingestor.intake import Intake

EVENTS_PATH = "/v1/events"
_CLIENT_KEY = "client_key"
# For the documentation: either of them; the intake reads the headers itself.
_bearer = HTTPBearer(auto_error=False, scheme_name="sdkKeyBearer", description="An SDK key")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="sdkKeyHeader", description="An SDK key")


def build_router(*, intake: Intake) -> APIRouter:
    async def admitted(request: Request) -> Caller:
        """Nothing but 401, 403 and 429 is told before it is known who asks."""
        caller = intake.admit(request.scope, request.query_params.get(_CLIENT_KEY))
        check_parameters(request)
        return caller

    dependencies = [Security(_bearer), Security(_api_key), Depends(admitted)]
    router = APIRouter(tags=["events"], dependencies=dependencies)

    @router.post(
        EVENTS_PATH,
        status_code=202,
        summary="Send exposures and metric events",
        response_class=Response,
        openapi_extra={"requestBody": REQUEST_BODY},
        responses={
            202: {"model": ReceiptDocument},
            **problem_responses(
                BadRequest,
                Unauthorized,
                Forbidden,
                TooLarge,
                UnsupportedEncoding,
                InvalidInput,
                TooManyRequests,
                Unavailable,
            ),
        },
    )
    async def post_events(
        request: Request,
        caller: Caller = Depends(admitted),
        client_key: Annotated[  # noqa: ARG001 - read before the framework checks anything
            str | None,
            Query(description="A client key, for `navigator.sendBeacon`, which sends no headers; never a server key."),
        ] = None,
    ) -> Response:
        """Takes a JSON array, `{"events": [...]}` or NDJSON, of any media type. When 202 comes back, every accepted
        event is stored; a bad event never costs its neighbours. After 429 or 503 send the same request again: it is
        harmless."""
        receipt = await intake.take(caller, request.scope, request.receive)
        return Response(receipt, status_code=202, media_type="application/json")

    return router
