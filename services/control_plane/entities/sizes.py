"""How large one entity may be on the bus, where a message has a limit."""

from __future__ import annotations

from google.protobuf.message import Message
from service_kit.problems import FieldError, InvalidInput

MESSAGE_BYTES_MAX = 512 * 1024


def check_size(message: Message, field: str) -> None:
    """Raises `InvalidInput`, naming `field`, for a message that is too large to be published."""
    size = message.ByteSize()
    if size > MESSAGE_BYTES_MAX:
        reason = f"the whole has {size} bytes when it is published, at most {MESSAGE_BYTES_MAX} are allowed"
        raise InvalidInput([FieldError(field, "too_large", reason)])
