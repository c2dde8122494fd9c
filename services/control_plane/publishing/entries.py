"""One entity of an environment as it stands on the CONFIG stream.

An entry's content is its `ConfigMessage` without version and epoch, so that two contents compare as bytes.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError
from messages.generated.config_pb2 import ConfigMessage, Tombstone


def content_of(message: ConfigMessage) -> bytes:
    """Deterministic bytes of what the message says, whenever and by whomever it was published."""
    bare = ConfigMessage()
    bare.CopyFrom(message)
    bare.version = 0
    bare.epoch = 0
    return bare.SerializeToString(deterministic=True)


def payload_of(content: bytes, version: int, epoch: int) -> bytes:
    """The message to publish."""
    message = ConfigMessage.FromString(content)
    message.version = version
    message.epoch = epoch
    return message.SerializeToString(deterministic=True)


def tombstone_of(environment_id: str, version: int, epoch: int) -> bytes:
    message = ConfigMessage(environment_id=environment_id, version=version, epoch=epoch, tombstone=Tombstone())
    return message.SerializeToString(deterministic=True)


def published_content(payload: bytes) -> bytes | None:
    """The content of a published message; None for a tombstone, empty for one that can't be read."""
    try:
        message = ConfigMessage.FromString(payload)
    except DecodeError:
        return b""
    return None if message.WhichOneof("content") == "tombstone" else content_of(message)
