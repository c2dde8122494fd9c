"""The compiled configuration of one environment as plain, immutable data.

Everything the engine decides with stands here: flags, remote configs, segments and experiments, and the salt of the
environment. Times are milliseconds since the Unix epoch (UTC), weights and shares are hundredths of a
percent (0 to 10,000, so a bucket compares with them directly).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bucketing.closed_texts import StrEnum
from bucketing.long_lists import LongList

BUCKET_COUNT = 10_000
ALGORITHM = "sha256-10000-v1"

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of them."""


class FlagType(StrEnum):
    """The type of a flag's values."""

    BOOLEAN = "boolean"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    OBJECT = "object"


class ExperimentMode(StrEnum):
    """Whether an experiment assigns units or observes them."""

    ASSIGNS = "assigns"
    OBSERVES = "observes"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on one attribute: `attribute operator value`; `value` is None for `exists` and `not_exists`."""

    attribute: str
    operator: str
    value: Json = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when all conditions are."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one condition is."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the condition is not."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class InSegment:
    """True when the context is in at least one of the named segments."""

    segments: tuple[str, ...]


Condition = Comparison | AllOf | AnyOf | Not | InSegment


@dataclass(frozen=True, slots=True)
class Share:
    """One variation's part of a rollout; `weight` in hundredths of a percent."""

    variation: str
    weight: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """Shares that add up to 10,000; `bucket_by` is None for the targeting key."""

    shares: tuple[Share, ...]
    bucket_by: str | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """Serves one variation to everybody."""

    variation: str


Serve = Fixed | Rollout


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and what it serves.

    `id` is unique within its flag; `description` is for people and appears in explanations."""

    id: str
    condition: Condition
    serve: Serve
    description: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An individual target: `key` gets `variation` while the time is before `expires_at` (None: always).

    An `override` comes before those that are none, and its decision says so."""

    key: str
    variation: str
    expires_at: int | None = None
    override: bool = False


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A flag that must serve a variation first."""

    flag: str
    variation: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag with its settings in one environment. `version` is the config version that last changed it.

    `metadata` stands in each of its answers: texts, numbers and booleans. `description` is for people.
    `exposure_attributes` names those of the context that its reported exposures carry."""

    key: str
    type: FlagType
    variations: Mapping[str, Json]
    off_variation: str
    default: Serve
    enabled: bool = True
    archived: bool = False
    client_visible: bool = False
    report_exposures: bool = False
    prerequisites: tuple[Prerequisite, ...] = ()
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    version: int = 0
    description: str = ""
    metadata: Mapping[str, str | float | bool] = field(default_factory=dict)
    exposure_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A reusable audience.

    Membership by precedence: `excluded`, then `included` keys, then `condition` (None: nobody else). `long_list` has
    further keys of both kinds.

    A key in both lists is refused when saved, so the order of the two lists can't matter.
    """

    key: str
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    condition: Condition | None = None
    long_list: LongList | None = None


@dataclass(frozen=True, slots=True)
class LayerSlot:
    """Buckets `start <= bucket < end` of a layer; experiments of one layer own disjoint slots."""

    layer: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holdout:
    """A share of units (hundredths of a percent) that no experiment naming this holdout ever enrols."""

    key: str
    share: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment on `flag`, a flag or a remote config, in its `phase`. It runs from `start_at` until before
    `stop_at` (None: open end).

    `shares` are the assigned weights, or for one that observes, the expected ones. `traffic` is the part of
    the audience that takes part, in hundredths of a percent. `seed` is what its own buckets are hashed with (None: its
    key). One that is `paused` assigns as before, and nobody belongs to it. `patches` (RFC 7396), by variation, are put
    onto what a remote config would otherwise give; a variation without one leaves that as it is.
    """

    key: str
    flag: str
    mode: ExperimentMode
    shares: tuple[Share, ...]
    start_at: int
    stop_at: int | None = None
    traffic: int = BUCKET_COUNT
    audience: Condition | None = None
    bucket_by: str | None = None
    slot: LayerSlot | None = None
    holdouts: tuple[Holdout, ...] = ()
    phase: int = 1
    seed: str | None = None
    paused: bool = False
    patches: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def hashed_as(self) -> str:
        """What stands for the experiment in the hashes of its assignment and its traffic."""
        return self.key if self.seed is None else self.seed


class ResolveMode(StrEnum):
    """Which of the overrides that match apply: the first, or all of them in their order."""

    FIRST = "first"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class ConfigOverride:
    """A condition, and the patch (RFC 7396) that it puts onto a remote config's value. `id` is unique within it."""

    id: str
    condition: Condition
    value: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """A JSON object with its overrides in one environment.

    `invalid`: sets of positions of overrides that must not be applied together, each in order; only where all that
    match apply. `version` and `metadata` are those of a flag."""

    key: str
    value: Mapping[str, Json]
    resolve: ResolveMode = ResolveMode.FIRST
    overrides: tuple[ConfigOverride, ...] = ()
    invalid: tuple[tuple[int, ...], ...] = ()
    client_visible: bool = False
    archived: bool = False
    version: int = 0
    metadata: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlagSet:
    """All that an environment serves, at config version `version`."""

    salt: str
    version: int = 0
    flags: Mapping[str, Flag] = field(default_factory=dict)
    segments: Mapping[str, Segment] = field(default_factory=dict)
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    remote_configs: Mapping[str, RemoteConfig] = field(default_factory=dict)
