"""What a stream that exists is changed to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from streams.port import StreamSpec

CHANGEABLE = ("max_bytes", "max_age_seconds", "replicas", "duplicate_window_seconds", "max_message_bytes")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The stream as it is to be. `left`: what it can't be given, and why; None when nothing."""

    spec: StreamSpec
    left: str | None


def adjusted(held: StreamSpec, wanted: StreamSpec, held_bytes: int) -> Adjustment:
    """`held` with what is given of `wanted`. A stream is never made smaller than what it holds."""
    given = CHANGEABLE if wanted.given is None else [each for each in CHANGEABLE if each in wanted.given]
    changes: dict[str, Any] = {each: getattr(wanted, each) for each in given}
    left = None
    if changes.get("max_bytes", held_bytes) < held_bytes:
        left = f"{held.name} holds {held_bytes} bytes and can't be limited to {changes.pop('max_bytes')}"
    return Adjustment(replace(held, **changes), left)
