"""A flag set made ready for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from bucketing.bulk import Bulk
from bucketing.decision import Decision
from bucketing.defects import check_flag, check_remote_config, check_segment
from bucketing.differences import keys_that_differ
from bucketing.explanation import Explanation, ExplanationRequest, explain, memberships
from bucketing.flagset import Experiment, Flag, FlagSet, Json, RemoteConfig, Segment
from bucketing.generation.evaluables import Evaluable, EvaluableConfig, Item
from bucketing.programs import (
    Broken,
    Context,
    Memberships,
    PendingFlag,
    PendingSegment,
    Programs,
)
from bucketing.recovery import recovered, unknown_flag
from bucketing.references import References, flag_references, remote_config_references, segment_references
from bucketing.remote_configs import served
from bucketing.resolution import Directory, unusable_segments, with_audiences
from bucketing.visibility import Visible

Entity = TypeVar("Entity")
Answer = TypeVar("Answer")
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


def _variations(flagset: FlagSet, key: str) -> Set[str] | None:
    flag = flagset.flags.get(key)
    return None if flag is None else flag.variations.keys()


class CompiledFlagSet:
    """Answers for one flag set at one version. Never changes; `updated` gives the next one.

    Functions are written when a flag is first asked for; what can't be evaluated is found when the set is made.
    """

    __slots__ = (
        "_bulks",
        "_directory",
        "_experiments",
        "_failed",
        "_failed_segments",
        "_flagset",
        "_hidden",
        "_items",
        "_named_segments",
        "_programs",
        "_references",
        "_served",
        "_unresolved",
    )

    def __init__(self, flagset: FlagSet) -> None:
        self._flagset = flagset
        self._served = served(flagset)
        self._experiments = _by_flag(flagset.experiments.values())
        self._failed: dict[str, str] = {}
        self._failed_segments: dict[str, str] = {}
        self._unresolved: dict[str, str] = {}
        self._references: dict[str, References] = {}
        self._named_segments: dict[str, frozenset[str]] = {}
        self._items: dict[str, Item] = {}
        self._bulks: dict[bool, Bulk] = {}
        self._hidden: Bulk | None = None
        self._programs = Programs({}, Memberships())
        for segment in flagset.segments.values():
            self._put_segment(segment)
        self._directory = self._directory_now()
        for key in self._served:
            self._put(key)

    @property
    def flagset(self) -> FlagSet:
        """The data that this set was made from."""
        return self._flagset

    @property
    def served(self) -> Mapping[str, Flag]:
        """All that answers under a key: the flags, and each remote config as the object flag that it is served as."""
        return self._served

    @property
    def version(self) -> int:
        """The config version."""
        return self._flagset.version

    @property
    def failed(self) -> Mapping[str, str]:
        """Flags that answer PARSE_ERROR because of what they are, with the reason."""
        return MappingProxyType(self._failed)

    @property
    def unresolved(self) -> Mapping[str, str]:
        """Flags that answer PARSE_ERROR because something they name is absent or can't be asked, with the reason."""
        return MappingProxyType(self._unresolved)

    @property
    def failed_segments(self) -> Mapping[str, str]:
        """Segments that can't be evaluated, with the reason; a flag that names one is `unresolved`."""
        return MappingProxyType(self._failed_segments)

    def updated(
        self,
        *,
        version: int,
        flags: Mapping[str, Flag | None] = NOTHING,
        segments: Mapping[str, Segment | None] = NOTHING,
        experiments: Mapping[str, Experiment | None] = NOTHING,
        remote_configs: Mapping[str, RemoteConfig | None] = NOTHING,
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
            remote_configs=(
                _with_changes(held.remote_configs, remote_configs) if remote_configs else held.remote_configs
            ),
        )
        changed._served = served(changed._flagset)
        changed._experiments = _by_flag(changed._flagset.experiments.values()) if experiments else self._experiments
        changed._failed = dict(self._failed)
        changed._failed_segments = dict(self._failed_segments)
        changed._unresolved = dict(self._unresolved)
        changed._references = dict(self._references)
        changed._named_segments = dict(self._named_segments) if segments else self._named_segments
        changed._items = dict(self._items)
        changed._bulks, changed._hidden = {}, None
        changed._programs = Programs(dict(self._programs.flags), Memberships(self._programs.segments))
        touched = flags.keys() | remote_configs.keys() | self._experiment_flags(changed, experiments)
        touched |= changed._put_changes(self, touched, segments)
        changed._divide_as(self, touched)
        return changed

    def _experiment_flags(self, changed: CompiledFlagSet, experiments: Iterable[str]) -> set[str]:
        sets = (self._flagset, changed._flagset)
        return {one.experiments[key].flag for one in sets for key in experiments if key in one.experiments}

    def _put_changes(self, before: CompiledFlagSet, flags: Set[str], segments: Iterable[str]) -> set[str]:
        """Puts what changed in its place. Answers further flags, whose references resolve now or no longer do."""
        for key in segments:
            self._failed_segments.pop(key, None)
            self._programs.segments.pop(key, None)
            self._named_segments.pop(key, None)
            if key in self._flagset.segments:
                self._put_segment(self._flagset.segments[key])
        self._directory = self._directory_now(before if not segments else None)
        for key in flags:
            for table in (self._failed, self._unresolved, self._items, self._programs.flags, self._references):
                table.pop(key, None)
            if key in self._served:
                self._put(key)
        return self._resolve_anew(before, flags)

    def _directory_now(self, before: CompiledFlagSet | None = None) -> Directory:
        unusable = (
            before._directory.unusable if before else unusable_segments(self._named_segments, self._failed_segments)
        )
        return Directory(self._flagset.flags, self._named_segments, unusable)

    def _resolve_anew(self, before: CompiledFlagSet, put: Set[str]) -> set[str]:
        segments = self._directory.segments_that_differ(before._directory)
        flags = {key for key in put if _variations(self._flagset, key) != _variations(before._flagset, key)}
        if not segments and not flags:
            return set()
        concerned = {
            key
            for key, named in self._references.items()
            if key not in put and not (named.segments.isdisjoint(segments) and named.flags.isdisjoint(flags))
        }
        for key in concerned:
            self._unresolved.pop(key, None)
            self._put(key)
        return concerned

    def _put(self, key: str) -> None:
        try:
            item, references = self._checked(key)
        except Exception as error:  # whatever is wrong with one flag must not cost the others
            self._failed[key] = str(error)
            self._programs.flags[key] = Broken(str(error))
            return
        if references.any:
            self._references[key] = references
        missing = self._directory.defect(item.flag, references)
        if missing is not None:
            self._items.pop(key, None)
            self._unresolved[key] = missing
            self._programs.flags[key] = Broken(missing)
            return
        self._items[key] = item
        self._programs.flags[key] = PendingFlag(item)

    def _checked(self, key: str) -> tuple[Item, References]:
        """What stands under a key, and what it names. Raises for what can't be evaluated."""
        flag, experiments = self._flagset.flags.get(key), self._experiments.get(key, ())
        if flag is None:
            config = self._flagset.remote_configs[key]
            check_remote_config(config, experiments)
            item = EvaluableConfig(config, experiments, self._flagset.salt)
            return item, with_audiences(remote_config_references(config), experiments)
        check_flag(flag, experiments)
        return Evaluable(flag, experiments, self._flagset.salt), with_audiences(flag_references(flag), experiments)

    def _put_segment(self, segment: Segment) -> None:
        try:
            check_segment(segment)
            self._named_segments[segment.key] = segment_references(segment).segments
        except Exception as error:
            self._named_segments[segment.key] = frozenset()
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
            flag = self._served.get(flag_key) if isinstance(flag_key, str) else None
            return unknown_flag(flag_key) if flag is None else recovered(flag, context, error)

    def evaluate_all(self, context: Context, now: int, client_only: bool = False) -> list[Decision]:
        """What every flag (or every client-visible one) serves, one decision a flag. Never raises.

        The decisions are those of `evaluate`, in an order that is the same for every context.
        """
        decisions: list[Decision] = self._bulk(client_only).evaluate(context, now, self._programs, self.evaluate)
        return decisions

    def answer_all(
        self, context: Context, now: int, answers: Mapping[Decision, Answer], client_only: bool = False
    ) -> list[Answer]:
        """What `answers` has for each decision of `evaluate_all`, in its order. Raises only what `answers` raises."""
        found: list[Answer] = self._bulk(client_only).evaluate(context, now, self._programs, self.evaluate, answers)
        return found

    def prepare(self, *, alone: bool = True) -> Iterator[None]:
        """Write all functions that are still to be written, a few milliseconds a step at most.

        For a caller that would rather spend that time before the first evaluation; it may stop at any step. `alone`
        False leaves out those that decide one flag alone, which are the most memory of a large set.
        """
        if alone:
            yield from self._programs.prepare()
        for client_only in (False, True):
            yield from self._bulk(client_only).prepare()

    def _keys(self, visible: bool) -> list[str]:
        return sorted(key for key, flag in self._served.items() if flag.client_visible is visible)

    def _bulk(self, client_only: bool) -> Bulk:
        """Flags that clients see have the same chunks in both, which are written and held once."""
        bulk = self._bulks.get(client_only)
        if bulk is None and client_only:
            bulk = self._bulks[True] = Bulk.of(self._keys(True), self._items)
        elif bulk is None:
            self._hidden = Bulk.of(self._keys(False), self._items)
            bulk = self._bulks[False] = self._bulk(True).joined(self._hidden)
        return bulk

    def _divide_as(self, before: CompiledFlagSet, touched: Set[str]) -> None:
        """As in the set before, but for the flags that were touched."""
        for visible, bulk in ((True, before._bulks.get(True)), (False, before._hidden)):
            after = None if bulk is None else bulk.updated(touched, Visible(self._served, visible), self._items)
            if visible and after is not None:
                self._bulks[True] = after
            elif after is not None:
                self._bulks[False] = self._bulks[True].joined(after)
                self._hidden = after

    def changed_since(self, before: CompiledFlagSet) -> set[str]:
        """The keys whose answers may be others than in the set before, for somebody; not those whose description,
        metadata or version alone differs."""
        return keys_that_differ(before._flagset, self._flagset, self._references, self._named_segments)

    def has_experiments(self, flag_key: str) -> bool:
        """Are there experiments on the flag, running or not?"""
        return flag_key in self._experiments

    def explain(self, flag_key: str, context: Context, now: int, *, show_salt: bool = False) -> Explanation:
        """The decision of `evaluate` with the ordered trace of how it came about.

        For server keys and administrators only: it tells rules, segments and targets, and with `show_salt` the
        environment's salt. `context` is JSON.
        """
        if flag_key not in self._served:
            return Explanation(unknown_flag(flag_key), self.version, now)
        item = self._items.get(flag_key)
        if item is None:
            return Explanation(self.evaluate(flag_key, context, now), self.version, now)
        return explain(self._flagset, self._programs, item, ExplanationRequest(context, now, show_salt))

    def memberships(self, context: Context, now: int, keys: Iterable[str]) -> Iterator[tuple[str, Json]]:
        """Each of these segments that is there, with whether the context is in it (None: that can't be told) and why;
        then those that they have asked. One a step."""
        return memberships(self._flagset, self._programs, keys, context, now)


def compile_flagset(flagset: FlagSet) -> CompiledFlagSet:
    """Make a flag set ready. A flag that can't be evaluated answers PARSE_ERROR, the others go on."""
    return CompiledFlagSet(flagset)
