"""Entries of the catalog: environments, metrics and experiments as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

from bucketing.flagset import Condition, ExperimentMode, Holdout
from bucketing.validation import validate_filter
from messages import documents
from messages.aggregations import BY_NUMBER, Aggregation
from messages.closed_lists import words
from messages.generated import config_pb2 as pb

from analytics.catalog.disturbances import Disturbance, disturbances_of
from analytics.catalog.phases import Phase, Span, control_of, phase_of

Role = Literal["goal", "secondary", "guardrail"]
MarginKind = Literal["relative", "absolute"]
Boundary = Literal["obrien_fleming", "pocock"]
Correction = Literal["holm", "benjamini_hochberg"]
_ROLES = cast("dict[int, Role]", words(pb.MetricRole))
_STATUSES = words(pb.ExperimentStatus)
EXPERIMENT_STATUSES = frozenset(_STATUSES.values())
_MODES = words(pb.SequentialMode)
_MARGIN_KINDS = cast("dict[int, MarginKind]", words(pb.MarginKind))
_BOUNDARIES = cast("dict[int, Boundary]", words(pb.Boundary))
CapsOf = Literal["all", "nonzero"]
_CAPS_OF = cast("dict[int, CapsOf]", words(pb.CapsOf))
Per = Literal["user", "unit"]
_PER = cast("dict[int, Per]", words(pb.MetricPer))
COVARIATE_DAYS = 14
DEFAULT_ALPHA = 0.05
DEFAULT_POWER = 0.8
DEFAULT_MINIMUM_DAYS = 7


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, with the keys by which people name it. `pii_attributes`: what is stored of these are
    stand-ins."""

    id: str
    key: str
    project_id: str
    project_key: str
    organization_id: str
    salt: str
    hash_user_keys: bool
    pii_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's definition.

    `event` is the name in the events; windows are seconds after the first exposure, `window_end` 0: open.

    `winsorize_at` and `winsorize_lower` are pooled percentiles in (0, 1), 0: not capped on that side; `winsorize_of`
    whose. `filter` is what must hold of an event's properties. `covariate_days` is how long before the exposure CUPED
    looks back, `per` what has one number. `steps` are a funnel's
    events in their order, `property` is what distinct values are of.
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
    winsorize_lower: float = 0.0
    winsorize_of: CapsOf = "nonzero"
    filter: Condition | None = None
    covariate_days: int = COVARIATE_DAYS
    per: Per = "user"
    steps: tuple[str, ...] = ()
    property: str = ""


@dataclass(frozen=True, slots=True)
class MetricUse:
    """An experiment's metric.

    `margin`: the harm that a guardrail tolerates, a share of the control's mean or an absolute amount. None: nobody has
    given one, so the guardrail is shown and not judged."""

    metric: str
    role: Role
    margin: float | None = None
    margin_kind: MarginKind = "relative"

    @property
    def decides(self) -> bool:
        """Whether a decision looks at it."""
        return self.role == "goal" or (self.role == "guardrail" and self.margin is not None)


@dataclass(frozen=True, slots=True)
class LiftPrior:
    """What is believed of a lift before the data: a normal distribution. `lift_sd` None: flat."""

    lift_mean: float = 0.0
    lift_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How an experiment is to be analysed. `mode`: fixed, group or always_valid.

    All units are over all variations. `planned_units` 0: not planned; `planned_end` (epoch milliseconds): when a fixed
    analysis ends, if not by its units; `n_star` 0: half of the planned units. `covariates`: keys of metrics, besides
    the metric's own history. `post_stratify_by`: an attribute of the exposure's context, empty: none. `bayes` None: no
    second view.
    """

    alpha: float = DEFAULT_ALPHA
    power: float = DEFAULT_POWER
    mode: str = "always_valid"
    planned_units: int = 0
    planned_end: int | None = None
    planned_looks: int = 0
    boundary: Boundary = "obrien_fleming"
    n_star: int = 0
    minimum_days: int = DEFAULT_MINIMUM_DAYS
    correction: Correction = "holm"
    cuped: bool = False
    covariates: tuple[str, ...] = ()
    post_stratify_by: str = ""
    matured_only: bool = False
    bayes: LiftPrior | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment's definition, in one of its phases: the present one, unless another was asked for.

    `shares`: expected weight by variation. Times in epoch milliseconds, None: not started, not stopped; of the phase.
    `trigger_event`: only units with this event after their exposure are analysed, from then on; empty: all.
    `exposure_filter`: what an exposure's context has to meet to count. `disturbances`: the last of its marks;
    `earlier_disturbances`: how many it has besides. `phases`: all of them, none before the start. `pauses`: spans in
    which nobody was counted.
    """

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
    trigger_event: str = ""
    exposure_filter: Condition | None = None
    holdouts: tuple[Holdout, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    earlier_disturbances: int = 0
    phase: int = 1
    phases: tuple[Phase, ...] = ()
    pauses: tuple[Span, ...] = ()

    @property
    def began_at(self) -> int | None:
        """When its first phase began."""
        return self.phases[0].start_at if self.phases else self.start_at

    @property
    def under_way(self) -> bool:
        """Whether it has begun and not ended: it runs, or is paused."""
        return self.status in ("running", "paused")

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
        tuple(wire.pii_attributes),
    )


def metric_of(wire: pb.Metric) -> Metric:
    """Raises ValueError for an aggregation or a filter that this version doesn't know."""
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
        wire.winsorize_lower,
        _CAPS_OF.get(wire.winsorize_of, "nonzero"),
        _filter(wire.filter),
        wire.covariate_days or COVARIATE_DAYS,
        _PER.get(wire.per, "user"),
        tuple(wire.steps),
        wire.property,
    )


def experiment_of(environment_id: str, wire: pb.Experiment) -> Experiment:
    """Raises ValueError for a status or a document that this version can't read, or without variations."""
    engine = documents.experiment_of(wire)
    if wire.status not in _STATUSES or not engine.shares:
        raise ValueError(f"status {wire.status}, {len(engine.shares)} shares")
    start_at = wire.phase_started_at or engine.start_at or None
    ended = [
        phase_of(documents.experiment_of(pb.Experiment(document=each.document)), each.control_variation)
        for each in wire.ended_phases
    ]
    present = [] if start_at is None else [phase_of(replace(engine, start_at=start_at), wire.control_variation)]
    shares = {share.variation: share.weight for share in engine.shares}
    return Experiment(
        wire.id,
        engine.key,
        wire.name or engine.key,
        environment_id,
        engine.flag,
        engine.mode is ExperimentMode.ASSIGNS,
        _STATUSES[wire.status],
        start_at,
        engine.stop_at,
        shares,
        control_of(shares, wire.control_variation),
        tuple(_metric_use(use) for use in wire.metrics),
        plan_of(wire.plan),
        engine.bucket_by or "",
        wire.trigger_event,
        _filter(wire.exposure_filter),
        engine.holdouts,
        disturbances_of(wire.disturbances),
        max(0, wire.disturbance_count - len(wire.disturbances)),
        engine.phase,
        (*ended, *present),
        tuple(Span(each.started_at, each.ended_at or None) for each in wire.pauses),
    )


def _metric_use(wire: pb.ExperimentMetric) -> MetricUse:
    """Of a margin that is none: nobody has given one."""
    kind = _MARGIN_KINDS.get(wire.margin_kind, "relative")
    given = wire.margin > 0 and math.isfinite(wire.margin) and (kind == "absolute" or wire.margin < 1)
    return MetricUse(wire.metric, _ROLES.get(wire.role, "goal"), wire.margin if given else None, kind)


def plan_of(wire: pb.AnalysisPlan) -> Plan:
    """A fixed plan without an end is always valid: nobody knows when it would be read."""
    ends = bool(wire.planned_units or wire.planned_end)
    mode = _MODES.get(wire.mode, "always_valid")
    bayes = wire.bayes
    return Plan(
        alpha=wire.alpha if 0 < wire.alpha < 1 else DEFAULT_ALPHA,
        power=wire.power if 0 < wire.power < 1 else DEFAULT_POWER,
        mode="always_valid" if mode == "fixed" and not ends else mode,
        planned_units=wire.planned_units,
        planned_end=wire.planned_end or None,
        planned_looks=wire.planned_looks,
        boundary=_BOUNDARIES.get(wire.boundary, "obrien_fleming"),
        n_star=wire.n_star,
        minimum_days=wire.minimum_days if wire.HasField("minimum_days") else DEFAULT_MINIMUM_DAYS,
        correction="benjamini_hochberg" if wire.correction == "benjamini_hochberg" else "holm",
        cuped=wire.cuped,
        covariates=tuple(wire.covariates),
        post_stratify_by=wire.post_stratify_by,
        matured_only=wire.matured_only,
        bayes=LiftPrior(bayes.lift_mean, bayes.lift_sd if bayes.HasField("lift_sd") else None)
        if wire.HasField("bayes")
        else None,
    )


def _filter(document: bytes) -> Condition | None:
    condition = documents.condition_of(document)
    if condition is not None:
        validate_filter(condition)
    return condition
