"""`GET /v1/flagd/flags`: what flagd is given of an environment, and why the rest is not."""

from __future__ import annotations

import msgspec
from service_kit.operations import Operations
from service_kit.problems import (
    Forbidden,
    InvalidInput,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission, require_server_key
from edge_evaluator.endpoints.compression import packable
from edge_evaluator.flagd_export.exports import FlagdExports

_REFUSALS = problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable)
_encode = msgspec.json.Encoder().encode


def flagd_operations(*, admission: Admission, exports: FlagdExports) -> Operations:
    operations = Operations("configuration")

    @operations.get(
        "/v1/flagd/flags",
        summary="Flags in flagd's form, and why others are left out (server keys)",
        answers=_REFUSALS,
    )
    async def flags(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        export = await exports.of(caller.key)
        # flagd passes over members that it doesn't know.
        body = b'%b,"notExported":%b}' % (export.configuration.encode()[:-1], _encode(export.left_out))
        return await packable(request, body)

    return operations
