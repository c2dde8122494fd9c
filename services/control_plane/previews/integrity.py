"""Which experiments a change would disturb: a pure rule over what an environment serves before and after it.

It follows the order of an evaluation (`docs/evaluation.md`). Who is in an experiment is decided by all that comes
before it: whether its flag is on, prerequisites, targets, holdouts, layer, traffic and audience. What comes behind an
experiment that assigns (rules, the default) reaches none of its units; to one that observes it is the very matter.
While the flag is off nobody is in it; what is edited then is compared all the same, because units come back when it
is switched on. Switching on is no disturbance: they only come in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TypeGuard

from bucketing.flagset import Experiment, Flag, FlagSet, RemoteConfig, Rollout
from bucketing.references import condition_segments, segment_references

from control_plane.changes.patches import alike
from control_plane.previews.disturbances import Disturbance, DisturbanceKind, Disturbed, Path
from control_plane.previews.outcomes import Told, alike_conditions, steps_of
from control_plane.previews.participation import apart, assigns, may_take_part, runs


def disturbed(before: FlagSet, after: FlagSet, now: int) -> tuple[Disturbed, ...]:
    """The experiments that run at `now` (epoch milliseconds), before the change and after it, and are disturbed by it.

    What neither set has is taken to be the same in both: they may be as little as the change and what leads from it to
    experiments.
    """
    comparison = _Comparison(before, after, now)
    found: list[Disturbed] = []
    for key, experiment in sorted(before.experiments.items()):
        later = after.experiments.get(key)
        # One that starts or stops by the change, or counts anew from it on, is not disturbed by it.
        if later is None or later.phase != experiment.phase or not (runs(experiment, now) and runs(later, now)):
            continue
        disturbances = tuple(
            Disturbance(kind, path.to("experiment", key)) for kind, path in comparison.of(experiment, later)
        )
        if disturbances:
            found.append(Disturbed(key, disturbances))
    return tuple(found)


_Found = Iterator[tuple[DisturbanceKind, Path]]


class _Comparison:
    """Two sets held against each other; what leads to a segment or a prerequisite is looked for once."""

    def __init__(self, before: FlagSet, after: FlagSet, now: int) -> None:
        self._before = before
        self._after = after
        self._now = now
        self._segments: dict[str, Path | None] = {}
        self._prerequisites: dict[tuple[str, str], Path | None] = {}

    def of(self, experiment: Experiment, later: Experiment) -> _Found:
        """What is otherwise in the experiment; the paths end in front of it."""
        was, becomes = self._before.flags.get(experiment.flag), self._after.flags.get(experiment.flag)
        if experiment.flag in self._before.remote_configs and was is None:
            yield from self._on_config(experiment, later)
            return
        if was is None or was.archived:
            return
        if becomes is None or becomes.archived:
            yield DisturbanceKind.SWITCHED_OFF, Path(("archived",)).to("flag", was.key)
            return
        if was.enabled and not becomes.enabled:
            yield DisturbanceKind.SWITCHED_OFF, Path(("enabled",)).to("flag", was.key)
        for path in self._passed(was, becomes):
            yield DisturbanceKind.PREREQUISITES, path.to("flag", was.key)
        if self._targeted_otherwise(experiment, was, becomes):
            yield DisturbanceKind.TARGETS, Path(("targets",)).to("flag", was.key)
        if values := _other_values(experiment, was, becomes):
            yield DisturbanceKind.VALUES, Path(values).to("flag", was.key)
        yield from self._definition(experiment, later)
        for path in self._in_front(experiment, was, becomes):
            yield DisturbanceKind.SERVED, path.to("flag", was.key)

    def _on_config(self, experiment: Experiment, later: Experiment) -> _Found:
        """Of one on a remote config, whose variations are patches on what that gives."""
        key = experiment.flag
        was, becomes = self._before.remote_configs[key], self._after.remote_configs.get(key)
        if was.archived:
            return
        if becomes is None or becomes.archived:
            yield DisturbanceKind.SWITCHED_OFF, Path(("archived",)).to("config", key)
            return
        for path in self._given(was, becomes):
            yield DisturbanceKind.VALUES, path.to("config", key)
        yield from self._definition(experiment, later)
        for path in self._assigned_in_front(experiment, key):
            yield DisturbanceKind.SERVED, path.to("config", key)

    def _given(self, was: RemoteConfig, becomes: RemoteConfig) -> Iterator[Path]:
        """Changes of what a remote config gives."""
        fields = []
        if not alike(was.value, becomes.value):
            fields.append("value")
        if was.resolve is not becomes.resolve and len(becomes.overrides) > 1:
            fields.append("resolve")
        if not _alike_overrides(was, becomes):
            fields.append("overrides")
        if fields:
            yield Path(tuple(fields))
        elif set(was.invalid) != set(becomes.invalid):
            yield Path(("schema",))
        else:
            yield from self._named(frozenset().union(*(condition_segments(each.condition) for each in was.overrides)))

    def _passed(self, was: Flag, becomes: Flag) -> Iterator[Path]:
        """Changes of who passes the prerequisites of a flag."""
        old, new = ({(each.flag, each.variation) for each in flag.prerequisites} for flag in (was, becomes))
        if old != new:
            yield Path(("prerequisites",))
        for key, variation in sorted(old & new):
            if path := self._serves(key, variation):
                yield path

    def _targeted_otherwise(self, experiment: Experiment, was: Flag, becomes: Flag) -> bool:
        """Whether a unit that may be in the experiment becomes an individual target, or is one no more."""
        old, new = (self._targets(flag, lambda _: True) for flag in (was, becomes))
        moved = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        return any(may_take_part(experiment, self._before.salt, key) for key in moved)

    def _targets(self, flag: Flag, told: Told) -> dict[str, tuple[object, int | None]]:
        """Those that serve still: by key what matters of the variation, and until when."""
        return {
            each.key: (told(each.variation), each.expires_at)
            for each in reversed(flag.targets)
            if each.expires_at is None or each.expires_at > self._now
        }

    def _definition(self, experiment: Experiment, later: Experiment) -> _Found:
        """Changes of the experiment itself, and of whom its audience names. More traffic lets units in, and moves none
        that is in it."""
        own = Path(())
        if later.traffic < experiment.traffic:
            yield DisturbanceKind.TRAFFIC, Path(("traffic",))
        if later.shares != experiment.shares:
            yield DisturbanceKind.WEIGHTS, Path(("variations",))
        if later.bucket_by != experiment.bucket_by:
            yield DisturbanceKind.UNIT, Path(("bucket_by",))
        if later.slot != experiment.slot:
            slot = later.slot or experiment.slot
            yield DisturbanceKind.LAYER, Path(("slot",)).to("layer", slot.layer) if slot else own
        shares = [{each.key: each.share for each in one.holdouts} for one in (experiment, later)]
        if shares[0].keys() != shares[1].keys():
            yield DisturbanceKind.HOLDOUTS, Path(("holdouts",))
        for key in sorted(shares[0].keys() & shares[1].keys()):
            if shares[0][key] != shares[1][key]:
                yield DisturbanceKind.HOLDOUTS, Path(("share",)).to("holdout", key)
        if not alike(later.patches, experiment.patches):
            yield DisturbanceKind.VALUES, Path(("variations",))
        if fields := tuple(name for name in ("flag", "mode") if getattr(later, name) != getattr(experiment, name)):
            yield DisturbanceKind.DEFINITION, Path(fields)
        for path in self._audience(experiment, later):
            yield DisturbanceKind.AUDIENCE, path

    def _audience(self, experiment: Experiment, later: Experiment) -> Iterator[Path]:
        if not alike_conditions(experiment.audience, later.audience):
            yield Path(("audience",))
        elif experiment.audience is not None:
            yield from self._named(condition_segments(experiment.audience))

    def _in_front(self, experiment: Experiment, was: Flag, becomes: Flag) -> Iterator[Path]:
        """Changes of what decides about the experiment's units besides it, behind the targets."""
        yield from self._assigned_in_front(experiment, was.key)
        if assigns(experiment):
            return
        observed = {share.variation for share in experiment.shares if share.weight > 0}

        def told(variation: str) -> Hashable:
            return variation if variation in observed else None

        yield from self._ruled(was, becomes, told)
        if told(was.off_variation) != told(becomes.off_variation):
            yield Path(("off_variation",))

    def _assigned_in_front(self, experiment: Experiment, flag: str) -> Iterator[Path]:
        for other, path in self._assigned(flag):
            asked_first = (other.start_at, other.key) < (experiment.start_at, experiment.key)
            if not assigns(experiment) or (asked_first and not apart(experiment, other)):
                yield path.to("experiment", other.key)

    def _assigned(self, flag: str) -> Iterator[tuple[Experiment, Path]]:
        """The flag's running experiments that assign, where one of them comes, goes or enrols others."""
        old, new = (self._assigning(flagset, flag) for flagset in (self._before, self._after))
        for key in sorted(old.keys() | new.keys()):
            if key not in old or key not in new:
                yield old.get(key) or new[key], Path(("status",))
                continue
            one, other = old[key], new[key]
            paths = [Path(("phase",))] if one.hashed_as != other.hashed_as else []
            paths += [path for _, path in self._definition(one, other)]
            if other.traffic > one.traffic:
                paths.append(Path(("traffic",)))
            if paths:
                yield one, paths[0]

    def _assigning(self, flagset: FlagSet, flag: str) -> dict[str, Experiment]:
        return {
            key: each
            for key, each in flagset.experiments.items()
            if each.flag == flag and assigns(each) and runs(each, self._now)
        }

    def _ruled(self, was: Flag, becomes: Flag, told: Told) -> Iterator[Path]:
        """Changes of what rules and the default serve."""
        old, new = steps_of(was, told), steps_of(becomes, told)
        if old.default != new.default:
            yield Path(("default",))
        else:
            old, new = old.trimmed(), new.trimmed()
        if old.served != new.served or not all(map(alike_conditions, old.conditions, new.conditions)):
            yield Path(("rules",))
        else:
            yield from self._named(frozenset().union(*map(condition_segments, new.conditions)))

    def _named(self, segments: frozenset[str]) -> Iterator[Path]:
        """Changes of who is in these segments."""
        for key in sorted(segments):
            if path := self._members(key):
                yield path

    def _members(self, key: str) -> Path | None:
        """The path to a segment with other members; it ends with it."""
        if key not in self._segments:
            self._segments[key] = None
            path = self._members_of(key)
            self._segments[key] = None if path is None else path.to("segment", key)
        return self._segments[key]

    def _members_of(self, key: str) -> Path | None:
        was, becomes = self._before.segments.get(key), self._after.segments.get(key)
        if was is None or becomes is None:
            return None if was is becomes else Path(("archived",))
        fields = [
            name for name in ("included", "excluded", "long_list") if getattr(was, name) != getattr(becomes, name)
        ]
        if not alike_conditions(was.condition, becomes.condition):
            fields.append("if")
        if fields:
            return Path(tuple(fields))
        return next(self._named(segment_references(was).segments), None)

    def _serves(self, key: str, variation: str) -> Path | None:
        """The path to a flag that serves a variation to others than before; it ends with the flag."""
        asked = (key, variation)
        if asked not in self._prerequisites:
            self._prerequisites[asked] = None
            paths = list(self._served(key, lambda each: each == variation))
            shortest = min(paths, key=lambda path: len(path.hops)) if paths else None
            self._prerequisites[asked] = None if shortest is None else shortest.to("flag", key)
        return self._prerequisites[asked]

    def _served(self, key: str, told: Told) -> Iterator[Path]:
        """Changes of what a flag serves, as far as it matters."""
        was, becomes = self._before.flags.get(key), self._after.flags.get(key)
        if was is None or becomes is None:
            if was is not becomes:
                yield Path(("archived",))
            return
        off_otherwise = told(was.off_variation) != told(becomes.off_variation)
        if _on(was) != _on(becomes):
            yield Path(("enabled" if was.archived == becomes.archived else "archived",))
            return
        if not _on(was):
            if off_otherwise:
                yield Path(("off_variation",))
            return
        if off_otherwise and (was.prerequisites or becomes.prerequisites or _may_lack_unit(becomes)):
            yield Path(("off_variation",))
        yield from self._passed(was, becomes)
        if self._targets(was, told) != self._targets(becomes, told):
            yield Path(("targets",))
        for other, path in self._assigned(key):
            yield path.to("experiment", other.key)
        yield from self._ruled(was, becomes, told)


def _on(flag: Flag | None) -> TypeGuard[Flag]:
    return flag is not None and flag.enabled and not flag.archived


def _may_lack_unit(flag: Flag) -> bool:
    """Whether the default serves the off variation to who lacks the attribute that it splits by."""
    return isinstance(flag.default, Rollout) and flag.default.bucket_by is not None


def _other_values(experiment: Experiment, was: Flag, becomes: Flag) -> tuple[str, ...]:
    keys = [share.variation for share in experiment.shares if share.weight > 0]
    return tuple(f"variations.{key}" for key in keys if not alike(was.variations.get(key), becomes.variations.get(key)))


def _alike_overrides(was: RemoteConfig, becomes: RemoteConfig) -> bool:
    """Whether they are written alike; an override's id decides nothing."""
    return len(was.overrides) == len(becomes.overrides) and all(
        alike_conditions(old.condition, new.condition) and alike(old.value, new.value)
        for old, new in zip(was.overrides, becomes.overrides, strict=True)
    )
