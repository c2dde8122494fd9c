"""Bodies of OTLP/HTTP requests and answers, in either of its encodings."""

from __future__ import annotations

from threading import Lock

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from messages.generated.otlp_pb2 import OtlpMetricsRequest, OtlpMetricsResponse, OtlpPartialSuccess
from service_kit.problems import BadRequest, Problem

from event_ingestor.admission.events import AdmittedEvents

BODY_BYTES_MAX = 1024 * 1024
"""Of a body as it is sent, and again after it was unpacked: an empty data point of two bytes becomes a hundred."""
BYTES_IN_STEPS_MAX = 32 * 1024
"""Of what is decoded in one step, without giving others their turn."""
PROTOBUF, JSON = "application/x-protobuf", "application/json"
_CODES_TOLD_MAX = 5
_one_at_a_time = Lock()


class UnsupportedMediaType(Problem):
    status, default_code = 415, "unsupported_media_type"


def encoding_of(content_type: str) -> str:
    """`PROTOBUF` or `JSON`. Raises UnsupportedMediaType."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise UnsupportedMediaType(f"Content-Type: must be {PROTOBUF} or {JSON}")
    return kind


def decode(body: bytes, encoding: str) -> OtlpMetricsRequest:
    """The request. Raises BadRequest."""
    # What is small as bytes may be large as messages; so there is one such at a time.
    with _one_at_a_time:
        if encoding == PROTOBUF:
            try:
                return OtlpMetricsRequest.FromString(body)
            except DecodeError:
                raise BadRequest("the body is no ExportMetricsServiceRequest", code="invalid_protobuf") from None
        try:
            return Parse(body, OtlpMetricsRequest(), ignore_unknown_fields=True)
        except (ParseError, ValueError, RecursionError, TypeError, AttributeError):
            raise BadRequest("the body is no ExportMetricsServiceRequest in JSON", code="invalid_json") from None


def encode(admission: AdmittedEvents, encoding: str) -> bytes:
    """The answer: how many data points were refused, and why; warnings where none was."""
    told = _told([(each.code, each.index, each.detail) for each in admission.rejected], "refused") or _told(
        [(each.code, each.index, each.detail) for each in admission.warnings], "taken, although"
    )
    response = OtlpMetricsResponse()
    if told:
        success = OtlpPartialSuccess(rejected_data_points=len(admission.rejected), error_message=told)
        response.partial_success.CopyFrom(success)
    if encoding == PROTOBUF:
        return response.SerializeToString()
    return MessageToJson(response, indent=None).encode()


def _told(found: list[tuple[str, int, str]], verb: str) -> str:
    """By code: how many, the first of them, and what is wrong with it."""
    codes: dict[str, list[tuple[int, str]]] = {}
    for code, index, detail in found:
        codes.setdefault(code, []).append((index, detail))
    parts = [
        f"{code}: {len(points)} {verb}, the first is data point {points[0][0]}: {points[0][1]}"
        for code, points in list(codes.items())[:_CODES_TOLD_MAX]
    ]
    return "; ".join([*parts, "…"] if len(codes) > _CODES_TOLD_MAX else parts)
