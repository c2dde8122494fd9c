"""How large one entity may be on the bus, where a message has a limit."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from service_kit.problems import FieldError, InvalidInput

DOCUMENT_BYTES_MAX = 960 * 1024
"""A NATS server takes messages of 1 MiB unless told otherwise; the rest is for the envelope."""


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
