"""Publishes configurations the way the control plane's relay does: entries, then the manifest that fits them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from typing import Any

from bucketing.flagset import Experiment, Flag, Segment
from messages.digest import combined, digest_bytes, entry_digest
from messages.documents import experiment_document, flag_document, segment_document
from messages.generated import config_pb2 as pb
from messages.subjects import config_stream, config_subject, manifest_subject
from streams import Bus

SERVER_KEY = "srv_test_0123456789"
CLIENT_KEY = "cli_test_0123456789"
Messages = list[tuple[str, bytes]]


class ConfigWriter:
    """One environment. `keys` are (text, kind) pairs; every `write` is one version."""

    def __init__(
        self,
        environment_id: str = "env-1",
        *,
        key: str = "production",
        project: str = "shop",
        keys: Sequence[tuple[str, str]] = ((SERVER_KEY, "server"), (CLIENT_KEY, "client")),
    ) -> None:
        self.environment_id = environment_id
        self.key = key
        self.project = project
        self.keys = list(keys)
        self.entries: dict[str, bytes] = {}
        self.version = 0
        self.epoch = 1
        self._total = 0

    @property
    def digest(self) -> str:
        return digest_bytes(self._total).hex()

    def write(
        self,
        *,
        flags: Iterable[Flag] = (),
        segments: Iterable[Segment] = (),
        experiments: Iterable[Experiment] = (),
        removed: Iterable[tuple[str, str]] = (),
    ) -> Messages:
        """The messages of the next version; the first one also carries the environment."""
        self.version += 1
        messages: Messages = [] if self.entries else [self.environment()]
        for segment in segments:
            messages.append(self.entity("segment", segment.key, segment=segment_document(segment)))
        for flag in flags:
            messages.append(self.entity("flag", flag.key, flag=flag_document(flag)))
        for experiment in experiments:
            running = pb.Experiment(status=pb.EXPERIMENT_STATUS_RUNNING, document=experiment_document(experiment))
            messages.append(self.entity("experiment", experiment.key, experiment=running))
        for kind, key in removed:
            messages.append(self.entity(kind, key, tombstone=pb.Tombstone()))
        return [*messages, self.manifest()]

    def rewrite_keys(self, keys: Sequence[tuple[str, str]]) -> Messages:
        """The version after which exactly these keys work."""
        self.keys = list(keys)
        self.version += 1
        return [self.environment(), self.manifest()]

    def environment(self) -> tuple[str, bytes]:
        kinds = {"server": pb.SDK_KEY_KIND_SERVER, "client": pb.SDK_KEY_KIND_CLIENT}
        settings = pb.Environment(
            key=self.key,
            project_id=f"{self.project}-id",
            project_key=self.project,
            organization_id="org-1",
            salt=f"salt-of-{self.environment_id}",
            sdk_keys=[
                pb.SdkKey(id=f"key-{index}", kind=kinds[kind], sha256=hashlib.sha256(text.encode()).digest())
                for index, (text, kind) in enumerate(self.keys)
            ],
        )
        return self.entity("environment", self.environment_id, environment=settings)

    def entity(self, kind: str, key: str, **content: Any) -> tuple[str, bytes]:
        message = pb.ConfigMessage(
            environment_id=self.environment_id, version=self.version, epoch=self.epoch, **content
        )
        subject = config_subject(self.environment_id, kind, key)
        self.hold(subject, None if "tombstone" in content else message.SerializeToString())
        return subject, message.SerializeToString()

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
