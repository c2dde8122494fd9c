"""Writes the CONFIG messages of an environment the way the control plane does."""

from __future__ import annotations

from messages.digest import combined, digest_bytes, entry_digest
from messages.generated import config_pb2 as pb
from messages.subjects import config_subject, manifest_subject
from streams import Bus

ENVIRONMENT = "e1"


class Writer:
    """One environment of flags; each `write` is a version."""

    def __init__(self, environment_id: str = ENVIRONMENT) -> None:
        self.environment_id = environment_id
        self.entries: dict[str, bytes] = {}
        self.version = 0
        self.epoch = 1

    def write(self, **flags: bool | None) -> list[tuple[str, bytes]]:
        """The messages of one version that sets each flag on, off or (None) deletes it."""
        self.version += 1
        messages = []
        for key, enabled in flags.items():
            subject = config_subject(self.environment_id, "flag", key)
            message = pb.ConfigMessage(environment_id=self.environment_id, version=self.version, epoch=self.epoch)
            if enabled is None:
                message.tombstone.SetInParent()
                self.entries.pop(subject, None)
            else:
                message.flag = b"on" if enabled else b"off"
                self.entries[subject] = message.SerializeToString()
            messages.append((subject, message.SerializeToString()))
        return [*messages, self.manifest()]

    def manifest(self) -> tuple[str, bytes]:
        total = 0
        for subject, payload in self.entries.items():
            total = combined(total, added=entry_digest(subject, payload))
        message = pb.ConfigMessage(
            environment_id=self.environment_id,
            version=self.version,
            epoch=self.epoch,
            manifest=pb.Manifest(entity_count=len(self.entries), digest=digest_bytes(total)),
        )
        return manifest_subject(self.environment_id), message.SerializeToString()

    async def publish(self, bus: Bus, **flags: bool | None) -> None:
        for subject, payload in self.write(**flags):
            await bus.publish(subject, payload)
