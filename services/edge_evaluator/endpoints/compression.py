"""Answers by gzip, when a client asks for it and it is worth it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.endpoints.ofrep_route import JSON

# One packet holds less than this anyway.
WORTH_BYTES_MIN = 1400
BESIDE_LOOP_BYTES_MIN = 128 * 1024
ENCODED = {"Content-Encoding": "gzip"}
VARYING = {"Vary": "Accept-Encoding"}
_LEVEL = 3
# A window of 8 KiB and little memory: most of the time of a small answer would go into clearing more.
_GZIP_WINDOW_BITS = 16 + 13
_MEMORY_LEVEL = 6


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Does the header ask for gzip, or for anything, with another weight than 0?"""
    if not accept_encoding:
        return False
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        name, *parameters = part.split(";")
        weights[name.strip().lower()] = _weight(parameters)
    asked = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return asked > 0


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def packed(body: bytes) -> bytes:
    """The body as one member of gzip."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW_BITS, _MEMORY_LEVEL)
    return packer.compress(body) + packer.flush()


async def packable(request: Request, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, packed if the client asks for it and it is worth it; a large one beside the event loop."""
    named = dict(headers or {})
    if len(body) >= WORTH_BYTES_MIN and accepts_gzip(request.headers.get("accept-encoding")):
        large = len(body) >= BESIDE_LOOP_BYTES_MIN
        body = await asyncio.to_thread(packed, body) if large else packed(body)
        named |= ENCODED
    return Response(body, headers=named | VARYING, media_type=JSON)
