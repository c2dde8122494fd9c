"""What a change concerns: the flags whose answers may be others, and the attributes that these answers depend on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from bucketing.attributes import TARGETING_KEY
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, FlagSet, InSegment, Not, Rollout, Serve
from bucketing.references import condition_segments, flag_references, remote_config_references, segment_references

from analytics.impact.sample import LONG_LIST, UNREAD_LIST
from analytics.impact.served import Entity


def concerned_segments(sets: Collection[FlagSet], changed: Collection[Entity]) -> set[str]:
    """The segments that change, and those that name them, over any number of hops."""
    found = {key for kind, key in changed if kind == "segment"}
    while True:
        more = {
            key
            for each in sets
            for key, segment in each.segments.items()
            if key not in found and not found.isdisjoint(segment_references(segment).segments)
        }
        if not more:
            return found
        found |= more


def concerned_flags(sets: Collection[FlagSet], changed: Collection[Entity]) -> set[str]:
    """The keys of flags and remote configs that change, name what changes, or have such a prerequisite."""
    segments = concerned_segments(sets, changed)
    found = {key for kind, key in changed if kind in ("flag", "remote_config")}
    experiments = {key for kind, key in changed if kind == "experiment"}
    for each in sets:
        found |= {
            one.flag
            for key, one in each.experiments.items()
            if key in experiments
            or (one.audience is not None and not segments.isdisjoint(condition_segments(one.audience)))
        }
        found |= {key for key, flag in each.flags.items() if not segments.isdisjoint(flag_references(flag).segments)}
        found |= {
            key
            for key, config in each.remote_configs.items()
            if not segments.isdisjoint(remote_config_references(config).segments)
        }
    while True:
        more = {
            key
            for each in sets
            for key, flag in each.flags.items()
            if key not in found and not found.isdisjoint(flag_references(flag).flags)
        }
        if not more:
            return found
        found |= more


class Dependencies:
    """What answers of one flag set depend on."""

    def __init__(self, flagset: FlagSet) -> None:
        self._flagset = flagset
        self._of_segments: dict[str, frozenset[str]] = {}
        self._of_flags: dict[str, frozenset[str]] = {}

    def behind(self, flags: Iterable[str], segments: Iterable[str]) -> FlagSet:
        """The part of the set that these flags and segments need to be evaluated."""
        held = self._flagset
        wanted, waiting = set[str](), list(flags)
        while waiting:
            key = waiting.pop()
            if key in held.flags and key not in wanted:
                waiting.extend(flag_references(held.flags[key]).flags)
            wanted.add(key)
        on_them = {key: one for key, one in held.experiments.items() if one.flag in wanted}
        named = set(segments)
        for key in wanted & held.flags.keys():
            named |= flag_references(held.flags[key]).segments
        for key in wanted & held.remote_configs.keys():
            named |= remote_config_references(held.remote_configs[key]).segments
        for one in on_them.values():
            named |= condition_segments(one.audience) if one.audience is not None else set()
        pending = list(named)
        while pending:
            key = pending.pop()
            if key in held.segments:
                pending.extend(segment_references(held.segments[key]).segments - named)
                named |= segment_references(held.segments[key]).segments
        return replace(
            held,
            flags={key: held.flags[key] for key in wanted & held.flags.keys()},
            remote_configs={key: held.remote_configs[key] for key in wanted & held.remote_configs.keys()},
            segments={key: held.segments[key] for key in named & held.segments.keys()},
            experiments=on_them,
        )

    def of_segment(self, key: str) -> frozenset[str]:
        """The attributes that decide who is in a segment; the targeting key where it lists keys."""
        if key not in self._of_segments:
            self._of_segments[key] = frozenset()
            segment = self._flagset.segments.get(key)
            if segment is not None:
                listed = {TARGETING_KEY} if segment.included or segment.excluded else set[str]()
                if segment.long_list is not None:
                    listed.add((LONG_LIST if segment.long_list.whole else UNREAD_LIST) + key)
                self._of_segments[key] = frozenset({*listed, *self._asked(segment.condition)})
        return self._of_segments[key]

    def of_flag(self, key: str) -> frozenset[str]:
        """The attributes that decide what a flag or a remote config answers, its prerequisites' and experiments' among
        them; the targeting key where keys are listed."""
        if key not in self._of_flags:
            self._of_flags[key] = frozenset()
            self._of_flags[key] = frozenset(self._of(key))
        return self._of_flags[key]

    def _of(self, key: str) -> Iterator[str]:
        flag = self._flagset.flags.get(key)
        if flag is None:
            config = self._flagset.remote_configs.get(key)
            for override in () if config is None else config.overrides:
                yield from self._asked(override.condition)
            yield from self._of_experiments(key)
            return
        if not flag.enabled or flag.archived:
            return
        if flag.targets:
            yield TARGETING_KEY
        for prerequisite in flag.prerequisites:
            yield from self.of_flag(prerequisite.flag)
        for rule in flag.rules:
            yield from self._asked(rule.condition)
            yield from _split_by(rule.serve)
        yield from _split_by(flag.default)
        yield from self._of_experiments(key)

    def _of_experiments(self, key: str) -> Iterator[str]:
        for one in self._flagset.experiments.values():
            if one.flag == key:
                yield from self._asked(one.audience)
                yield from () if one.bucket_by in (None, TARGETING_KEY) else (one.bucket_by,)

    def _asked(self, condition: Condition | None) -> Iterator[str]:
        match condition:
            case Comparison(attribute=attribute):
                yield attribute
            case AllOf(conditions=conditions) | AnyOf(conditions=conditions):
                for each in conditions:
                    yield from self._asked(each)
            case Not(condition=inside):
                yield from self._asked(inside)
            case InSegment(segments=segments):
                for key in segments:
                    yield from self.of_segment(key)


def _split_by(serve: Serve) -> Iterator[str]:
    if isinstance(serve, Rollout) and serve.bucket_by not in (None, TARGETING_KEY):
        yield serve.bucket_by
