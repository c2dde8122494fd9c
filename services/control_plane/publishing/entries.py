"""One entity of an environment as it stands on the CONFIG stream.

An entry's content is its `ConfigMessage` without versions and epoch, so that two contents compare as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from messages.answer_versions import answers_version, stamped
from messages.generated.config_pb2 import ConfigMessage, Tombstone


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    """An entry that was read from the stream.

    `content` is None for a tombstone; empty, with version and epoch 0, for a message that can't be read."""

    payload: bytes
    content: bytes | None
    version: int
    epoch: int


def content_of(message: ConfigMessage) -> bytes:
    """Deterministic bytes of what the message says, whenever and by whomever it was published."""
    bare = ConfigMessage()
    bare.CopyFrom(message)
    bare.version = 0
    bare.epoch = 0
    bare.ClearField("answers_version")
    return bare.SerializeToString(deterministic=True)


def payload_of(content: bytes, version: int, epoch: int, before: tuple[bytes, int] | None = None) -> bytes:
    """The message to publish. `before`: the content that stands there, and the version that last changed answers."""
    message = ConfigMessage.FromString(content)
    message.version = version
    message.epoch = epoch
    published = None
    if before is not None:
        published = ConfigMessage.FromString(before[0])
        published.answers_version = before[1]
    message.answers_version = stamped(message, published)
    return message.SerializeToString(deterministic=True)


def published_answers_version(payload: bytes) -> int:
    """The version in which a published message last changed answers; 0 for one that can't be read."""
    try:
        return answers_version(ConfigMessage.FromString(payload))
    except DecodeError:
        return 0


def tombstone_of(environment_id: str, version: int, epoch: int) -> bytes:
    message = ConfigMessage(environment_id=environment_id, version=version, epoch=epoch, tombstone=Tombstone())
    return message.SerializeToString(deterministic=True)


def published_entry(payload: bytes) -> PublishedEntry:
    try:
        message = ConfigMessage.FromString(payload)
    except DecodeError:
        return PublishedEntry(payload, b"", 0, 0)
    content = None if message.WhichOneof("content") == "tombstone" else content_of(message)
    return PublishedEntry(payload, content, message.version, message.epoch)
