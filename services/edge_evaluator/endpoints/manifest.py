"""The flags, their types and defaults for OpenFeature's code generators, as its command line reads them."""

from __future__ import annotations

from typing import Any

import msgspec
from bucketing.flagset import Flag, FlagType
from service_kit.operations import Handler, Operations
from service_kit.problems import (
    InvalidInput,
    Problem,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_response,
    problem_responses,
)
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission
from edge_evaluator.endpoints.compression import packable
from edge_evaluator.memory.answers import typed_value

_TYPES = {FlagType.NUMBER: "float"}
_REFUSALS = problem_responses(Unauthorized, InvalidInput, TooManyRequests, Unavailable)
_CAPABILITIES = {"X-Manifest-Capabilities": "read"}
_encode = msgspec.json.Encoder().encode


def with_error(handle: Handler) -> Handler:
    """A problem also has the member `error`, which OpenFeature's command line shows."""

    async def rendered(request: Request) -> Response:
        try:
            return await handle(request)
        except Problem as problem:
            return problem_response(problem, error={"message": problem.detail, "status": problem.status})

    return rendered


def manifest_operations(*, admission: Admission) -> Operations:
    operations = Operations("configuration", rendered=with_error)

    @operations.get(
        "/openfeature/v0/manifest", summary="Flags and types for OpenFeature's code generators", answers=_REFUSALS
    )
    async def manifest(request: Request) -> Response:
        caller = admission.admit(request)
        view = admission.memory.held(caller.key).view(caller.key)
        # A flag that is broken in itself may name an off variation that it does not have.
        flags = {key: flag for key, flag in view.flags.items() if key not in view.config.compiled.failed}
        described = not caller.key.is_client
        listed = [_entry(flags[key], described=described) for key in sorted(flags) if not flags[key].archived]
        return await packable(request, _encode({"flags": listed}), _CAPABILITIES)

    return operations


def _entry(flag: Flag, *, described: bool) -> dict[str, Any]:
    """The code default is what the flag serves when it is off. Descriptions are for whoever may read rules."""
    entry = {
        "key": flag.key,
        "type": _TYPES.get(flag.type, flag.type.value),
        "defaultValue": typed_value(flag, flag.variations[flag.off_variation]),
    }
    return {**entry, "description": flag.description} if described and flag.description else entry
