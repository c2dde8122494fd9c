"""What an update of the CONFIG stream says of each entity, read from its message."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bucketing.errors import InvalidConfig
from bucketing.flagset import Experiment, Flag, RemoteConfig, Segment
from bucketing.long_lists import ListChunk
from messages.answer_versions import answers_version
from messages.documents import (
    chunk_key,
    chunk_named,
    chunk_of,
    experiment_of,
    flag_of,
    is_in_force,
    remote_config_of,
    segment_of,
)
from messages.generated import config_pb2 as pb
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import Update
from messages.subjects import parse_config_subject

from edge_evaluator.memory.answer_versions import Entity, Stamp, entity_of


@dataclass
class Changes:
    """By key what is there now, None for what is gone; `chunks` by segment and number; `bad` is what can't be read,
    with the reason.

    `controls`: the control variations of experiments."""

    environment: pb.Environment | None = None
    deleted: bool = False
    flags: dict[str, Flag | None] = field(default_factory=dict)
    segments: dict[str, Segment | None] = field(default_factory=dict)
    experiments: dict[str, Experiment | None] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    remote_configs: dict[str, RemoteConfig | None] = field(default_factory=dict)
    chunks: dict[str, dict[int, ListChunk | None]] = field(default_factory=dict)
    bad: dict[Entity, str] = field(default_factory=dict)
    stamps: dict[Entity, Stamp | None] = field(default_factory=dict)

    @property
    def touched(self) -> set[Entity]:
        tables: dict[str, Mapping[str, Any]] = {
            "flag": self.flags,
            "segment": self.segments,
            "experiment": self.experiments,
            "remote_config": self.remote_configs,
        }
        return {(kind, key) for kind, table in tables.items() for key in table} | self.bad.keys()


def read_changes(update: Update, waiting: Mapping[str, ConfigMessage]) -> Changes:
    """All that the update says, over what has waited for it; what can't be read leaves in place what waits."""
    changes = Changes()
    for subject, message in (*waiting.items(), *update.changed.items()):
        parsed = parse_config_subject(subject)
        if parsed.kind == "environment":
            changes.environment = message.environment if message is not None else None
            changes.deleted = message is None
        elif parsed.kind in _READERS:
            try:
                _READERS[parsed.kind](changes, parsed.key, message)
            except InvalidConfig as error:
                changes.bad[parsed.kind, parsed.key] = str(error)
    for subject, reason in update.undecodable.items():
        parsed = parse_config_subject(subject)
        changes.bad[parsed.kind, parsed.key] = reason
    return changes


def _read_flag(changes: Changes, key: str, message: ConfigMessage | None) -> None:
    if message is None:
        changes.flags[key] = changes.stamps["flag", key] = None
        return
    flag = flag_of(message)
    _require_key(flag.key, key)
    changes.flags[flag.key] = flag
    changes.stamps[entity_of("flag", flag.key)] = Stamp.of_flag(flag, answers_version(message), message.flag)


def _read_remote_config(changes: Changes, key: str, message: ConfigMessage | None) -> None:
    entity = entity_of("remote_config", key)
    if message is None:
        changes.remote_configs[key] = changes.stamps[entity] = None
        return
    config = remote_config_of(message)
    _require_key(config.key, key)
    changes.remote_configs[config.key] = config
    changes.stamps[entity] = Stamp.of_remote_config(config, answers_version(message), message.remote_config)


def _read_segment(changes: Changes, key: str, message: ConfigMessage | None) -> None:
    if message is None:
        changes.segments[key] = changes.stamps["segment", key] = None
        return
    segment = segment_of(message)
    _require_key(segment.key, key)
    changes.segments[segment.key] = segment
    changes.stamps[entity_of("segment", segment.key)] = Stamp.of_segment(
        segment, answers_version(message), message.segment
    )


def _read_chunk(changes: Changes, key: str, message: ConfigMessage | None) -> None:
    segment, number = chunk_named(key)
    chunks = changes.chunks.setdefault(segment, {})
    chunks[number] = None
    if message is not None:
        chunk = chunk_of(message.segment_chunk)
        _require_key(chunk_key(segment, chunk.number), key)
        chunks[number] = chunk


def _read_experiment(changes: Changes, key: str, message: ConfigMessage | None) -> None:
    """One that is not in force is none to the engine; if it ever was, its flag's answers have changed since."""
    entity = ("experiment", key)
    if message is not None and is_in_force(message.experiment):
        experiment = experiment_of(message.experiment)
        _require_key(experiment.key, key)
        changes.experiments[key] = experiment
        changes.controls[key] = message.experiment.control_variation or experiment.shares[0].variation
        document = message.experiment.document
        changes.stamps[entity] = Stamp.of_experiment(experiment, answers_version(message), document)
        return
    changes.experiments[key] = changes.stamps[entity] = None
    if message is not None and answers_version(message):
        with suppress(InvalidConfig):
            ended = experiment_of(message.experiment)
            changes.stamps[entity] = Stamp.of_experiment(ended, answers_version(message), None)


def _require_key(key: str, in_subject: str) -> None:
    """Raises InvalidConfig for a document of one entity on the subject of another."""
    if key != in_subject:
        raise InvalidConfig("key", f"is {key!r}, on the subject of {in_subject!r}", "key")


_READERS = {
    "flag": _read_flag,
    "segment": _read_segment,
    "segment_chunk": _read_chunk,
    "experiment": _read_experiment,
    "remote_config": _read_remote_config,
}
