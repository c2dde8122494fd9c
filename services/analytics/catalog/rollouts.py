"""Guarded rollouts as the monitor knows them: plain data of what CONFIG tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

from messages.closed_lists import words
from messages.generated import config_pb2 as pb
from messages.verdicts import VerdictAction

BuiltIn = Literal["sample_ratio", "no_data", "sdk_errors"]
_STATES = words(pb.RolloutState)
_BUILT_IN = cast("dict[int, BuiltIn]", words(pb.BuiltInGuard))
_ACTIONS = {
    pb.GUARD_ACTION_ROLL_BACK: VerdictAction.ROLL_BACK,
    pb.GUARD_ACTION_HOLD: VerdictAction.HOLD,
    pb.GUARD_ACTION_NOTIFY: VerdictAction.NOTIFY,
}
_WATCHED = frozenset({"running", "held", "paused"})
WHOLE_SHARE = 10_000
DEFAULT_ALPHA = 0.05
DEFAULT_WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """A time span in which the share (hundredths of a percent) was constant; `ended_at` None: it lasts."""

    share: int
    started_at: int
    ended_at: int | None

    @property
    def compares(self) -> bool:
        """Whether some had the new variation and some had not."""
        return 0 < self.share < WHOLE_SHARE


@dataclass(frozen=True, slots=True)
class Guard:
    """What is watched: a metric by its key, or something built in. `silence_seconds` 0: as the monitor is set."""

    id: str
    action: VerdictAction
    metric: str = ""
    built_in: BuiltIn | None = None
    margin: float = 0.0
    relative: bool = True
    window_seconds: int = DEFAULT_WINDOW_SECONDS
    silence_seconds: int = 0

    @property
    def is_tested(self) -> bool:
        """Whether it has a part of the rollout's error rate."""
        return self.built_in != "no_data"


@dataclass(frozen=True, slots=True)
class GuardedRollout:
    """A rollout that moves the share of `variation` in a rule of a flag, or (`rule` empty) in its default."""

    id: str
    key: str
    environment_id: str
    flag: str
    rule: str
    variation: str
    state: str
    revision: int
    stages: tuple[Stage, ...]
    guards: tuple[Guard, ...]
    alpha: float
    by_unit: bool

    @property
    def is_watched(self) -> bool:
        """Whether there is anything to look at, and to do."""
        return self.state in _WATCHED and bool(self.guards) and bool(self.stages)

    @property
    def alpha_of_guard(self) -> float:
        """Each tested guard's part of the error rate of the whole rollout."""
        return self.alpha / max(sum(each.is_tested for each in self.guards), 1)


def rollout_of(environment_id: str, key: str, wire: pb.GuardedRollout) -> GuardedRollout:
    """Raises ValueError for a state that this version doesn't know. A guard that it doesn't know watches nothing, and
    the finding says so."""
    if wire.state not in _STATES:
        raise ValueError(f"state {wire.state}")
    return GuardedRollout(
        id=wire.id,
        key=key,
        environment_id=environment_id,
        flag=wire.flag,
        rule=wire.rule,
        variation=wire.variation,
        state=_STATES[wire.state],
        revision=wire.revision,
        stages=tuple(Stage(each.share, each.started_at, each.ended_at or None) for each in wire.stages),
        guards=tuple(_guard(each) for each in wire.guards),
        alpha=wire.alpha if 0 < wire.alpha < 1 else DEFAULT_ALPHA,
        by_unit=bool(wire.bucket_by),
    )


def _guard(wire: pb.RolloutGuard) -> Guard:
    return Guard(
        id=wire.id,
        action=_ACTIONS.get(wire.action, VerdictAction.NOTIFY),
        metric=wire.metric,
        built_in=_BUILT_IN.get(wire.built_in),
        margin=wire.margin if wire.margin > 0 and math.isfinite(wire.margin) else 0.0,
        relative=wire.margin_kind != pb.MARGIN_KIND_ABSOLUTE,
        window_seconds=wire.window_seconds or DEFAULT_WINDOW_SECONDS,
        silence_seconds=wire.silence_seconds,
    )
