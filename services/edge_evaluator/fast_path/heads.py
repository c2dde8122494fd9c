"""Heads of plain requests, found again by their bytes.

Headers that trace a request are new in each one and mean nothing here, but for the request id, which the answer
carries: a head is known by what is left of it without their lines. Only whole lines in their usual form are left out
(a usual spelling, one space, printable text, no folding). Whatever is written otherwise stays: such a head is unknown,
and the parser reads it.
"""

from __future__ import annotations

import re

from edge_evaluator.fast_path.plain_requests import PlainRequest

_HEADS_MAX = 2000
_SEEN_MAX = 4096
_HEAD_BYTES_MAX = 4096
# W3C and OpenTelemetry, Zipkin, Jaeger, Sentry, the balancers of AWS and Google, Datadog.
_TRACING = (
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "uber-trace-id",
    "sentry-trace",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-tags",
    "x-correlation-id",
)
_SPELLINGS = "|".join(spelt for name in _TRACING for spelt in (name, name.title())).encode()
_ID = rb"(?:x-request-id|X-Request-Id|X-Request-ID): ([A-Za-z0-9._-]{1,64})"
_split = re.compile(rb"\r\n(?=[BbSsTtUuXx])(?:(?:%b): [ -~]*|%b)(?=\r\n[^ \t])" % (_SPELLINGS, _ID)).split
"""A head without these lines, in pieces; between each two of them what was the request id, or None."""
_usual_lines = re.compile(rb"(?:[!-~][\t -~\x80-\xff]*\r\n)+\r\n").fullmatch

KnownHead = tuple[PlainRequest, bytes | None]
"""What a head asks for, and the request id that it names."""


class Heads:
    """Those that were seen. A head is the bytes of a whole one, blank line included.

    One that came twice as it is, tracing lines or not, is found without being taken apart."""

    def __init__(self) -> None:
        self._known: dict[bytes, PlainRequest] = {}
        self._whole: dict[bytes, KnownHead] = {}
        self._seen: set[int] = set()

    def find(self, head: bytes) -> KnownHead | None:
        found = self._whole.get(head)
        if found is not None or len(head) > _HEAD_BYTES_MAX:
            return found
        pieces = _split(head)
        request = self._known.get(b"".join(pieces[::2]))
        if request is None:
            return None
        ids = tuple(filter(None, pieces[1::2]))
        if len(ids) > 1:
            return None
        found = request, ids[0] if ids else None
        self._notice(head, found)
        return found

    def remember(self, head: bytes, request: PlainRequest, request_id: bytes | None) -> None:
        """`head` is the bytes that the parser has read as `request` with this request id."""
        if len(head) > _HEAD_BYTES_MAX or not _usual_lines(head):
            return
        pieces = _split(head)
        if tuple(filter(None, pieces[1::2])) != (() if request_id is None else (request_id,)):
            return
        if len(self._known) >= _HEADS_MAX:
            self._known.clear()
        self._known[b"".join(pieces[::2])] = request

    def _notice(self, head: bytes, found: KnownHead) -> None:
        seen, came = self._seen, hash(head)
        if came not in seen:
            if len(seen) >= _SEEN_MAX:
                seen.clear()
            seen.add(came)
            return
        if len(self._whole) >= _HEADS_MAX:
            self._whole.clear()
        self._whole[head] = found
