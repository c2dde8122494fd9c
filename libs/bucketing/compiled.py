"""A flag set made ready for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from bucketing.bulk import Bulk
from bucketing.decision import Decision
from bucketing.defects import check_flag, check_segment
from bucketing.explanation import Explanation, ExplanationRequest, explain
from bucketing.flagset import Experiment, Flag, FlagSet, Segment
from bucketing.generation.flags import Evaluable
from bucketing.programs import (
    Broken,
    Context,
    Memberships,
    PendingFlag,
    PendingSegment,
    Programs,
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

    __slots__ = ("_bulks", "_experiments", "_failed", "_failed_segments", "_flagset", "_items", "_programs")

    def __init__(self, flagset: FlagSet) -> None:
        self._flagset = flagset
        self._experiments = _by_flag(flagset.experiments.values())
        self._failed: dict[str, str] = {}
        self._failed_segments: dict[str, str] = {}
        self._items: dict[str, Evaluable] = {}
        self._bulks: dict[bool, Bulk] = {}
        self._programs = Programs({}, Memberships())
        for segment in flagset.segments.values():
            self._put_segment(segment)
        for flag in flagset.flags.values():
            self._put_flag(flag)

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
        changed._items = dict(self._items)
        changed._programs = Programs(dict(self._programs.flags), Memberships(self._programs.segments))
        touched = flags.keys() | self._experiment_flags(changed, experiments)
        changed._put_changes(touched, segments)
        changed._bulks = {
            client_only: bulk.updated(touched, changed._keys(client_only), changed._items)
            for client_only, bulk in self._bulks.items()
        }
        return changed

    def _experiment_flags(self, changed: CompiledFlagSet, experiments: Iterable[str]) -> set[str]:
        sets = (self._flagset, changed._flagset)
        return {one.experiments[key].flag for one in sets for key in experiments if key in one.experiments}

    def _put_changes(self, flags: Iterable[str], segments: Iterable[str]) -> None:
        for key in flags:
            self._failed.pop(key, None)
            self._items.pop(key, None)
            self._programs.flags.pop(key, None)
            if key in self._flagset.flags:
                self._put_flag(self._flagset.flags[key])
        for key in segments:
            self._failed_segments.pop(key, None)
            self._programs.segments.pop(key, None)
            if key in self._flagset.segments:
                self._put_segment(self._flagset.segments[key])

    def _put_flag(self, flag: Flag) -> None:
        experiments = self._experiments.get(flag.key, ())
        try:
            check_flag(flag, experiments)
            item = Evaluable(flag, experiments, self._flagset.salt)
        except Exception as error:  # whatever is wrong with one flag must not cost the others
            self._failed[flag.key] = str(error)
            self._programs.flags[flag.key] = Broken(str(error))
        else:
            self._items[flag.key] = item
            self._programs.flags[flag.key] = PendingFlag(item)

    def _put_segment(self, segment: Segment) -> None:
        try:
            check_segment(segment)
        except Exception as error:
            self._failed_segments[segment.key] = str(error)
            self._programs.segments[segment.key] = Broken(f"segment {segment.key!r}: {error}")
        else:
            self._programs.segments[segment.key] = PendingSegment(segment)

    def evaluate(self, flag_key: str, context: Context, now: int) -> Decision:
        """What a flag serves to a context at `now` (epoch milliseconds). Never raises.

        An error is a decision with reason ERROR: FLAG_NOT_FOUND, PARSE_ERROR, TARGETING_KEY_MISSING,
        INVALID_CONTEXT, or GENERAL for a cycle and anything unforeseen.
        """
        try:
            program = self._programs.flags.get(flag_key)
            if program is None:
                return unknown_flag(flag_key)
            return program(context, now, self._programs, {})
        except Exception as error:
            flag = self._flagset.flags.get(flag_key) if isinstance(flag_key, str) else None
            return unknown_flag(flag_key) if flag is None else recovered(flag, context, error)

    def evaluate_all(self, context: Context, now: int, client_only: bool = False) -> list[Decision]:
        """What every flag (or every client-visible one) serves, one decision a flag. Never raises.

        The decisions are those of `evaluate`, in an order that is the same for every context.
        """
        return self._bulk(client_only).evaluate(context, now, self._programs, self.evaluate)

    def prepare(self) -> Iterator[None]:
        """Write all functions that are still to be written, a few milliseconds a step at most.

        For a caller that would rather spend that time before the first evaluation; it may stop at any step.
        """
        yield from self._programs.prepare()
        for client_only in (False, True):
            yield from self._bulk(client_only).prepare()

    def _keys(self, client_only: bool) -> Set[str]:
        flags = self._flagset.flags
        return {key for key, flag in flags.items() if flag.client_visible} if client_only else flags.keys()

    def _bulk(self, client_only: bool) -> Bulk:
        bulk = self._bulks.get(client_only)
        if bulk is None:
            bulk = self._bulks[client_only] = Bulk.of(sorted(self._keys(client_only)), self._items)
        return bulk

    def explain(self, flag_key: str, context: Context, now: int, *, show_salt: bool = False) -> Explanation:
        """The decision of `evaluate` with the ordered trace of how it came about.

        For server keys and administrators only: it tells rules, segments and targets, and with `show_salt` the
        environment's salt. `context` is JSON.
        """
        flag = self._flagset.flags.get(flag_key)
        if flag is None:
            return Explanation(unknown_flag(flag_key), self.version, now)
        item = self._items.get(flag_key)
        if item is None:
            return Explanation(self.evaluate(flag_key, context, now), self.version, now)
        return explain(self._flagset, self._programs, item, ExplanationRequest(context, now, show_salt))


def compile_flagset(flagset: FlagSet) -> CompiledFlagSet:
    """Make a flag set ready. A flag that can't be evaluated answers PARSE_ERROR, the others go on."""
    return CompiledFlagSet(flagset)
