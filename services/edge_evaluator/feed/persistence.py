"""Persistence: the snapshot on disk follows what is served, and the next start begins with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from messages.config_tree import config_message
from messages.documents import flag_document, remote_config_document, segment_document
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import Update
from messages.subjects import config_subject, manifest_subject
from service_kit.clock import Clock
from service_kit.logs import get_logger

from edge_evaluator.feed.config_feed import ConfigFeed
from edge_evaluator.feed.snapshot import EnvironmentSnapshot, Snapshot, SnapshotStore, SnapshotUnusable
from edge_evaluator.feed.telemetry import FeedTelemetry
from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.flag_memory import FlagMemory, HeldConfig

_log = get_logger("snapshot")


class SnapshotWriter:
    """Writes the snapshot after changes, and restores from it."""

    def __init__(
        self, store: SnapshotStore, feed: ConfigFeed, memory: FlagMemory, telemetry: FeedTelemetry, clock: Clock
    ) -> None:
        self._store = store
        self._feed = feed
        self._memory = memory
        self._telemetry = telemetry
        self._clock = clock
        self._saved_change = 0

    async def restore(self) -> bool:
        """Serves the newest snapshot that is whole. False when there is none."""
        for path, found in self._store.load():
            if isinstance(found, SnapshotUnusable):
                self._telemetry.snapshots.labels("unusable").inc()
                _log.error("snapshot can't be used", file=path.name, reason=str(found))
                continue
            for environment in found.environments:
                try:
                    await self._restore_environment(environment)
                except Exception as error:
                    self._note_failure("restore", environment.environment_id, error)
            self._feed.tell_ages()
            if self._memory.environments:
                self._saved_change = self._feed.change
                _log.info("started from snapshot", file=path.name, environments=len(self._memory.environments))
                return True
        return False

    async def save_changes(self) -> None:
        """Saves if what is served is not what was saved last."""
        if self._feed.change != self._saved_change:
            await self.save()

    async def save(self) -> None:
        """Writes what is served now; a folder that can't be written is logged and counted."""
        change = self._feed.change
        try:
            await asyncio.to_thread(self._store.save, self._present())
        except OSError as error:
            self._telemetry.snapshots.labels("failed").inc()
            _log.error("snapshot not written", error=str(error))
            return
        self._saved_change = change
        self._telemetry.snapshots.labels("written").inc()

    def _present(self) -> Snapshot:
        environments = []
        for environment_id, held in self._memory.environments.items():
            try:
                environments.append(self._present_environment(environment_id, held))
            except Exception as error:
                self._note_failure("save", environment_id, error)
        return Snapshot(self._clock.now(), environments)

    def _present_environment(self, environment_id: str, held: HeldConfig) -> EnvironmentSnapshot:
        staging = self._feed.staging
        return EnvironmentSnapshot(
            environment_id,
            self._clock.now() - round((self._clock.monotonic() - held.confirmed) * 1000),
            staging.manifest(environment_id),
            dict(staging.entries(environment_id)),
            _good_messages(held.config),
        )

    def _note_failure(self, work: str, environment_id: str, error: Exception) -> None:
        self._telemetry.failures.labels(work).inc()
        _log.error("an environment is not in the snapshot", environment=environment_id, work=work, exc_info=error)

    async def _restore_environment(self, saved: EnvironmentSnapshot) -> None:
        staging = self._feed.staging
        for subject, payload in saved.entries.items():
            staging.accept(subject, payload)
        update = staging.accept(manifest_subject(saved.environment_id), saved.manifest)
        if not isinstance(update, Update):
            staging.reset(saved.environment_id)
            self._telemetry.snapshots.labels("unusable").inc()
            _log.error("environment in snapshot can't be used", environment=saved.environment_id)
            return
        age_seconds = max(0, self._clock.now() - saved.confirmed_at) / 1000
        good = {subject: config_message(payload) for subject, payload in saved.good.items()}
        undecodable = {subject: why for subject, why in update.undecodable.items() if subject not in good}
        await self._feed.serve(
            replace(update, changed={**update.changed, **good}, undecodable=undecodable), age_seconds
        )
        if good:
            newer = {subject: message for subject, message in update.changed.items() if subject in good}
            await self._feed.serve(replace(update, complete=False, changed=newer), age_seconds)


def _good_messages(config: EnvironmentConfig) -> dict[str, bytes]:
    """What is served instead of messages that can't be used, written anew; experiments fall back to none."""
    messages: dict[str, bytes] = {}
    for kind, key in config.kept:
        message = ConfigMessage(environment_id=config.environment_id, version=config.version, epoch=config.epoch)
        stamp = config.answer_versions.stamps.get((kind, key))
        if stamp is not None:
            message.answers_version = stamp.version
        if kind == "flag":
            flag = config.flagset.flags[key]
            message.version = flag.version
            message.flag = flag_document(flag)
        elif kind == "remote_config":
            remote_config = config.flagset.remote_configs[key]
            message.version = remote_config.version
            message.remote_config = remote_config_document(remote_config)
        elif kind == "segment":
            message.segment = segment_document(config.flagset.segments[key])
        elif kind == "environment":
            message.environment.CopyFrom(config.settings)
        else:
            continue
        messages[config_subject(config.environment_id, kind, key)] = message.SerializeToString()
    return messages
