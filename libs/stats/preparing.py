"""From the summaries of all arms to one estimate per arm, or the status that stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stats.errors import InvalidInputError
from stats.estimates import ArmEstimate, estimate_mean, estimate_rate, estimate_ratio
from stats.statuses import Notice, Status, notice
from stats.summaries import BinarySummary, MeanSummary, RatioSummary

Summary = BinarySummary | MeanSummary | RatioSummary

KIND_NAMES: dict[type[Summary], str] = {
    BinarySummary: "binary",
    MeanSummary: "mean",
    RatioSummary: "ratio",
}
ARMS_MAX = 100


@dataclass(frozen=True, slots=True)
class PreparedArm:
    """An arm's estimate, or None and the reason; `mean` may be known when a variance is not."""

    n: int
    mean: float | None
    estimate: ArmEstimate | None
    problem: Status | None = None


@dataclass(frozen=True, slots=True)
class PreparedArms:
    """All arms of one metric in one form; `shared_variance` is carried by every mean in common."""

    kind: str
    arms: Mapping[str, PreparedArm]
    shared_variance: float = 0.0
    notices: tuple[Notice, ...] = field(default=())


def kind_of(arms: Mapping[str, Summary]) -> str:
    """The one kind that all arms have; refuses a mixture, fewer than two arms and more than 100."""
    if not 2 <= len(arms) <= ARMS_MAX:
        raise InvalidInputError("arms", f"must be 2 to {ARMS_MAX} arms, got {len(arms)}")
    kinds = {type(summary) for summary in arms.values()}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InvalidInputError("arms", f"must all hold the same kind of summary, got {names}")
    kind = kinds.pop()
    if kind not in KIND_NAMES:
        raise InvalidInputError("arms", f"{kind.__name__} is not a summary")
    return KIND_NAMES[kind]


def prepare(arms: Mapping[str, Summary]) -> PreparedArms:
    """Estimate every arm by itself."""
    kind = kind_of(arms)
    prepared = {arm: prepare_arm(summary) for arm, summary in arms.items()}
    notices = tuple(
        notice(Status.PRECISION_LOSS, arm)
        for arm, one in prepared.items()
        if one.estimate is not None and one.estimate.loses_precision
    )
    return PreparedArms(kind, prepared, notices=notices)


def prepare_arm(summary: Summary) -> PreparedArm:
    """The estimate of one arm, or why there is none."""
    if isinstance(summary, BinarySummary):
        return _prepare_rate(summary)
    if isinstance(summary, RatioSummary):
        return _prepare_ratio(summary)
    return _prepare_mean(summary)


def _prepare_rate(summary: BinarySummary) -> PreparedArm:
    if summary.n == 0:
        return PreparedArm(0, None, None, Status.INSUFFICIENT_DATA)
    return PreparedArm(summary.n, summary.rate, estimate_rate(summary))


def _prepare_mean(summary: MeanSummary) -> PreparedArm:
    if summary.n < 2:
        mean = summary.mean if summary.n else None
        return PreparedArm(summary.n, mean, None, Status.INSUFFICIENT_DATA)
    return PreparedArm(summary.n, summary.mean, estimate_mean(summary))


def _prepare_ratio(summary: RatioSummary) -> PreparedArm:
    if summary.n == 0:
        return PreparedArm(0, None, None, Status.INSUFFICIENT_DATA)
    if summary.den_sum == 0.0:
        return PreparedArm(summary.n, None, None, Status.UNDEFINED_ZERO_DENOMINATOR)
    if summary.n < 2:
        return PreparedArm(summary.n, summary.num_sum / summary.den_sum, None, Status.INSUFFICIENT_DATA)
    estimate = estimate_ratio(summary)
    return PreparedArm(summary.n, estimate.mean, estimate)
