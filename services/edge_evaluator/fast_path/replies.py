"""Replies to plain requests: what stands between the first lines of an answer and its request id, and its body."""

from __future__ import annotations

from typing import Any

from service_kit.response_headers import header_lines

from edge_evaluator.endpoints.compression import BESIDE_LOOP_BYTES_MIN, WORTH_BYTES_MIN, packed
from edge_evaluator.endpoints.contexts import BadRequestBody, ContextLimits, context_of, decode_object
from edge_evaluator.endpoints.ofrep import CONFIG_AGE, fresh
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.fast_path.plain_requests import PlainRequest
from edge_evaluator.fast_path.telemetry import FastPathTelemetry
from edge_evaluator.memory.callers import Caller

_ID = b"x-request-id: "
_BODY_HEAD = b"content-length: %d\r\ncontent-type: application/json\r\n" + _ID
_VARYING = b"vary: Accept-Encoding\r\n"
_ENCODED = b"content-encoding: gzip\r\n"

Reply = tuple[bool, bytes, bytes]
"""Whether it has a body (else it is a 304); its head from the first line of its own to the request id; the body."""


class Replies:
    """Evaluates for plain requests. None, and nothing is counted, for what FastAPI shall answer."""

    def __init__(self, evaluator: Evaluator, limits: ContextLimits, telemetry: FastPathTelemetry) -> None:
        self._evaluator = evaluator
        self._limits = limits
        self._telemetry = telemetry

    def to(self, plain: PlainRequest, caller: Caller, body: bytes) -> Reply | None:
        try:
            context = context_of(decode_object(body, self._limits))
        except BadRequestBody:
            return None
        if plain.flag is None:
            return self._bulk(plain, caller, context, body)
        answer = self._evaluator.value(caller, plain.flag, context)
        if answer is None:
            return None
        self._telemetry.single += 1
        return True, _BODY_HEAD % len(answer), answer

    def _bulk(self, plain: PlainRequest, caller: Caller, context: dict[str, Any], body: bytes) -> Reply | None:
        evaluator, telemetry = self._evaluator, self._telemetry
        view = evaluator.view(caller)
        etag = evaluator.etag(caller, body)
        aged = header_lines((CONFIG_AGE.lower().encode(), b"%d" % view.age_seconds)) if view.age_seconds else b""
        if fresh(plain.held, etag):
            telemetry.unmodified += 1
            return False, b"etag: %b\r\n%b%b%b" % (etag.encode(), aged, _VARYING, _ID), b""
        if plain.gzip and view.is_large:
            return None
        answer = b"".join(evaluator.bulk(caller, context, plain.origin))
        encoded = b""
        if plain.gzip and len(answer) >= WORTH_BYTES_MIN:
            if len(answer) >= BESIDE_LOOP_BYTES_MIN:
                view.is_large = True
                return None
            answer, encoded = packed(answer), _ENCODED
        telemetry.bulk += 1
        head = b"etag: %b\r\n%b%b%b" % (etag.encode(), aged, encoded, _VARYING)
        return True, head + _BODY_HEAD % len(answer), answer
