"""A flag set made ready for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from bucketing.decision import Decision
from bucketing.defects import check_flag, check_segment
from bucketing.errors import InvalidConfig
from bucketing.explanation import Explanation, Question, explain
from bucketing.flagset import Experiment, Flag, FlagSet, Segment
from bucketing.programs import (
    Broken,
    Context,
    Memberships,
    Memo,
    PendingFlag,
    PendingSegment,
    World,
)
from bucketing.recovery import recovered, unknown_flag

Entity = TypeVar("Entity")
NOTHING: Mapping[str, None] = MappingProxyType({})


def _by_flag(experiments: Iterable[Experiment]) -> dict[str, tuple[Experiment, ...]]:
    """Each flag's experiments, the one that starts first in front."""
    grouped: dict[str, list[Experiment]] = {}
    for experiment in sorted(experiments, key=lambda one: (one.start_at, one.key)):
        grouped.setdefault(experiment.flag, []).append(experiment)
    return {flag: tuple(ordered) for flag, ordered in grouped.items()}


def _with_changes(held: Mapping[str, Entity], changes: Mapping[str, Entity | None]) -> dict[str, Entity]:
    entities = dict(held)
    for key, entity in changes.items():
        if entity is None:
            entities.pop(key, None)
        else:
            entities[key] = entity
    return entities


class CompiledFlagSet:
    """Answers for one flag set at one version. Never changes; `updated` gives the next one.

    Functions are written when a flag is first asked for; what can't be evaluated is found when the set is made.
    """

    __slots__ = ("_experiments", "_failed", "_failed_segments", "_flagset", "_world")

    def __init__(self, flagset: FlagSet) -> None:
        self._flagset = flagset
        self._experiments = _by_flag(flagset.experiments.values())
        self._failed: dict[str, str] = {}
        self._failed_segments: dict[str, str] = {}
        self._world = World({}, Memberships())
        for segment in flagset.segments.values():
            self._place_segment(segment)
        for flag in flagset.flags.values():
            self._place_flag(flag)

    @property
    def flagset(self) -> FlagSet:
        """The data that this set was made from."""
        return self._flagset

    @property
    def version(self) -> int:
        """The config version."""
        return self._flagset.version

    @property
    def failed(self) -> Mapping[str, str]:
        """Flags that answer PARSE_ERROR, with the reason."""
        return MappingProxyType(self._failed)

    @property
    def failed_segments(self) -> Mapping[str, str]:
        """Segments that can't be evaluated, with the reason; a flag that asks for one answers PARSE_ERROR."""
        return MappingProxyType(self._failed_segments)

    def updated(
        self,
        *,
        version: int,
        flags: Mapping[str, Flag | None] = NOTHING,
        segments: Mapping[str, Segment | None] = NOTHING,
        experiments: Mapping[str, Experiment | None] = NOTHING,
    ) -> CompiledFlagSet:
        """The set at `version`, with entities replaced, added, or (None) removed; only those are compiled."""
        held = self._flagset
        changed = CompiledFlagSet.__new__(CompiledFlagSet)
        changed._flagset = replace(
            held,
            version=version,
            flags=_with_changes(held.flags, flags),
            segments=_with_changes(held.segments, segments),
            experiments=_with_changes(held.experiments, experiments) if experiments else held.experiments,
        )
        changed._experiments = _by_flag(changed._flagset.experiments.values()) if experiments else self._experiments
        changed._failed = dict(self._failed)
        changed._failed_segments = dict(self._failed_segments)
        changed._world = World(dict(self._world.programs), Memberships(self._world.segments))
        changed._place_changes(flags.keys() | self._experiment_flags(changed, experiments), segments)
        return changed

    def _experiment_flags(self, changed: CompiledFlagSet, experiments: Iterable[str]) -> set[str]:
        sets = (self._flagset, changed._flagset)
        return {one.experiments[key].flag for one in sets for key in experiments if key in one.experiments}

    def _place_changes(self, flags: Iterable[str], segments: Iterable[str]) -> None:
        for key in flags:
            self._failed.pop(key, None)
            self._world.programs.pop(key, None)
            if key in self._flagset.flags:
                self._place_flag(self._flagset.flags[key])
        for key in segments:
            self._failed_segments.pop(key, None)
            self._world.segments.pop(key, None)
            if key in self._flagset.segments:
                self._place_segment(self._flagset.segments[key])

    def _place_flag(self, flag: Flag) -> None:
        experiments = self._experiments.get(flag.key, ())
        try:
            check_flag(flag, experiments)
        except InvalidConfig as error:
            self._failed[flag.key] = str(error)
            self._world.programs[flag.key] = Broken(str(error))
        else:
            self._world.programs[flag.key] = PendingFlag(flag, experiments, self._flagset.salt)

    def _place_segment(self, segment: Segment) -> None:
        try:
            check_segment(segment)
        except InvalidConfig as error:
            self._failed_segments[segment.key] = str(error)
            self._world.segments[segment.key] = Broken(f"segment {segment.key!r}: {error}")
        else:
            self._world.segments[segment.key] = PendingSegment(segment)

    def evaluate(self, flag_key: str, context: Context, now: int) -> Decision:
        """What a flag serves to a context at `now` (epoch milliseconds). Never raises.

        An error is a decision with reason ERROR: FLAG_NOT_FOUND, PARSE_ERROR, TARGETING_KEY_MISSING,
        INVALID_CONTEXT, or GENERAL for a cycle and anything unforeseen.
        """
        try:
            program = self._world.programs.get(flag_key)
            if program is None:
                return unknown_flag(flag_key)
            return program(context, now, self._world, {})
        except Exception as error:
            flag = self._flagset.flags.get(flag_key) if isinstance(flag_key, str) else None
            return unknown_flag(flag_key) if flag is None else recovered(flag, context, error)

    def evaluate_all(self, context: Context, now: int, client_only: bool = False) -> list[Decision]:
        """What every flag (or every client-visible one) serves, one decision a flag. Never raises."""
        flags = self._flagset.flags.values()
        memo: Memo = {}
        decisions = []
        for flag in flags:
            if client_only and not flag.client_visible:
                continue
            try:
                decisions.append(self._world.programs[flag.key](context, now, self._world, memo))
            except Exception as error:
                memo.clear()
                decisions.append(recovered(flag, context, error))
        return decisions

    def explain(self, flag_key: str, context: Context, now: int, *, show_salt: bool = False) -> Explanation:
        """The decision of `evaluate` with the ordered trace of how it came about.

        For server keys and administrators only: it tells rules, segments and targets, and with `show_salt` the
        environment's salt. `context` is JSON.
        """
        flag = self._flagset.flags.get(flag_key)
        if flag is None:
            return Explanation(unknown_flag(flag_key), self.version, now)
        experiments = self._experiments.get(flag.key, ())
        return explain(self._flagset, experiments, self._world, flag, Question(context, now, show_salt))


def compile_flagset(flagset: FlagSet) -> CompiledFlagSet:
    """Make a flag set ready. A flag that can't be evaluated answers PARSE_ERROR, the others go on."""
    return CompiledFlagSet(flagset)
