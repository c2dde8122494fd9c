"""Entries of the catalog: environments, metrics and experiments as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from bucketing.flagset import ExperimentMode
from messages import documents
from messages.aggregations import BY_NUMBER, Aggregation
from messages.closed_lists import words
from messages.generated import config_pb2 as pb

Role = Literal["goal", "secondary", "guardrail"]
_ROLES = cast("dict[int, Role]", words(pb.MetricRole))
_STATUSES = words(pb.ExperimentStatus)
_MODES = words(pb.SequentialMode)
DEFAULT_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, with the keys by which people name it."""

    id: str
    key: str
    project_id: str
    project_key: str
    organization_id: str
    salt: str
    hash_user_keys: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of an organization. Tokens of an earlier `session_generation` were withdrawn; 0: not said."""

    role: str
    session_generation: int = 0


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's definition.

    `event` is the name in the events; windows are seconds after the first exposure, `window_end` 0: open.

    `winsorize_at` is a pooled percentile in (0, 1), 0: not capped.
    """

    id: str
    key: str
    name: str
    aggregation: Aggregation
    higher_is_better: bool
    event: str
    denominator_event: str = ""
    quantile: float = 0.0
    window_start: int = 0
    window_end: int = 0
    winsorize_at: float = 0.0


@dataclass(frozen=True, slots=True)
class MetricUse:
    """An experiment's metric; `margin` is relative."""

    metric: str
    role: Role
    margin: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How an experiment is to be analysed. `mode`: fixed, group or always_valid. `planned_units` 0: not planned.

    `correction`: holm, benjamini_hochberg or none.
    """

    alpha: float = DEFAULT_ALPHA
    mode: str = "fixed"
    planned_looks: int = 0
    planned_units: int = 0
    correction: str = "holm"
    cuped: bool = False


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment's definition.

    `shares`: expected weight by variation. Times in epoch milliseconds, None: not started, not stopped."""

    id: str
    key: str
    name: str
    environment_id: str
    flag: str
    assigns: bool
    status: str
    start_at: int | None
    stop_at: int | None
    shares: dict[str, int]
    control: str
    metrics: tuple[MetricUse, ...]
    plan: Plan
    bucket_by: str = ""

    @property
    def mode(self) -> Literal["assigns", "observes"]:
        return "assigns" if self.assigns else "observes"

    @property
    def percentages(self) -> dict[str, float]:
        """The expected shares in percent."""
        return percentages(self.shares)


def percentages(shares: Mapping[str, int]) -> dict[str, float]:
    """Of weights in hundredths of a percent."""
    return {name: weight / 100 for name, weight in shares.items()}


def environment_of(environment_id: str, wire: pb.Environment) -> Environment:
    return Environment(
        environment_id,
        wire.key,
        wire.project_id,
        wire.project_key,
        wire.organization_id,
        wire.salt,
        wire.hash_user_keys,
    )


def members_of(wire: pb.Environment) -> dict[str, Member]:
    """By user id. An id of another length belongs to nobody."""
    return {
        str(UUID(bytes=each.user_id)): Member(each.role, each.session_generation)
        for each in wire.members
        if len(each.user_id) == 16
    }


def metric_of(wire: pb.Metric) -> Metric:
    """Raises ValueError for an aggregation that this version doesn't know."""
    if wire.aggregation not in BY_NUMBER:
        raise ValueError(f"aggregation {wire.aggregation}")
    return Metric(
        wire.id,
        wire.key,
        wire.name or wire.key,
        BY_NUMBER[wire.aggregation],
        wire.direction != pb.DIRECTION_LOWER_IS_BETTER,
        wire.event or wire.key,
        wire.denominator_event,
        wire.quantile,
        wire.window_start,
        wire.window_end,
        wire.winsorize_at,
    )


def experiment_of(environment_id: str, wire: pb.Experiment) -> Experiment:
    """Raises ValueError for a status or a document that this version can't read, or without variations."""
    engine = documents.experiment_of(wire)
    if wire.status not in _STATUSES or not engine.shares:
        raise ValueError(f"status {wire.status}, {len(engine.shares)} shares")
    shares = {share.variation: share.weight for share in engine.shares}
    return Experiment(
        wire.id,
        engine.key,
        wire.name or engine.key,
        environment_id,
        engine.flag,
        engine.mode is ExperimentMode.ASSIGNS,
        _STATUSES[wire.status],
        engine.start_at or None,
        engine.stop_at,
        shares,
        wire.control_variation if wire.control_variation in shares else next(iter(shares)),
        tuple(MetricUse(use.metric, _ROLES.get(use.role, "goal"), use.margin) for use in wire.metrics),
        Plan(
            wire.plan.alpha if 0 < wire.plan.alpha < 1 else DEFAULT_ALPHA,
            _MODES.get(wire.plan.mode, "fixed"),
            wire.plan.planned_looks,
            wire.plan.planned_units,
            wire.plan.correction or "holm",
            wire.plan.cuped,
        ),
        engine.bucket_by or "",
    )
