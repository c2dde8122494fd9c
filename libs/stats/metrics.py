"""The request of an analysis: the metric, its guardrail, and the options of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stats import validation
from stats.errors import InvalidInputError

LOOKS_PLANNED_MAX = 200
HISTORY_MAX = 10_000
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
    """An earlier look at one comparison: units of both arms together, difference and standard error."""

    n: int
    difference: float
    se: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "look.n", LOOK_UNITS_MAX))
        validation.positive(self.n, "look.n")
        object.__setattr__(self, "difference", validation.finite(self.difference, "look.difference"))
        object.__setattr__(self, "se", validation.positive(self.se, "look.se"))


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

    alpha: 1e-9 to 0.5; power: 0.05 to 0.9999. `planned_units` is the planned total of all arms of one comparison (both
    arms together); it tunes `always_valid` and gives `group` its information. `looks_planned` and
    `boundary` are for `group`. `history` holds the earlier looks per treatment arm, oldest first.
    `windows_closed` false says that some units are still inside their conversion window.
    """

    alpha: float = 0.05
    power: float = 0.8
    mode: Mode = Mode.FIXED
    planned_units: int | None = None
    looks_planned: int | None = None
    boundary: Boundary = Boundary.OBRIEN_FLEMING
    n_star: float | None = None
    history: Mapping[str, tuple[Look, ...]] = field(default_factory=dict)
    windows_closed: bool = True
    bayes: BayesPrior | None = None

    def __post_init__(self) -> None:
        validation.level(self.alpha)
        if validation.power(self.power) <= self.alpha:
            raise InvalidInputError("power", "must be above alpha")
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "boundary", Boundary(self.boundary))
        if self.planned_units is not None:
            validation.positive(validation.count(self.planned_units, "planned_units"), "planned_units")
        if self.n_star is not None:
            validation.positive(self.n_star, "n_star")
        if self.mode is Mode.GROUP and self.looks_planned is None:
            raise InvalidInputError("looks_planned", "is needed in the mode `group`")
        if self.looks_planned is not None and not 1 <= self.looks_planned <= LOOKS_PLANNED_MAX:
            raise InvalidInputError("looks_planned", f"must lie between 1 and {LOOKS_PLANNED_MAX}")
        most = LOOKS_PLANNED_MAX - 1 if self.mode is Mode.GROUP else HISTORY_MAX
        for arm, looks in self.history.items():
            if len(looks) > most:
                raise InvalidInputError(f"history.{arm}", f"must have at most {most} looks in this mode")
