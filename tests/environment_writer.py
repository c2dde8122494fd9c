"""Writes the CONFIG messages of an environment the way the control plane's relay does: entries, then the manifest."""

from __future__ import annotations

import time
from typing import Any

from google.protobuf.message import DecodeError
from messages.answer_versions import stamped
from messages.digest import combined, digest_bytes, entry_digest
from messages.generated import config_pb2 as pb
from messages.subjects import config_stream, config_subject, manifest_subject
from streams import Bus

Messages = list[tuple[str, bytes]]


class EnvironmentWriter:
    """What the stream holds of one environment. Whoever writes a version raises `version` first."""

    def __init__(self, environment_id: str) -> None:
        self.environment_id = environment_id
        self.entries: dict[str, bytes] = {}
        self.version = 0
        self.epoch = 1
        self._total = 0

    @property
    def digest(self) -> str:
        return digest_bytes(self._total).hex()

    def entity(self, kind: str, key: str, **content: Any) -> tuple[str, bytes]:
        """The message of one entity; `content` is the field of `ConfigMessage` that it fills."""
        message = pb.ConfigMessage(
            environment_id=self.environment_id, version=self.version, epoch=self.epoch, **content
        )
        subject = config_subject(self.environment_id, kind, key)
        message.answers_version = stamped(message, self._held(subject))
        self.hold(subject, None if "tombstone" in content else message.SerializeToString())
        return subject, message.SerializeToString()

    def _held(self, subject: str) -> pb.ConfigMessage | None:
        try:
            return pb.ConfigMessage.FromString(self.entries[subject])
        except (KeyError, DecodeError):
            return None

    def gone(self, kind: str, key: str) -> tuple[str, bytes]:
        return self.entity(kind, key, tombstone=pb.Tombstone())

    def hold(self, subject: str, payload: bytes | None) -> None:
        """Counts `payload` as what the stream holds there; None for nothing."""
        if before := self.entries.pop(subject, None):
            self._total = combined(self._total, removed=entry_digest(subject, before))
        if payload is not None:
            self.entries[subject] = payload
            self._total = combined(self._total, added=entry_digest(subject, payload))

    def manifest(self) -> tuple[str, bytes]:
        message = pb.ConfigMessage(
            environment_id=self.environment_id,
            version=self.version,
            epoch=self.epoch,
            manifest=pb.Manifest(
                entity_count=len(self.entries),
                digest=digest_bytes(self._total),
                published_at=time.time_ns() // 1_000_000,
            ),
        )
        return manifest_subject(self.environment_id), message.SerializeToString()


async def publish(bus: Bus, messages: Messages) -> None:
    for subject, payload in messages:
        await bus.publish(subject, payload)


async def open_stream(bus: Bus) -> None:
    await bus.ensure_stream(config_stream(max_bytes=64 * 1024 * 1024))
