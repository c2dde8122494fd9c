"""Sufficient statistics of an outcome together with k covariates from before the first exposure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.errors import InvalidInputError
from stats.kinds.mean import MeanSummary, merge_means
from stats.kinds.sums import check_centred_cross, check_cross_sum, check_square_sum

COVARIATES_MAX = 50


@dataclass(frozen=True, slots=True)
class CupedSummary:
    """n, Σy, Σy² and for k covariates Σx (k), X′X (k×k), X′y (k), all over the same n units.

    A unit without history has x = 0. `history_n` is the number of units with history if some lack it;
    then one covariate must be the indicator of having history (its Σx and Σx² equal `history_n`), or
    CUPED is not applied. y may be taken around `centre`: then all sums with y hold y − centre.
    """

    n: int
    sum: float
    sum_sq: float
    x_sum: tuple[float, ...]
    xx: tuple[tuple[float, ...], ...]
    xy: tuple[float, ...]
    covariates: tuple[str, ...] = ()
    history_n: int | None = None
    centre: float = 0.0

    def __post_init__(self) -> None:
        outcome = MeanSummary(self.n, self.sum, self.sum_sq, self.centre)
        for name in ("n", "sum", "sum_sq", "centre"):
            object.__setattr__(self, name, getattr(outcome, name))
        k = covariate_count(self.x_sum)
        object.__setattr__(self, "x_sum", sums_of_covariates(self.x_sum, "x_sum", k, 1))
        object.__setattr__(self, "xy", sums_of_covariates(self.xy, "xy", k, 2))
        object.__setattr__(self, "xx", symmetric_sums(self.xx, k))
        object.__setattr__(self, "covariates", covariate_names(self.covariates, k))
        object.__setattr__(self, "history_n", history_count(self.history_n, self.n))
        self._check_squares()

    def _check_squares(self) -> None:
        for j, total in enumerate(self.x_sum):
            check_square_sum(self.n, total, self.xx[j][j], f"xx[{j}][{j}]")
            check_cross_sum(self.xx[j][j], self.sum_sq, self.xy[j], f"xy[{j}]")
            for i in range(j):
                check_cross_sum(self.xx[i][i], self.xx[j][j], self.xx[i][j], f"xx[{i}][{j}]")
                check_centred_cross(
                    self.n,
                    (self.x_sum[i], self.x_sum[j]),
                    (self.xx[i][i], self.xx[j][j]),
                    self.xx[i][j],
                    f"xx[{i}][{j}]",
                )
            check_centred_cross(self.n, (self.sum, total), (self.sum_sq, self.xx[j][j]), self.xy[j], f"xy[{j}]")

    @property
    def outcome(self) -> MeanSummary:
        """The outcome alone, as the unadjusted analysis sees it."""
        return MeanSummary(self.n, self.sum, self.sum_sq, self.centre)

    @property
    def lacks_indicator(self) -> bool:
        """True if units without history exist that no indicator covariate marks."""
        return indicator_is_missing(self.history_n, self.n, self.x_sum, self.xx)


def single_covariate(
    outcome: MeanSummary,
    sums: tuple[float, float, float],
    *,
    history: tuple[int, float] | None = None,
    name: str = "before",
) -> CupedSummary:
    """One covariate, given (Σx, Σx², Σx·(y − centre)).

    `history` is (units with history, Σ(y − centre) over them) if some units have none and count as x = 0;
    the indicator then becomes a second covariate.
    """
    x_sum, x_sum_sq, xy_sum = validation.finite_vector(sums, "sums", 3)
    if history is None:
        return CupedSummary(
            outcome.n, outcome.sum, outcome.sum_sq, (x_sum,), ((x_sum_sq,),), (xy_sum,), (name,),
            centre=outcome.centre,
        )  # fmt: skip
    with_history, y_sum = validation.count(history[0], "history[0]"), validation.finite(history[1], "history[1]")
    return CupedSummary(
        outcome.n,
        outcome.sum,
        outcome.sum_sq,
        (x_sum, with_history),
        ((x_sum_sq, x_sum), (x_sum, with_history)),
        (xy_sum, y_sum),
        (name, "has_history"),
        with_history,
        outcome.centre,
    )


def merge_covariates(parts: Sequence[CupedSummary]) -> CupedSummary:
    """One summary of all parts' units, which have the same covariates; y is taken around the merged mean."""
    names = {part.covariates for part in parts}
    if len(names) > 1:
        raise InvalidInputError("covariates", "must be the same in all parts")
    outcome = merge_means([part.outcome for part in parts])
    first = parts[0]
    k = range(len(first.x_sum))
    histories = [part.history_n for part in parts]
    return CupedSummary(
        outcome.n,
        outcome.sum,
        outcome.sum_sq,
        tuple(math.fsum(part.x_sum[j] for part in parts) for j in k),
        tuple(tuple(math.fsum(part.xx[i][j] for part in parts) for j in k) for i in k),
        tuple(math.fsum(part.xy[j] + (part.centre - outcome.centre) * part.x_sum[j] for part in parts) for j in k),
        first.covariates,
        None if None in histories else sum(each or 0 for each in histories),
        outcome.centre,
    )


def covariate_count(x_sum: Sequence[float]) -> int:
    """How many covariates there are. Raises `InvalidInputError` for none, too many, or what is no sequence."""
    k = len(x_sum) if isinstance(x_sum, Sequence) else 0
    if not 1 <= k <= COVARIATES_MAX:
        raise InvalidInputError("x_sum", f"must have 1 to {COVARIATES_MAX} covariates")
    return k


def covariate_names(names: Sequence[str], k: int) -> tuple[str, ...]:
    """The names of k covariates, x1 and so on where none are given. Raises `InvalidInputError` for another number."""
    names = names or tuple(f"x{index + 1}" for index in range(k))
    if len(names) != k:
        raise InvalidInputError("covariates", f"must have {k} names, got {len(names)}")
    return tuple(names)


def history_count(history_n: int | None, n: int) -> int | None:
    """How many of n units have history, None if all. Raises `InvalidInputError` for no count, or more than n."""
    if history_n is None:
        return None
    history_n = validation.count(history_n, "history_n")
    if history_n > n:
        raise InvalidInputError("history_n", f"must not exceed n ({history_n} > {n})")
    return history_n


def indicator_is_missing(
    history: int | None, n: int, x_sum: tuple[float, ...], xx: tuple[tuple[float, ...], ...]
) -> bool:
    """True if some units have no history and no covariate is the indicator of having it."""
    if history is None or history == n:
        return False
    return not any(total == history and xx[j][j] == history for j, total in enumerate(x_sum))


def sums_of_covariates(values: object, field: str, k: int, power: int) -> tuple[float, ...]:
    """k sums, checked."""
    checked = validation.finite_vector(values, field, k)
    return tuple(validation.outcome_sum(value, f"{field}[{index}]", power) for index, value in enumerate(checked))


def symmetric_sums(matrix: object, k: int) -> tuple[tuple[float, ...], ...]:
    """X′X, checked."""
    if not isinstance(matrix, Sequence) or len(matrix) != k:
        raise InvalidInputError("xx", f"must be a {k}×{k} matrix")
    rows = tuple(sums_of_covariates(row, f"xx[{index}]", k, 2) for index, row in enumerate(matrix))
    for i in range(k):
        for j in range(i):
            # A tolerance relative to the diagonal: both halves were summed, maybe in different order.
            scale = (abs(rows[i][i]) * abs(rows[j][j])) ** 0.5
            if abs(rows[i][j] - rows[j][i]) > 1e-9 * scale:
                raise InvalidInputError(f"xx[{i}][{j}]", "must equal its mirror entry")
    return rows
