"""Intervals for one proportion and for the difference of two.

Newcombe's is the one that results show; the others stand beside it for who must report them.
"""

from __future__ import annotations

import math

from stats import distributions
from stats.kinds.binary import BinarySummary
from stats.roots import root_between, solve_falling

Bounds = tuple[float, float]
STEPS_MAX = 200


def wilson(summary: BinarySummary, alpha: float) -> Bounds:
    """Wilson's score interval of a rate (Wilson 1927); needs n ≥ 1."""
    return wilson_at(summary, distributions.critical(alpha))


def wilson_at(summary: BinarySummary, z: float) -> Bounds:
    """The same at a critical value."""
    n, rate = summary.n, summary.rate
    share = z * z / n
    centre = rate + share / 2.0
    half_width = z * math.sqrt(rate * (1.0 - rate) / n + share / (4.0 * n))
    low, high = (centre - half_width) / (1.0 + share), (centre + half_width) / (1.0 + share)
    return (0.0 if summary.conversions == 0 else low, 1.0 if summary.conversions == n else high)


def newcombe(treatment: BinarySummary, control: BinarySummary, alpha: float) -> Bounds:
    """Newcombe's hybrid score interval (Newcombe 1998, method 10)."""
    return newcombe_at(treatment, control, distributions.critical(alpha))


def newcombe_at(treatment: BinarySummary, control: BinarySummary, z: float) -> Bounds:
    """The same at a critical value."""
    (lt, ut), (lc, uc) = wilson_at(treatment, z), wilson_at(control, z)
    pt, pc = treatment.rate, control.rate
    difference = pt - pc
    return difference - math.hypot(pt - lt, uc - pc), difference + math.hypot(ut - pt, pc - lc)


def wald(treatment: BinarySummary, control: BinarySummary, alpha: float) -> Bounds:
    """difference ± z·√(pt(1 − pt)/nt + pc(1 − pc)/nc)."""
    half_width = distributions.critical(alpha) * unpooled_se(treatment, control)
    difference = treatment.rate - control.rate
    return difference - half_width, difference + half_width


def agresti_caffo(treatment: BinarySummary, control: BinarySummary, alpha: float) -> Bounds:
    """Wald's interval after adding one success and one failure to each arm (Agresti & Caffo 2000)."""
    return wald(_plus_one(treatment), _plus_one(control), alpha)


def miettinen_nurminen(treatment: BinarySummary, control: BinarySummary, alpha: float) -> Bounds:
    """The score interval with the N/(N − 1) variance (Miettinen & Nurminen 1985)."""
    total = control.n + treatment.n
    return score_difference(treatment, control, distributions.critical(alpha) * math.sqrt(total / (total - 1)))


def score_difference(treatment: BinarySummary, control: BinarySummary, z: float) -> Bounds:
    """The score interval of the difference at the critical value z (Mee 1984).

    Each bound is the difference at which the score statistic, with the rates most likely under that difference, meets
    the critical value; found by bracketing, for the statistic falls in it. At 0 the variance is the pooled one, so 0
    is outside exactly when the root of Pearson's chi-square is beyond z.
    """
    if 2 * (treatment.conversions + control.conversions) > treatment.n + control.n:
        # What is near 1 is near 0 of those that did not convert, where floating point tells small rates apart.
        low, high = score_difference(_failures(treatment), _failures(control), z)
        return -high, -low
    difference = treatment.rate - control.rate

    def excess(delta: float) -> float:
        return (difference - delta) ** 2 - z * z * _score_variance(treatment, control, delta)

    def bound(end: float) -> float:
        if difference == end or excess(end) <= 0.0:
            return end
        inside, step = difference, (end - difference) * 1e-9
        while excess(inside) >= 0.0:
            # 0 where no arm varies at the difference (no conversions at all): beside it, within however narrow a set.
            inside, step = difference + step, step * 1e-3
            if inside == difference:
                return difference
        return root_between(excess, inside, end, xtol=1e-26, rtol=1e-14)

    return bound(-1.0), bound(1.0)


def score_ratio(treatment: BinarySummary, control: BinarySummary, z: float) -> Bounds:
    """The score interval of the ratio pt/pc at the critical value z (Koopman 1984); needs conversions in the control.

    It holds the ratios r with (p̂t − r·p̂c)² ≤ z²·Var(p̂t − r·p̂c), the variance at the rates most likely under
    pt = r·pc. That is Fieller's inversion with the variance that the hypothesis implies: at r = 1 it is the
    pooled one, so 1 is outside exactly when Pearson's chi-square rejects.
    """
    hits = treatment.conversions + control.conversions
    start = math.log(max(treatment.conversions, 0.5) / treatment.n / control.rate)

    def statistic(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        linear = treatment.n * ratio + treatment.conversions + control.n + control.conversions * ratio
        root = math.sqrt(max(linear * linear - 4.0 * (treatment.n + control.n) * ratio * hits, 0.0))
        pc = min(2.0 * hits / (linear + root), 1.0)
        pt = min(ratio * pc, 1.0)
        variance = pt * (1.0 - pt) / treatment.n + ratio * ratio * pc * (1.0 - pc) / control.n
        gap = treatment.rate - ratio * control.rate
        return gap / math.sqrt(variance) if variance > 0.0 else math.copysign(math.inf, gap) if gap else 0.0

    upper = math.exp(solve_falling(lambda r: statistic(r) + z, start, start + 1.0))
    if treatment.conversions == 0:
        return 0.0, upper
    return math.exp(solve_falling(lambda r: statistic(r) - z, start - 1.0, start)), upper


def unpooled_se(treatment: BinarySummary, control: BinarySummary) -> float:
    """√(pt(1 − pt)/nt + pc(1 − pc)/nc)."""
    pt, pc = treatment.rate, control.rate
    return math.sqrt(pt * (1.0 - pt) / treatment.n + pc * (1.0 - pc) / control.n)


def _score_variance(treatment: BinarySummary, control: BinarySummary, delta: float) -> float:
    """Var(difference) at the rates most likely under pt − pc = delta."""
    pc = _likeliest_control_rate(treatment, control, delta)
    pt = min(1.0, max(0.0, pc + delta))
    return pc * (1.0 - pc) / control.n + pt * (1.0 - pt) / treatment.n


def _likeliest_control_rate(treatment: BinarySummary, control: BinarySummary, delta: float) -> float:
    """pc that is most likely under pt − pc = delta: where the likelihood's slope, which falls, is 0.

    In closed form it is the root of a cubic (Miettinen & Nurminen 1985, appendix 1), which loses all digits where rates
    are small beside 1; so that is where Newton's method begins, kept between what is known to be too low and too high.
    """
    nt, nc, xt, xc = treatment.n, control.n, treatment.conversions, control.conversions
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)

    def slope(pc: float) -> float:
        """Of the likelihood's logarithm; a term without observations is left out, also where its rate is 0."""
        pt = pc + delta
        terms = ((xc, pc), (xc - nc, 1.0 - pc), (xt, pt), (xt - nt, 1.0 - pt))
        return math.fsum(
            count / rate if rate > 0.0 else math.copysign(math.inf, count) for count, rate in terms if count
        )

    # Towards an end where somebody was observed the slope has no bound.
    if low >= high or (not (xc if delta >= 0.0 else xt) and slope(low) <= 0.0):
        return low
    if not (nt - xt if delta >= 0.0 else nc - xc) and slope(high) >= 0.0:
        return high
    pc = _root_of_cubic(treatment, control, delta)
    for _ in range(STEPS_MAX):
        if not low < pc < high:
            pc = (low + high) / 2.0
        pt = pc + delta
        # The slope times pc(1 − pc)pt(1 − pt), which has no poles.
        value = (xc - nc * pc) * pt * (1.0 - pt) + (xt - nt * pt) * pc * (1.0 - pc)
        low, high = (pc, high) if value > 0.0 else (low, pc)
        falls = (
            nc * pt * (1.0 - pt)
            - (xc - nc * pc) * (1.0 - 2.0 * pt)
            + nt * pc * (1.0 - pc)
            - (xt - nt * pt) * (1.0 - 2.0 * pc)
        )
        before, pc = pc, pc + value / falls if falls > 0.0 else -1.0
        if abs(pc - before) <= 4.0 * math.ulp(before):
            break
    return min(high, max(low, pc))


def _root_of_cubic(treatment: BinarySummary, control: BinarySummary, delta: float) -> float:
    nc, nt, total = control.n, treatment.n, control.n + treatment.n
    xc, hits = control.conversions, control.conversions + treatment.conversions
    square = ((nt + 2 * nc) * delta - total - hits) / total
    linear = ((nc * delta - total - 2 * xc) * delta + hits) / total
    constant = xc * delta * (1.0 - delta) / total
    q = square**3 / 27.0 - linear * square / 6.0 + constant / 2.0
    p = math.copysign(math.sqrt(max(square * square / 9.0 - linear / 3.0, 0.0)), q)
    cosine = q / p**3 if p != 0.0 else 1.0
    angle = (math.pi + math.acos(min(1.0, max(-1.0, cosine)))) / 3.0
    return 2.0 * p * math.cos(angle) - square / 3.0


def _failures(summary: BinarySummary) -> BinarySummary:
    return BinarySummary(summary.n, summary.n - summary.conversions)


def _plus_one(summary: BinarySummary) -> BinarySummary:
    return BinarySummary(summary.n + 2, summary.conversions + 1)
