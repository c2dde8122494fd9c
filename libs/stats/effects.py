"""What one treatment did against the control: difference, test and relative lift, as plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stats.statuses import Status

ONLY_LOOK = "valid if this is the only look"


class SetKind(StrEnum):
    """The shape of a lift's set: [lower, upper], all but the `excluded` gap, or every number."""

    INTERVAL = "interval"
    COMPLEMENT = "complement"
    ALL_REALS = "all_reals"


@dataclass(frozen=True, slots=True)
class Difference:
    """Treatment minus control in the metric's unit, with its interval at 1 − alpha.

    Both ends are None where there is no interval yet, or the interval is the whole line.
    """

    estimate: float | None = None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    interval_method: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """The fixed-horizon test of no difference. `df` None means the normal distribution.

    `statistic_name` is `chi_square` (with df 1), `z` or `t`; it is None for Fisher's exact test.
    """

    __test__ = False

    method: str
    statistic_name: str | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    log10_p: float | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """The relative difference (0.05 is +5 %) with its confidence set, and the delta interval beside it.

    `method` is `fieller`, or for two rates `score`: the same inversion with the variance under the hypothesis.
    `kind` tells the set's shape: `interval` has lower and upper; `complement` is everything outside
    `excluded`; `all_reals` has no bound. `denominator` is `control_mean`, or `absolute_control_mean` when
    the baseline is negative. The delta interval belongs to a fixed horizon and is None in sequential sets.
    """

    status: Status
    estimate: float | None = None
    kind: SetKind | None = None
    lower: float | None = None
    upper: float | None = None
    excluded: tuple[float, float] | None = None
    g: float | None = None
    delta_lower: float | None = None
    delta_upper: float | None = None
    denominator: str = "control_mean"
    method: str = "fieller"


@dataclass(frozen=True, slots=True)
class FixedHorizon:
    """What a single look at all units would say; it decides nothing in a plan with more looks."""

    test: Test
    difference: Difference
    lift: Lift
    caution: str = ONLY_LOOK
