"""Replies to plain requests: what stands between the first lines of an answer and its request id, and its body."""

from __future__ import annotations

from typing import Any

from service_kit.response_headers import header_lines

from edge_evaluator.endpoints.compression import BESIDE_LOOP_BYTES_MIN, WORTH_BYTES_MIN, packed
from edge_evaluator.endpoints.contexts import BadRequestBody, ContextLimits, context_of, decode_object
from edge_evaluator.endpoints.ofrep import CONFIG_AGE, fresh
from edge_evaluator.evaluation.evaluator import BULK_START, Evaluator
from edge_evaluator.fast_path.plain_requests import PlainRequest
from edge_evaluator.fast_path.telemetry import FastPathTelemetry
from edge_evaluator.memory.answers import AnswerOfUnit
from edge_evaluator.memory.callers import Caller
from edge_evaluator.memory.kept_answers import KeptAnswer, KeptAnswers
from edge_evaluator.memory.views import View
from edge_evaluator.usage.counts import Counts

_ID = b"x-request-id: "
_BODY_HEAD = b"content-length: %d\r\ncontent-type: application/json\r\n" + _ID
_VARYING = b"vary: Accept-Encoding\r\n"
_ENCODED = b"content-encoding: gzip\r\n"

Reply = tuple[bool, bytes, tuple[bytes, ...]]
"""Whether it has a body (else it is a 304); its head from the first line of its own to the request id; the body."""


class Replies:
    """Evaluates for plain requests, or finds the answer to a bulk that was given before. None, and nothing is counted,
    for what FastAPI shall answer."""

    def __init__(
        self, evaluator: Evaluator, limits: ContextLimits, kept: KeptAnswers, telemetry: FastPathTelemetry
    ) -> None:
        self._evaluator = evaluator
        self._limits = limits
        self._kept = kept
        self._telemetry = telemetry

    def to(self, plain: PlainRequest, caller: Caller, view: View, counts: Counts, body: bytes) -> Reply | None:
        """`counts`: of what asks."""
        if plain.flag is None:
            return self._bulk(plain, caller, view, counts, body)
        context = self._context(body)
        answer = None if context is None else self._evaluator.value(caller, view, plain.flag, context)
        if answer is None:
            return None
        counts.answers[answer] += 1
        self._telemetry.single += 1
        if context is not None and type(answer) is AnswerOfUnit:
            answer = answer.told(context)
        return True, _BODY_HEAD % len(answer), (answer,)

    def _context(self, body: bytes) -> dict[str, Any] | None:
        try:
            return context_of(decode_object(body, self._limits))
        except BadRequestBody:
            return None

    def _bulk(self, plain: PlainRequest, caller: Caller, view: View, counts: Counts, body: bytes) -> Reply | None:
        now = self._evaluator.now()
        kept = self._kept.find(view, view.phase(now), (plain.asked, body))
        if kept is None:
            return self._anew(plain, caller, view, counts, body)
        if plain.held is not None and fresh(plain.held, kept.etag):
            return self._unmodified(view, counts, kept.etag)
        counts.rows[kept.row] += 1
        self._telemetry.bulk += 1
        self._telemetry.kept += 1
        return True, kept.head, kept.body

    def _anew(self, plain: PlainRequest, caller: Caller, view: View, counts: Counts, body: bytes) -> Reply | None:
        context = self._context(body)
        if context is None:
            return None
        now = self._evaluator.now()
        phase = view.phase(now)
        etag = view.etag(caller.key, body, phase)
        if fresh(plain.held, etag):
            return self._unmodified(view, counts, etag)
        if plain.gzip and view.is_large:
            return None
        before = view.answers.unshared_bytes
        flags = self._evaluator.flags(view, context, now)
        counted = flags
        if view.answers.names_units:
            flags = view.answers.told(flags, context)
        start, end, is_packed = BULK_START, view.bulk_tail(caller.key, plain.origin), False
        joined, encoded, own = b",".join(flags), b"", view.answers.unshared_bytes - before
        length = len(start) + len(joined) + len(end)
        if plain.gzip and length >= WORTH_BYTES_MIN:
            if length >= BESIDE_LOOP_BYTES_MIN:
                view.is_large = True
                return None
            start, end, is_packed = packed(b"".join((start, joined, end))), b"", True
            joined, encoded, own = b"", _ENCODED, len(start)
            length = own
        head = b"etag: %b\r\n%b%b%b" % (etag.encode(), _aged(view), encoded, _VARYING) + _BODY_HEAD % length
        self._kept.keep(view, phase, (plain.asked, body), KeptAnswer(etag, head, start, flags, end, is_packed), own)
        counts.bulk(counted)
        self._telemetry.bulk += 1
        return True, head, (start, joined, end)

    def _unmodified(self, view: View, counts: Counts, etag: str) -> Reply:
        counts.unmodified[view] += 1
        self._telemetry.unmodified += 1
        return False, b"etag: %b\r\n%b%b%b" % (etag.encode(), _aged(view), _VARYING, _ID), ()


def _aged(view: View) -> bytes:
    return header_lines((CONFIG_AGE.lower().encode(), b"%d" % view.age_seconds)) if view.age_seconds else b""
