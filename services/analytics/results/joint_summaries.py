"""From joint sums to the engine's summaries with covariates.

A ratio and a quantile are adjusted as what they are up to the second order: the mean of one number per unit, whose
variance is theirs (Deng, Knoblich & Lu 2018). Of a ratio R = Σm/Σd that is R + (m − R·d)/d̄; of a quantile Q it is Q
minus a multiple of J − p·N, where J of a unit's N values are at or below Q, and p = ΣJ/ΣN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from stats import CupedSummary, QuantileSummary, RatioSummary, Summary
from stats.kinds.quantile import prepare_quantile

from analytics.results.summaries import Units
from analytics.warehouse.aggregates import Group
from analytics.warehouse.joint_sums import JointSums

_ONE, _SQUARE = Fraction(1, 1 << 64), Fraction(1, 1 << 128)


class Joint:
    """Joint sums as exact numbers; the first `own` parts are the metric's."""

    def __init__(self, found: JointSums, own: int) -> None:
        self.n = found.n
        self.names = found.names[own:]
        self._found = found
        self._own = own

    def sum(self, part: int) -> Fraction:
        return self._found.sums[part] * _ONE

    def product(self, one: int, other: int) -> Fraction:
        return self._found.products[one, other] * _SQUARE

    def with_covariates(self, centre: Fraction, squares: Fraction, weights: Sequence[Fraction]) -> CupedSummary:
        """Of the number per unit `Σ weights·parts` around its mean, shown around `centre`; `squares` are its own."""
        indices = range(self._own, len(self._found.names))
        mean = sum((weight * self.sum(part) for part, weight in enumerate(weights)), Fraction()) / self.n
        crossed = [
            sum((weight * self.product(part, each) for part, weight in enumerate(weights)), Fraction())
            - mean * self.sum(each)
            for each in indices
        ]
        return CupedSummary(
            self.n,
            0.0,
            float(squares),
            tuple(float(self.sum(each)) for each in indices),
            tuple(tuple(float(self.product(one, other)) for other in indices) for one in indices),
            tuple(float(each) for each in crossed),
            self.names,
            centre=float(centre),
        )


def of_nothing(names: Sequence[str]) -> CupedSummary:
    """Of no units."""
    none = (0.0,) * len(names)
    return CupedSummary(0, 0.0, 0.0, none, (none,) * len(names), none, tuple(names))


def of_means(found: JointSums) -> CupedSummary:
    """Of one number per unit."""
    joint = Joint(found, 1)
    mean = joint.sum(0) / joint.n
    return joint.with_covariates(mean, joint.product(0, 0) - mean * joint.sum(0), [Fraction(1)])


def of_ratio(found: JointSums) -> Summary:
    """Without anything below the line there is nothing to adjust."""
    joint = Joint(found, 2)
    above, below = joint.sum(0), joint.sum(1)
    if not below or joint.n < 2:
        return plain_ratio(found)
    ratio, scale = above / below, below / joint.n
    squares = joint.product(0, 0) - 2 * ratio * joint.product(0, 1) + ratio * ratio * joint.product(1, 1)
    return joint.with_covariates(ratio, squares / (scale * scale), [1 / scale, -ratio / scale])


def plain_ratio(found: JointSums) -> RatioSummary:
    joint = Joint(found, 2)
    return RatioSummary(
        joint.n,
        float(joint.sum(0)),
        float(joint.product(0, 0)),
        float(joint.sum(1)),
        float(joint.product(1, 1)),
        float(joint.product(0, 1)),
    )


def of_quantile(found: JointSums, plain: QuantileSummary) -> Summary:
    """`plain` is of the same values; one that can't be estimated is not adjusted."""
    joint = Joint(found, 2)
    estimate = prepare_quantile(plain).estimate
    share = joint.sum(0) / joint.sum(1) if joint.sum(1) else Fraction()
    spread = joint.product(0, 0) - 2 * share * joint.product(0, 1) + share * share * joint.product(1, 1)
    if estimate is None or spread <= 0 or joint.n < 2:
        return plain
    squares = Fraction(estimate.variance) * joint.n * (joint.n - 1)
    scale = Fraction(float(squares / spread) ** 0.5)
    return joint.with_covariates(Fraction(plain.value), squares, [-scale, scale * share])


def joint_summaries(
    found: Mapping[Group, JointSums],
    units: Units,
    *,
    as_ratio: bool,
    quantiles: Mapping[Group, QuantileSummary] | None = None,
) -> dict[Group, Summary]:
    """One for each group of `units`. Arms are compared as one kind: if one of a segment can't be adjusted, none is."""
    plain: dict[Group, Summary] = {}
    adjusted: dict[Group, Summary] = {}
    for group in units:
        sums = found.get(group)
        if quantiles is not None:
            plain[group] = quantiles[group]
            adjusted[group] = plain[group] if sums is None else of_quantile(sums, quantiles[group])
        elif as_ratio:
            plain[group] = _NO_RATIO if sums is None else plain_ratio(sums)
            adjusted[group] = plain[group] if sums is None else of_ratio(sums)
        else:
            names = next(iter(found.values())).names[1:] if found else ("none",)
            plain[group] = adjusted[group] = of_nothing(names) if sums is None else of_means(sums)
    whole = {segment for segment, _ in units} - {
        group[0] for group, each in adjusted.items() if not isinstance(each, CupedSummary)
    }
    return {group: adjusted[group] if group[0] in whole else plain[group] for group in units}


_NO_RATIO = RatioSummary(0, 0.0, 0.0, 0.0, 0.0, 0.0)
