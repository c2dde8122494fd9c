"""Publishes environments with SDK keys on CONFIG, the way the control plane does."""

from __future__ import annotations

import hashlib

from messages.digest import combined, digest_bytes, entry_digest
from messages.generated import config_pb2 as pb
from messages.subjects import config_stream, config_subject, manifest_subject
from streams import Bus

SERVER, CLIENT = pb.SDK_KEY_KIND_SERVER, pb.SDK_KEY_KIND_CLIENT


def sdk_key(text: str, kind: pb.SdkKeyKind = SERVER, expires_at: int = 0) -> pb.SdkKey:
    digest = hashlib.sha256(text.encode()).digest()
    return pb.SdkKey(id=f"id-{text}", kind=kind, sha256=digest, expires_at=expires_at)


class ConfigWriter:
    """One environment; each `publish` is a version of its own."""

    def __init__(self, environment_id: str) -> None:
        self.environment_id = environment_id
        self.version = 0

    def messages(self, environment: pb.Environment | None) -> list[tuple[str, bytes]]:
        """The next version, in which the environment is this, or (None) gone."""
        self.version += 1
        subject = config_subject(self.environment_id, "environment", self.environment_id)
        entry = pb.ConfigMessage(environment_id=self.environment_id, version=self.version, epoch=1)
        total = 0
        if environment is None:
            entry.tombstone.SetInParent()
        else:
            environment.organization_id = environment.organization_id or "org"
            environment.project_id = environment.project_id or "project"
            entry.environment.CopyFrom(environment)
            total = combined(0, added=entry_digest(subject, entry.SerializeToString()))
        manifest = pb.ConfigMessage(
            environment_id=self.environment_id,
            version=self.version,
            epoch=1,
            manifest=pb.Manifest(entity_count=int(environment is not None), digest=digest_bytes(total)),
        )
        return [
            (subject, entry.SerializeToString()),
            (manifest_subject(self.environment_id), manifest.SerializeToString()),
        ]

    def unreadable(self) -> list[tuple[str, bytes]]:
        """The next version, in which the environment is of a form that nobody can read."""
        self.version += 1
        subject, torn = config_subject(self.environment_id, "environment", self.environment_id), b"\xff\xff"
        manifest = pb.ConfigMessage(
            environment_id=self.environment_id,
            version=self.version,
            epoch=1,
            manifest=pb.Manifest(entity_count=1, digest=digest_bytes(entry_digest(subject, torn))),
        )
        return [(subject, torn), (manifest_subject(self.environment_id), manifest.SerializeToString())]

    async def publish(self, bus: Bus, environment: pb.Environment | None) -> None:
        await bus.ensure_stream(config_stream(max_bytes=16 * 1024 * 1024))
        for subject, payload in self.messages(environment):
            await bus.publish(subject, payload)
