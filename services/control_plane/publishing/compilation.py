"""A compilation: the entries of one environment, shown to work in the rule engine, that follow what is written.

An entity that fails its check is named in `invalid` and never holds up the others. What an entry holds depends on its
own row, for an experiment on its flag and its holdouts, and on nothing that was compiled before: so taking what was
touched gives what taking everything would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bucketing.compiled import compile_flagset
from bucketing.flagset import Fixed, Flag, FlagSet, RemoteConfig, Segment
from messages.documents import chunk_key, flag_document, remote_config_document, segment_document
from messages.generated import config_pb2 as pb
from messages.subjects import config_subject, parse_config_subject

from control_plane.entities.rows import Unreadable
from control_plane.experiments.queries import PublishedExperiment
from control_plane.publishing.entries import content_of
from control_plane.publishing.stored import Stored, StoredChunks
from control_plane.segments.queries import Named


class Compilation:
    """`entries` maps subjects to contents, `invalid` maps subjects to what is wrong with the entity. `chunks`: the
    digests of the parts of long lists among them."""

    def __init__(self, environment_id: str) -> None:
        self._environment_id = environment_id
        self.entries: dict[str, bytes] = {}
        self.invalid: dict[str, str] = {}
        self.chunks: dict[Named, bytes] = {}

    def take(self, stored: Stored) -> set[str]:
        """Lets the entries follow what was read; answers the subjects that may have changed."""
        touched: set[str] = set()
        if (message := stored.message) is not None:
            touched.add(self._put("environment", message.key, lambda: {"environment": message}))
        for key, segment in stored.segments.items():
            touched.add(self._each("segment", key, segment, self._put_segment))
        for key, flag in stored.flags.items():
            touched.add(self._each("flag", key, flag, self._put_flag))
        for key, config in stored.configs.items():
            touched.add(self._each("remote_config", key, config, self._put_config))
        subjects = {**stored.named_configs, **stored.configs, **stored.named_flags, **stored.flags}
        for key, experiment in stored.experiments.items():
            touched.add(self._each("experiment", key, experiment, lambda each: self._put_experiment(each, subjects)))
        for key, metric in stored.metrics.items():
            touched.add(self._each("metric", key, metric, self._put_metric))
        for key, rollout in stored.rollouts.items():
            touched.add(self._each("rollout", key, rollout, partial(self._put_rollout, key)))
        return touched | self._take_chunks(stored.chunks)

    def _take_chunks(self, stored: StoredChunks) -> set[str]:
        of = stored.segments
        gone = [named for named in self.chunks if (of is None or named[0] in of) and named not in stored.digests]
        touched = {self._drop("segment_chunk", chunk_key(*named)) for named in gone}
        for named in gone:
            del self.chunks[named]
        for named, document in stored.documents.items():
            touched.add(self._put_chunk(named, document))
            self.chunks[named] = stored.digests[named]
        return touched

    def _put_chunk(self, named: Named, document: bytes) -> str:
        return self._put("segment_chunk", chunk_key(*named), lambda: {"segment_chunk": document})

    def difference(self, other: Compilation) -> set[str]:
        """The subjects of which the two say something else."""
        return {
            subject
            for own, others in ((self.entries, other.entries), (self.invalid, other.invalid))
            for subject in own.keys() | others.keys()
            if own.get(subject) != others.get(subject)
        }

    def follow(self, other: Compilation, subject: str) -> None:
        """Says of the subject what the other says."""
        tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (self.entries, other.entries),
            (self.invalid, other.invalid),
        ]
        for own, others in tables:
            own.pop(subject, None)
            if subject in others:
                own[subject] = others[subject]

    def is_environment(self, subject: str) -> bool:
        """Is it the environment's own entry?"""
        return parse_config_subject(subject).kind == "environment"

    def _each(self, kind: str, key: str, entity: Any, put: Callable[[Any], str]) -> str:
        if entity is not None and not isinstance(entity, Unreadable):
            return put(entity)
        subject = self._drop(kind, key)
        if entity is not None:
            self.invalid[subject] = entity.reason
        return subject

    def _put_segment(self, segment: Segment) -> str:
        return self._put(
            "segment",
            segment.key,
            lambda: {"segment": segment_document(segment)},
            lambda: _check(FlagSet("", segments={segment.key: segment})),
        )

    def _put_flag(self, flag: Flag) -> str:
        """One that is off and fails its check is published bare: switching off gets through whatever is wrong."""
        subject = self._put_checked_flag(flag)
        if subject not in self.invalid or (flag.enabled and not flag.archived):
            return subject
        reason = self.invalid[subject]
        self._put_checked_flag(replace(flag, rules=(), targets=(), prerequisites=(), default=Fixed(flag.off_variation)))
        if subject in self.invalid:
            self.invalid[subject] = reason
        return subject

    def _put_checked_flag(self, flag: Flag) -> str:
        return self._put(
            "flag",
            flag.key,
            lambda: {"flag": flag_document(flag)},
            lambda: _check(FlagSet("", flags={flag.key: flag})),
        )

    def _put_config(self, config: RemoteConfig) -> str:
        return self._put(
            "remote_config",
            config.key,
            lambda: {"remote_config": remote_config_document(config)},
            lambda: _check(FlagSet("", remote_configs={config.key: config})),
        )

    def _put_experiment(self, published: PublishedExperiment, subjects: Mapping[str, object]) -> str:
        """Checked together with its flag or remote config, which at the edge a bad experiment would take down."""

        def check() -> None:
            subject, experiments = subjects.get(published.experiment.flag), {published.key: published.experiment}
            if published.in_force and isinstance(subject, Flag):
                _check(FlagSet("", flags={subject.key: subject}, experiments=experiments))
            if published.in_force and isinstance(subject, RemoteConfig):
                _check(FlagSet("", remote_configs={subject.key: subject}, experiments=experiments))

        return self._put("experiment", published.key, lambda: {"experiment": published.message}, check)

    def _put_metric(self, metric: pb.Metric) -> str:
        return self._put("metric", metric.key, lambda: {"metric": metric})

    def _put_rollout(self, key: str, rollout: pb.GuardedRollout) -> str:
        return self._put("rollout", key, lambda: {"rollout": rollout})

    def _put(
        self,
        kind: str,
        key: str,
        encode: Callable[[], dict[str, Any]],
        check: Callable[[], None] | None = None,
    ) -> str:
        """Puts the entity among the entries, or names it in `invalid`; answers its subject."""
        subject = self._drop(kind, key)
        try:
            entry = content_of(pb.ConfigMessage(environment_id=self._environment_id, **encode()))
            if check is not None:
                check()
        except (ValueError, TypeError) as error:
            self.invalid[subject] = f"{type(error).__name__}: {error}"
        else:
            self.entries[subject] = entry
        return subject

    def _drop(self, kind: str, key: str) -> str:
        subject = config_subject(self._environment_id, kind, key)
        self.entries.pop(subject, None)
        self.invalid.pop(subject, None)
        return subject


def _check(flagset: FlagSet) -> None:
    compiled = compile_flagset(flagset)
    for failed in (compiled.failed, compiled.failed_segments):
        for key, reason in failed.items():
            raise ValueError(f"{key}: {reason}")
