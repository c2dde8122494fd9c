"""How large an entity is, and may be on the bus, where a message has a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities.models import columns_of

DOCUMENT_BYTES_MAX = 960 * 1024
"""A NATS server takes messages of 1 MiB unless told otherwise; the rest is for the envelope."""


def stored_bytes(row: Any) -> int:
    """About how much a row takes, where it is stored and where it is published."""
    return 0 if row is None else len(msgspec.json.encode(columns_of(row)))


def check_size(document: bytes, parts: Mapping[str, object]) -> None:
    """Refuses an entity whose document is too large to be published; raises `InvalidInput`.

    `parts`: what may grow, by the name of its field. The largest is the one to shorten.
    """
    if len(document) <= DOCUMENT_BYTES_MAX:
        return
    sizes = {name: len(msgspec.json.encode(part)) for name, part in parts.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    reason = (
        f"takes {sizes[largest]} of the {len(document)} bytes that the whole has when it is published; "
        f"at most {DOCUMENT_BYTES_MAX} are allowed"
    )
    raise InvalidInput([FieldError(largest, "too_large", reason)])
