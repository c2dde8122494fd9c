"""Publishes environments with SDK keys on CONFIG, the way the control plane does."""

from __future__ import annotations

import hashlib

from messages.generated import config_pb2 as pb
from messages.subjects import config_subject
from streams import Bus

from tests.environment_writer import EnvironmentWriter, Messages, open_stream, publish

SERVER, CLIENT = pb.SDK_KEY_KIND_SERVER, pb.SDK_KEY_KIND_CLIENT


def sdk_key(text: str, kind: pb.SdkKeyKind = SERVER, expires_at: int = 0) -> pb.SdkKey:
    digest = hashlib.sha256(text.encode()).digest()
    return pb.SdkKey(id=f"id-{text}", kind=kind, sha256=digest, expires_at=expires_at)


class ConfigWriter(EnvironmentWriter):
    """One environment; each `publish` is a version of its own."""

    def messages(self, environment: pb.Environment | None) -> Messages:
        """The next version, in which the environment is this, or (None) gone."""
        self.version += 1
        if environment is None:
            return [self.gone("environment", self.environment_id), self.manifest()]
        environment.organization_id = environment.organization_id or "org"
        environment.project_id = environment.project_id or "project"
        return [self.entity("environment", self.environment_id, environment=environment), self.manifest()]

    def unreadable(self) -> Messages:
        """The next version, in which the environment is of a form that nobody can read."""
        self.version += 1
        subject, torn = config_subject(self.environment_id, "environment", self.environment_id), b"\xff\xff"
        self.hold(subject, torn)
        return [(subject, torn), self.manifest()]

    async def publish(self, bus: Bus, environment: pb.Environment | None) -> None:
        await open_stream(bus)
        await publish(bus, self.messages(environment))
