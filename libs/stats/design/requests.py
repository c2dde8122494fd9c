"""What is known of an experiment before its start, and what it is to find or to prove."""

from __future__ import annotations

from dataclasses import dataclass

from stats import validation
from stats.errors import InvalidInputError
from stats.metrics import LOOKS_PLANNED_MAX, Boundary, Direction, Guardrail, Mode

ARMS_MAX = 100
DAYS_MIN_MAX = 3650.0


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is known before the start.

    baseline: the control's mean or rate; `sd` the standard deviation of one unit, None for a rate.
    One of three is planned for: `effect_relative`, the lift that must be found (0.05 is +5 %); `effect_absolute`, the
    difference; `guardrail`, the margin that no harm beyond is to be proven for, if there is no effect, with `direction`
    the good way of the metric. `arms` counts the control. `shares` are the traffic shares of (control, one treatment)
    among all units, equal by default. `rho` is the correlation with CUPED's covariate. `looks` and `boundary` are for
    `group`, `n_star` (units of all arms) for `always_valid`: by default half of `planned_units`, or else of the size
    that is planned. `comparisons` is the size of the family that shares alpha (Bonferroni). `planned_units` asks what
    a given size of all arms would find.
    """

    baseline: float
    effect_relative: float | None = None
    effect_absolute: float | None = None
    guardrail: Guardrail | None = None
    direction: Direction = Direction.INCREASE
    sd: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    arms: int = 2
    shares: tuple[float, float] | None = None
    units_per_day: float | None = None
    days_min: float = 0.0
    rho: float = 0.0
    mode: Mode = Mode.FIXED
    looks: int = 1
    boundary: Boundary = Boundary.OBRIEN_FLEMING
    n_star: float | None = None
    comparisons: int = 1
    planned_units: int | None = None

    def __post_init__(self) -> None:
        for name, kind in (("mode", Mode), ("boundary", Boundary), ("direction", Direction)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        validation.finite(self.baseline, "baseline")
        self._check_aim()
        if self.sd is not None:
            validation.positive(self.sd, "sd")
        elif not (0.0 < self.baseline < 1.0 and 0.0 < self.baseline + self.effect < 1.0):
            raise InvalidInputError("baseline", "a rate and the rate after the effect must lie between 0 and 1")
        self._check_errors()
        if not -1.0 < validation.finite(self.rho, "rho") < 1.0:
            raise InvalidInputError("rho", "must lie strictly between -1 and 1")
        for name in ("units_per_day", "n_star", "planned_units"):
            if getattr(self, name) is not None:
                validation.positive(getattr(self, name), name)
        if not 0.0 <= validation.finite(self.days_min, "days_min") <= DAYS_MIN_MAX:
            raise InvalidInputError("days_min", f"must lie between 0 and {DAYS_MIN_MAX:g}")
        if self.shares is not None:
            shares = validation.finite_vector(self.shares, "shares", 2)
            if min(shares) <= 0.0 or sum(shares) > 1.0 + 1e-9:
                raise InvalidInputError("shares", "must be above 0 and together at most 1")

    @property
    def pair_shares(self) -> tuple[float, float]:
        """The shares of (control, treatment) among all units."""
        return self.shares or (1.0 / self.arms, 1.0 / self.arms)

    @property
    def effect(self) -> float:
        """The true difference that is planned for; 0 where a margin is to be proven."""
        if self.effect_relative is not None:
            return self.baseline * self.effect_relative
        return self.effect_absolute or 0.0

    @property
    def alpha_each(self) -> float:
        """The error rate of one comparison."""
        return self.alpha / self.comparisons

    def _check_aim(self) -> None:
        aims = ("effect_relative", "effect_absolute", "guardrail")
        given = [name for name in aims if getattr(self, name) is not None]
        if len(given) != 1:
            raise InvalidInputError(given[1] if given else aims[0], f"give one of {', '.join(aims)}")
        if self.guardrail is not None and self.guardrail.margin == 0.0:
            raise InvalidInputError("guardrail", "no size proves a margin of 0 if there is no effect")
        if self.guardrail is None and validation.finite(getattr(self, given[0]), given[0]) == 0.0:
            raise InvalidInputError(given[0], "must not be 0")
        relative = self.effect_relative is not None or (self.guardrail is not None and self.guardrail.relative)
        if relative and self.baseline == 0.0:
            raise InvalidInputError("baseline", "must not be 0, or no relative effect exists")

    def _check_errors(self) -> None:
        validation.level(self.alpha)
        if validation.power(self.power) <= self.alpha:
            raise InvalidInputError("power", "must be above alpha")
        for name, value, least, most in (
            ("arms", self.arms, 2, ARMS_MAX),
            ("looks", self.looks, 1, LOOKS_PLANNED_MAX),
            ("comparisons", self.comparisons, 1, 10_000),
        ):
            if not least <= validation.count(value, name) <= most:
                raise InvalidInputError(name, f"must lie between {least} and {most}")
        if self.looks > 1 and self.mode is not Mode.GROUP:
            raise InvalidInputError("looks", "only the mode group has planned looks")
        if self.n_star is not None and self.mode is not Mode.ALWAYS_VALID:
            raise InvalidInputError("n_star", "only the mode always_valid is tuned to a number of units")
        validation.level(self.alpha_each, "comparisons")
