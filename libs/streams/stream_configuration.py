"""Makes streams of JetStream, and changes those that exist."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from nats.js.client import JetStreamContext

from streams.adjustment import adjusted
from streams.client_errors import asked
from streams.majority import require_majority
from streams.port import BusUnavailable, StreamFull, StreamMissing, StreamRefused, StreamSpec

_SECOND = 1_000_000_000
_CONSUMER_MISSING = 10014
_DETAILS_TIMEOUT_SECONDS = 2.0


async def stream_details(
    context: JetStreamContext, name: str, *, seconds: float = _DETAILS_TIMEOUT_SECONDS
) -> dict[str, Any]:
    """The server's own word on a stream, with fields that the client does not know. Raises `BusUnavailable`, `CutOff`
    among it."""
    details = await _request(context, f"STREAM.INFO.{name}", seconds=seconds)
    require_majority(details)
    return details


async def account_details(context: JetStreamContext) -> dict[str, Any]:
    """The server's own word on what the account's streams take, and may. Raises `BusUnavailable`."""
    return await _request(context, "INFO")


async def consumer_details(context: JetStreamContext, stream: str, durable: str) -> dict[str, Any] | None:
    """The server's own word on a durable consumer; None where there is none. Raises `BusUnavailable`."""
    try:
        return await _request(context, f"CONSUMER.INFO.{stream}.{durable}")
    except BusUnavailable as error:
        if getattr(error.__cause__, "err_code", None) == _CONSUMER_MISSING:
            return None
        raise


def server_time(details: dict[str, Any]) -> int:
    """When the server wrote the details, milliseconds since the Unix epoch."""
    return epoch_milliseconds(details["ts"])


def epoch_milliseconds(stamp: str) -> int:
    """Of a moment as the server writes it, RFC 3339 with up to nine digits after the second."""
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


async def ensure(context: JetStreamContext, spec: StreamSpec) -> str | None:
    """See `Bus.ensure_stream`."""
    try:
        details = await stream_details(context, spec.name)
    except StreamMissing:
        await _make(context, spec)
        return None
    config = details["config"]
    held = _held(spec, config)
    adjustment = adjusted(held, spec, details["state"]["bytes"])
    if adjustment.spec == held:
        return adjustment.left
    try:
        await _request(context, f"STREAM.UPDATE.{spec.name}", {**config, **_changeable(adjustment.spec)})
    except (StreamRefused, StreamFull) as error:
        return f"{spec.name} stays as it is: {error}"
    return adjustment.left


async def _make(context: JetStreamContext, spec: StreamSpec) -> None:
    config = {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_msgs_per_subject": spec.messages_per_subject or -1,
        "allow_direct": True,
        **_changeable(spec),
    }
    try:
        await _request(context, f"STREAM.CREATE.{spec.name}", config)
    except (StreamRefused, StreamFull) as error:
        raise StreamRefused(f"{spec.name} of {spec.max_bytes} bytes can't be made: {error}") from error


async def _request(
    context: JetStreamContext, subject: str, body: dict[str, Any] | None = None, *, seconds: float | None = None
) -> dict[str, Any]:
    # The client's own calls drop the fields that it does not know, and an update would take them away.
    payload = json.dumps(body).encode() if body is not None else b""
    call = context._api_request(f"{context._prefix}.{subject}", payload, timeout=seconds or context._timeout)
    try:
        answer: dict[str, Any] = await asked(call)
    except BusUnavailable as error:
        if type(error) is BusUnavailable and body is not None and _was_refused(error):
            raise StreamRefused(str(error)) from error
        raise
    return answer


def _was_refused(error: BusUnavailable) -> bool:
    """Whether the server itself has answered."""
    return getattr(error.__cause__, "err_code", None) is not None


def _changeable(spec: StreamSpec) -> dict[str, Any]:
    window = min(spec.duplicate_window_seconds, spec.max_age_seconds or spec.duplicate_window_seconds)
    return {
        "max_bytes": spec.max_bytes,
        "max_age": round((spec.max_age_seconds or 0) * _SECOND),
        "num_replicas": spec.replicas,
        "duplicate_window": round(window * _SECOND),
        "max_msg_size": spec.max_message_bytes,
    }


def _held(spec: StreamSpec, config: dict[str, Any]) -> StreamSpec:
    """The stream as it is; where the spec says the same in another way, in the spec's."""
    own = _changeable(spec)
    read = {
        "max_bytes": config["max_bytes"],
        "max_age_seconds": config["max_age"] / _SECOND or None,
        "replicas": config["num_replicas"],
        "duplicate_window_seconds": config["duplicate_window"] / _SECOND,
        "max_message_bytes": config["max_msg_size"],
    }
    names = dict(zip(read, ("max_bytes", "max_age", "num_replicas", "duplicate_window", "max_msg_size"), strict=True))
    return replace(spec, **{field: value for field, value in read.items() if config[names[field]] != own[names[field]]})
