"""Results of the sequential modes, beside a comparison's."""

from __future__ import annotations

from dataclasses import dataclass

from stats.statuses import Notice, Status


@dataclass(frozen=True, slots=True)
class GroupSequentialResult:
    """The state after a planned look. Interval and estimates are in the metric's unit.

    `bound_z` is the bound of this look and `bound_p` its nominal two-sided p; `bounds_z` those of all
    looks so far (None where a look brought no information). `crossed_at` is the first look that crossed.
    `lower`, `upper` are the repeated interval of this look, `repeated_p` the least level at which a look so far would
    have crossed: a p that is valid at every look, below alpha exactly when a bound was crossed. The final interval,
    `p_value` and `median_unbiased` follow the stagewise ordering and are given once the experiment stops (bound
    crossed or last look).
    `approximate` is true while units are still inside their conversion window: the increments are then
    not independent.
    """

    method: str
    status: Status
    look: int
    looks_planned: int
    information: tuple[float, ...]
    bounds_z: tuple[float | None, ...]
    bound_z: float | None
    bound_p: float | None
    alpha_spent: float
    z: float
    crossed: bool
    crossed_at: int | None
    lower: float | None
    upper: float | None
    repeated_p: float
    p_value: float | None = None
    median_unbiased: float | None = None
    final_lower: float | None = None
    final_upper: float | None = None
    approximate: bool = False
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class AlwaysValidResult:
    """The confidence sequence at this moment: valid at any time, however often it is read.

    `p_value` is the running minimum, `lower` and `upper` the running intersection over all readings remembered;
    `current_*` belong to this reading alone. When the intersection is empty (`drift_detected`) it is None, and the
    reading alone decides: its sequence is valid for the average effect so far.
    """

    method: str
    status: Status
    n: int
    n_star: float
    rho2: float
    e_value_log10: float
    p_value: float
    crossed: bool
    lower: float | None
    upper: float | None
    current_p_value: float
    current_lower: float | None
    current_upper: float | None
    notices: tuple[Notice, ...] = ()


SequentialResult = GroupSequentialResult | AlwaysValidResult
