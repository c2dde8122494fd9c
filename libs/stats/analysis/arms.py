"""From the summaries of all arms to one estimate per arm, or the status that stands in its way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stats.errors import InvalidInputError
from stats.kinds.binary import BinarySummary, merge_binaries, prepare_rate
from stats.kinds.clustered import ClusteredSummary, merge_clustered, prepare_clustered
from stats.kinds.covariates import CupedSummary, merge_covariates
from stats.kinds.cuped import Adjustable, CupedFit, fit_cuped, prepare_adjusted
from stats.kinds.estimates import PreparedArm
from stats.kinds.linearised import LinearisedSummary, prepare_linearised
from stats.kinds.mean import MeanSummary, merge_means, prepare_mean
from stats.kinds.quantile import QuantileSummary, prepare_quantile
from stats.kinds.ratio import RatioSummary, merge_ratios, prepare_ratio
from stats.statuses import Notice, Status, notice

Summary = (
    BinarySummary | MeanSummary | RatioSummary | ClusteredSummary | CupedSummary | QuantileSummary | LinearisedSummary
)
SummaryT = TypeVar("SummaryT", bound=Summary)
ARMS_MAX = 100


@dataclass(frozen=True, slots=True)
class PreparedArms:
    """All arms of one metric in one form; `cuped` is the fit behind adjusted means, if covariates came."""

    kind: str
    arms: Mapping[str, PreparedArm]
    cuped: CupedFit | None = None
    notices: tuple[Notice, ...] = field(default=())

    @property
    def shared_variance(self) -> float:
        """The variance that every mean carries in common (CUPED's grand covariate mean)."""
        return self.cuped.shared_variance if self.cuped else 0.0


def kind_of(arms: Mapping[str, Summary]) -> str:
    """The one kind that all arms have; refuses a mixture, fewer than two arms and more than 100."""
    if not 2 <= len(arms) <= ARMS_MAX:
        raise InvalidInputError("arms", f"must be 2 to {ARMS_MAX} arms, got {len(arms)}")
    kinds = {type(summary) for summary in arms.values()}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InvalidInputError("arms", f"must all hold the same kind of summary, got {names}")
    kind = kinds.pop()
    if len({each.of for each in arms.values() if isinstance(each, LinearisedSummary)}) > 1:
        raise InvalidInputError("arms", "must all have the same kind of outcome beside the covariates")
    if kind not in _NAMES:
        raise InvalidInputError("arms", f"{kind.__name__} is not a summary")
    return _NAMES[kind]


def prepare(arms: Mapping[str, Summary]) -> PreparedArms:
    """Estimate every arm by itself, or with covariates all arms together."""
    kind = kind_of(arms)
    prepared = {arm: prepare_arm(summary) for arm, summary in arms.items()}
    notices: tuple[Notice, ...] = ()
    with_covariates = {arm: one for arm, one in arms.items() if isinstance(one, Adjustable)}
    fit = fit_cuped(with_covariates) if with_covariates else None
    if fit is not None and fit.applied:
        prepared = {arm: PreparedArm(one.n, one.mean, one) for arm, one in fit.arms.items()}
    elif fit is not None:
        notices = (notice(Status.CUPED_NOT_APPLIED, detail=f"Why: {fit.reason}."),)
    losses = tuple(
        notice(Status.PRECISION_LOSS, arm)
        for arm, one in prepared.items()
        if one.estimate is not None and one.estimate.loses_precision
    )
    return PreparedArms(kind, prepared, fit, (*notices, *losses))


def prepare_arm(summary: Summary) -> PreparedArm:
    """The estimate of one arm, or why there is none."""
    prepared: PreparedArm = KINDS[_NAMES[type(summary)]].prepare(summary)
    estimate = prepared.estimate
    if estimate is not None and not (math.isfinite(estimate.mean) and math.isfinite(estimate.variance)):
        return PreparedArm(prepared.n, None, None, Status.PRECISION_LOSS)
    return prepared


def merge(parts: Sequence[SummaryT]) -> SummaryT:
    """One summary of all parts' units; refuses no parts, a mixture of kinds, and a kind that can't be merged."""
    kinds = {_NAMES[type(part)] for part in parts}
    merged = KINDS[kinds.pop()].merge if len(kinds) == 1 else None
    if merged is None:
        raise InvalidInputError("parts", "must all hold one kind of summary, and one that can be merged")
    summary: SummaryT = merged(parts)
    return summary


@dataclass(frozen=True, slots=True)
class Kind:
    """What is done with one kind of summary. `merge` is None where the parts don't say what the whole is."""

    summary: type[Summary]
    prepare: Callable[[Any], PreparedArm]
    merge: Callable[[Sequence[Any]], Any] | None = None


KINDS = {
    "binary": Kind(BinarySummary, prepare_rate, merge_binaries),
    "mean": Kind(MeanSummary, prepare_mean, merge_means),
    "ratio": Kind(RatioSummary, prepare_ratio, merge_ratios),
    "clustered": Kind(ClusteredSummary, prepare_clustered, merge_clustered),
    "cuped": Kind(CupedSummary, prepare_adjusted, merge_covariates),
    "quantile": Kind(QuantileSummary, prepare_quantile),
    "linearised": Kind(LinearisedSummary, prepare_linearised),
}
"""By the name that a result's `kind` shows."""
_NAMES: dict[type, str] = {kind.summary: name for name, kind in KINDS.items()}
