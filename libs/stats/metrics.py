"""The request of an analysis: the metric, its guardrail, and the options of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from stats import validation
from stats.effects import Lift
from stats.errors import InvalidInputError

LOOKS_PLANNED_MAX = 200
GUARDRAIL_TESTS_MAX = 10_000
LOOK_UNITS_MAX = 2 * validation.UNITS_MAX


class Direction(StrEnum):
    """Which way the metric should go."""

    INCREASE = "increase"
    DECREASE = "decrease"


class Mode(StrEnum):
    """How often the result may be read: once at the end, at planned looks, or at any time."""

    FIXED = "fixed"
    GROUP = "group"
    ALWAYS_VALID = "always_valid"


class Boundary(StrEnum):
    """The shape of the group-sequential bounds."""

    POCOCK = "pocock"
    OBRIEN_FLEMING = "obrien_fleming"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """The harm that is tolerated: a share of the control's mean (0.02 is 2 %), or an absolute amount."""

    margin: float
    relative: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "margin", validation.non_negative(self.margin, "guardrail.margin"))
        if self.relative and self.margin >= 1.0:
            raise InvalidInputError("guardrail.margin", "a relative margin must be below 1")


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric by its key. With a guardrail it protects; without one it is a goal."""

    key: str
    direction: Direction = Direction.INCREASE
    guardrail: Guardrail | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise InvalidInputError("metric.key", "must not be empty")
        object.__setattr__(self, "direction", Direction(self.direction))


@dataclass(frozen=True, slots=True)
class Look:
    """A planned look at one comparison as it was taken: units of both arms together, difference, standard error.

    `z` is the normal equivalent of that look's test (difference/se if it isn't told) and `df` its degrees of freedom
    (None: normal). What the look said stands as it was: `p_value`, `lower`, `upper` and `lift`, valid at all looks
    together, and for a guardrail `margin_p` and `margin_bound`. None: computed again, as far as it can be. `n` may be a
    fraction, where a look's units are told in what is counted now.
    """

    n: float
    difference: float
    se: float
    z: float | None = None
    df: float | None = None
    p_value: float | None = None
    lower: float | None = None
    upper: float | None = None
    lift: Lift | None = None
    margin_p: float | None = None
    margin_bound: float | None = None

    def __post_init__(self) -> None:
        if validation.positive(self.n, "look.n") > LOOK_UNITS_MAX:
            raise InvalidInputError("look.n", f"must be at most {LOOK_UNITS_MAX:,}")
        object.__setattr__(self, "difference", validation.finite(self.difference, "look.difference"))
        object.__setattr__(self, "se", validation.positive(self.se, "look.se"))
        for name in ("z", "df", "p_value", "lower", "upper", "margin_p", "margin_bound"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, validation.finite(getattr(self, name), f"look.{name}"))

    @property
    def deviate(self) -> float:
        """The normal deviate of this look."""
        return self.difference / self.se if self.z is None else self.z


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier readings of one comparison have shown for good, by inference that is valid at any time.

    `lowest_p` is the running minimum of p; the bounds are the running intersections of the intervals of the difference
    and of the lift (None: no bound yet; an empty one, lower above upper, stays: the effect drifted), and
    `lift_gap_lower` to `lift_gap_upper` is what lifts that were all but a gap excluded. For a guardrail
    `harm_p` is the lowest p of "not worse than the control", `margin_p` that of "worse than the margin", and
    `margin_bound` the best bound so far on the side of harm.
    """

    lowest_p: float = 1.0
    lower: float | None = None
    upper: float | None = None
    lift_lower: float | None = None
    lift_upper: float | None = None
    harm_p: float = 1.0
    margin_p: float = 1.0
    margin_bound: float | None = None
    lift_gap_lower: float | None = None
    lift_gap_upper: float | None = None

    def __post_init__(self) -> None:
        for name in ("lowest_p", "harm_p", "margin_p"):
            p_value = validation.finite(getattr(self, name), f"memory.{name}")
            if not 0.0 <= p_value <= 1.0:
                raise InvalidInputError(f"memory.{name}", "must lie between 0 and 1")
            object.__setattr__(self, name, p_value)
        for name in ("lower", "upper", "lift_lower", "lift_upper", "margin_bound", "lift_gap_lower", "lift_gap_upper"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, validation.finite(getattr(self, name), f"memory.{name}"))

    @property
    def lift_gap(self) -> tuple[float, float] | None:
        if self.lift_gap_lower is None or self.lift_gap_upper is None:
            return None
        return self.lift_gap_lower, self.lift_gap_upper


@dataclass(frozen=True, slots=True)
class BayesPrior:
    """Normal prior on the lift (sd None is flat); beta prior on a rate by its two parameters."""

    lift_mean: float = 0.0
    lift_sd: float | None = None
    beta: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        validation.finite(self.lift_mean, "bayes.lift_mean")
        if self.lift_sd is not None:
            validation.positive(self.lift_sd, "bayes.lift_sd")
        for index, value in enumerate(validation.finite_vector(self.beta, "bayes.beta", 2)):
            validation.positive(value, f"bayes.beta[{index}]")


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """How to analyse. All sizes are units.

    alpha: 1e-9 to 0.5; power: 0.05 to 0.9999. `planned_units` is the planned total of one comparison (both arms
    together); it tunes `always_valid` and gives `group` its information. `planned_by_arm`: of treatments that have a
    size of their own. `looks_planned` and `boundary` are of `group`.
    `complete` is for `fixed`: false before the planned size, when nothing is decided.
    `history` holds the official looks per treatment arm, oldest first; `takes_look` false says that this analysis may
    not become one. `memory` holds per treatment arm what earlier readings left behind.
    `guardrail_tests`: how many guardrails × treatments share the error rate of the watch for harm.
    `windows_closed` false says that some units are still inside their conversion window.
    """

    alpha: float = 0.05
    power: float = 0.8
    mode: Mode = Mode.FIXED
    planned_units: float | None = None
    planned_by_arm: Mapping[str, float] = field(default_factory=dict)
    complete: bool = True
    looks_planned: int | None = None
    boundary: Boundary = Boundary.OBRIEN_FLEMING
    n_star: float | None = None
    history: Mapping[str, tuple[Look, ...]] = field(default_factory=dict)
    takes_look: bool = True
    memory: Mapping[str, Memory] = field(default_factory=dict)
    guardrail_tests: int = 1
    windows_closed: bool = True
    bayes: BayesPrior | None = None

    def __post_init__(self) -> None:
        validation.level(self.alpha)
        if validation.power(self.power) <= self.alpha:
            raise InvalidInputError("power", "must be above alpha")
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "boundary", Boundary(self.boundary))
        if self.planned_units is not None:
            validation.positive(self.planned_units, "planned_units")
        for arm, units in self.planned_by_arm.items():
            validation.positive(units, f"planned_by_arm.{arm}")
        if self.n_star is not None:
            validation.positive(self.n_star, "n_star")
        if self.mode is Mode.GROUP and self.looks_planned is None:
            raise InvalidInputError("looks_planned", "is needed in the mode `group`")
        if self.looks_planned is not None and not 1 <= self.looks_planned <= LOOKS_PLANNED_MAX:
            raise InvalidInputError("looks_planned", f"must lie between 1 and {LOOKS_PLANNED_MAX}")
        if not 1 <= validation.count(self.guardrail_tests, "guardrail_tests") <= GUARDRAIL_TESTS_MAX:
            raise InvalidInputError("guardrail_tests", f"must lie between 1 and {GUARDRAIL_TESTS_MAX:,}")
        most = self.looks_planned or LOOKS_PLANNED_MAX
        for arm, looks in self.history.items():
            if len(looks) > most:
                raise InvalidInputError(f"history.{arm}", f"must have at most {most} looks")

    def of_arm(self, arm: str) -> AnalysisOptions:
        """Those of one comparison: with the planned size of its treatment."""
        return replace(self, planned_units=self.planned_by_arm[arm]) if arm in self.planned_by_arm else self
