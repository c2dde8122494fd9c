"""The size that one entity may have on the bus, where a message has a limit."""

from __future__ import annotations

from service_kit.problems import FieldError, InvalidInput

DOCUMENT_BYTES_MAX = 960 * 1024
"""A NATS server takes messages of 1 MiB unless told otherwise; the rest is for the envelope."""


def check_size(document: bytes, field: str) -> None:
    """Raises `InvalidInput`, naming `field`, for an entity whose document is too large to be published."""
    if len(document) > DOCUMENT_BYTES_MAX:
        reason = f"the whole has {len(document)} bytes when it is published, at most {DOCUMENT_BYTES_MAX} are allowed"
        raise InvalidInput([FieldError(field, "too_large", reason)])
