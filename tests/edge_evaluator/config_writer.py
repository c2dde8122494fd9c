"""Environments as edges are served them: flags, remote configs, segments, experiments, keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from bucketing.flagset import Experiment, Flag, RemoteConfig, Segment
from messages.documents import experiment_document, flag_document, remote_config_document, segment_document
from messages.generated import config_pb2 as pb

from tests.environment_writer import EnvironmentWriter, Messages

SERVER_KEY = "srv_test_0123456789"
CLIENT_KEY = "cli_test_0123456789"


class ConfigWriter(EnvironmentWriter):
    """One environment. `keys` are (text, kind) pairs; every `write` is one version."""

    def __init__(
        self,
        environment_id: str = "env-1",
        *,
        key: str = "production",
        project: str = "shop",
        keys: Sequence[tuple[str, str]] = ((SERVER_KEY, "server"), (CLIENT_KEY, "client")),
    ) -> None:
        super().__init__(environment_id)
        self.key = key
        self.project = project
        self.keys = list(keys)
        self.exposure_attributes: list[str] = []
        self.expires_at = 0

    def write(
        self,
        *,
        flags: Iterable[Flag] = (),
        segments: Iterable[Segment] = (),
        experiments: Iterable[Experiment] = (),
        remote_configs: Iterable[RemoteConfig] = (),
        status: pb.ExperimentStatus = pb.EXPERIMENT_STATUS_RUNNING,
        archived: bool = False,
        metrics: Iterable[str] = (),
        removed: Iterable[tuple[str, str]] = (),
        chunks: Iterable[tuple[str, bytes]] = (),
    ) -> Messages:
        """The messages of the next version; the first one also carries the environment. `status` and `archived` are
        those of its experiments."""
        self.version += 1
        messages: Messages = [] if self.entries else [self.environment()]
        for segment in segments:
            messages.append(self.entity("segment", segment.key, segment=segment_document(segment)))
        for flag in flags:
            messages.append(self.entity("flag", flag.key, flag=flag_document(flag)))
        for config in remote_configs:
            content = remote_config_document(config)
            messages.append(self.entity("remote_config", config.key, remote_config=content))
        for experiment in experiments:
            document = experiment_document(experiment)
            started = pb.Experiment(status=status, archived=archived, document=document)
            messages.append(self.entity("experiment", experiment.key, experiment=started))
        for key in metrics:
            metric = pb.Metric(key=key, name=f"{key} in {self.version}")
            messages.append(self.entity("metric", key, metric=metric))
        for key, document in chunks:
            messages.append(self.entity("segment_chunk", key, segment_chunk=document))
        for kind, key in removed:
            messages.append(self.gone(kind, key))
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
            exposure_attributes=self.exposure_attributes,
            sdk_keys=[
                pb.SdkKey(
                    id=f"key-{index}",
                    kind=kinds[kind],
                    sha256=hashlib.sha256(text.encode()).digest(),
                    expires_at=self.expires_at,
                )
                for index, (text, kind) in enumerate(self.keys)
            ],
        )
        return self.entity("environment", self.environment_id, environment=settings)
