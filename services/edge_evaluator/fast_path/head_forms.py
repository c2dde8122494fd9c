"""Forms of heads: what the heads of one client have in common, with the values open that differ in each request.

A connection that has sent some heads of one form is read by one match of it from then on. What is open is what has no
meaning (tracing headers), what is taken from it (the request id), and the body's length. Everything else stands in the
form as it came, so whatever matches says what the first one said.
"""

from __future__ import annotations

import re

from edge_evaluator.fast_path.plain_requests import PlainRequest

REQUEST_ID = rb"[A-Za-z0-9._-]{1,64}"
ID_SPELLINGS = (b"x-request-id", b"X-Request-Id", b"X-Request-ID")
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
TRACING_SPELLINGS = tuple(spelt.encode() for name in _TRACING for spelt in (name, name.title()))
_LENGTH_SPELLINGS = (b"content-length", b"Content-Length")
_END = b"\r\n\r\n"


def pattern_of(head: bytes) -> tuple[bytes, bool]:
    """Of a head whose lines are all usual ones (see `heads.py`); and whether its request id stands before its length.

    It has a group for each of the two; what the head lacks is found empty."""
    parts, kinds = [], ""
    for line in head.removesuffix(_END).split(b"\r\n"):
        name, _, value = line.partition(b": ")
        if name in TRACING_SPELLINGS:
            parts.append(re.escape(name) + rb": [ -~]*")
        elif name in ID_SPELLINGS and "i" not in kinds:
            parts.append(re.escape(name) + rb": (%b)" % REQUEST_ID)
            kinds += "i"
        elif name in _LENGTH_SPELLINGS and value.isdigit() and "l" not in kinds:
            parts.append(re.escape(name) + rb": ([0-9]{1,9})")
            kinds += "l"
        else:
            parts.append(re.escape(line))
    kinds += "".join(kind for kind in "li" if kind not in kinds)
    return b"\r\n".join(parts) + _END + b"()" * (2 - sum(part.endswith(b")") for part in parts)), kinds == "il"


class HeadForm:
    """What has the pattern of a head that the parser has read as `request`."""

    __slots__ = ("_body_bytes_max", "_id_is_first", "_match", "_request")

    def __init__(self, pattern: bytes, id_is_first: bool, request: PlainRequest, body_bytes_max: int) -> None:
        self._match = re.compile(pattern).match
        self._id_is_first = id_is_first
        self._request = request
        self._body_bytes_max = body_bytes_max

    def find(self, data: bytes) -> tuple[PlainRequest, bytes | None, int] | None:
        """Of a whole request: what it asks for, the request id that it names, and where its body begins."""
        found = self._match(data)
        if found is None:
            return None
        first, second = found.groups()
        request_id, length = (first, second) if self._id_is_first else (second, first)
        start = found.end()
        body_bytes = len(data) - start
        if body_bytes != int(length or 0) or body_bytes > self._body_bytes_max:
            return None
        return self._request, request_id or None, start
