"""Tests of given shares of a multinomial at one look: Pearson's chi-square and the exact test, and whether several
have the same.

The exact p is the probability of all tables that are not more likely than the one seen. It is added up over the tables
that matter, or estimated from simulated tables where there are too many: either way its cost is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from stats import distributions
from stats.errors import InvalidInputError

EXACT_TABLES_MAX = 500_000
EXACT_UNITS_MAX = 10_000_000
"""Beyond it factorials lose the digits by which tables are told apart."""
SIMULATED_CELLS = 5_000_000
SIMULATED_TABLES_MAX = 200_000
FIRST_TABLES = 20_000
COMPARABLE_EXPECTED = 5.0
CLEAR_P = 0.02
SEED = 20_220_614
NEGLIGIBLE = 1e-13
TIE = 1e-7
"""Equally likely tables differ in the last digits, hence a relative allowance."""
Table = NDArray[np.float64]


def chi_square_test(units: Sequence[int], shares: Sequence[float]) -> tuple[float, int, float, float]:
    """Σ(observed − expected)²/expected with df = arms − 1: (statistic, df, p, log10 p)."""
    total = sum(units)
    if total == 0:
        raise InvalidInputError("counts", "must hold at least one unit")
    statistic = math.fsum((n - total * s) ** 2 / (total * s) for n, s in zip(units, shares, strict=True))
    df = len(units) - 1
    return statistic, df, float(special.chdtrc(df, statistic)), distributions.log10_chi_square_p(statistic, df)


def shares_differ(tables: Iterable[Sequence[int]], threshold: float) -> bool:
    """Whether periods have different shares, whatever was configured (chi-square of homogeneity).

    Periods in which an arm would be expected to have fewer than 5 units are left out.
    """
    every = np.array([table for table in tables if sum(table)], dtype=np.float64)
    if not len(every):
        return False
    shares = every.sum(axis=0) / every.sum()
    filled = shares > 0.0
    large = every.sum(axis=1) * shares[filled].min() >= COMPARABLE_EXPECTED
    rows = every[large][:, filled]
    if len(rows) < 2 or rows.shape[1] < 2:
        return False
    expected = np.outer(rows.sum(axis=1), rows.sum(axis=0)) / rows.sum()
    statistic = float(((rows - expected) ** 2 / np.where(expected > 0.0, expected, 1.0)).sum())
    return float(special.chdtrc((len(rows) - 1) * (rows.shape[1] - 1), statistic)) < threshold


def exact_p(units: Sequence[int], shares: Sequence[float]) -> float | None:
    """The exact p (binomial for two arms); None when more than 500,000 tables would have to be added up."""
    log_p = exact_log_p(units, shares)
    return None if log_p is None else math.exp(log_p)


def exact_log_p(units: Sequence[int], shares: Sequence[float]) -> float | None:
    """Its natural logarithm, which exists where p itself underflows.

    Left out are tables so unlikely that together they hold less than 1e-13 of the one that was seen.
    """
    if sum(units) > EXACT_UNITS_MAX:
        return None
    order = np.argsort(shares)
    seen, given = np.asarray(units, dtype=np.float64)[order], np.asarray(shares, dtype=np.float64)[order]
    observed = float(_log_probability(seen[None, :], given)[0])
    windows = _windows(seen, given, observed)
    if math.prod(len(each) for each in windows) > EXACT_TABLES_MAX:
        return None
    every = _log_probabilities(windows, float(seen.sum()), given)
    return min(0.0, float(special.logsumexp(every[every <= observed + TIE])))


def simulated_p(units: Sequence[int], shares: Sequence[float]) -> float:
    """The same from tables that are drawn, always the same ones; the table seen is counted as one of them.

    Where the first draws leave no doubt they are enough, else up to 200,000 follow: p is at least one in their
    number.
    """
    seen, given = np.asarray([units], dtype=np.float64), np.asarray(shares, dtype=np.float64)
    observed = float(_log_probability(seen, given)[0])
    random = np.random.default_rng(SEED)
    most = min(SIMULATED_TABLES_MAX, SIMULATED_CELLS // len(given))
    drawn = not_more_likely = 0
    while drawn < most:
        size = min(FIRST_TABLES, most - drawn)
        tables = random.multinomial(sum(units), given, size).astype(np.float64)
        not_more_likely += int((_log_probability(tables, given) <= observed + TIE).sum())
        drawn += size
        if drawn == FIRST_TABLES and not_more_likely > CLEAR_P * drawn:
            break
    return (not_more_likely + 1) / (drawn + 1)


def _windows(seen: Table, given: Table, observed: float) -> list[Table]:
    """Per arm but the last, which takes the rest: the counts that a table with a probability that matters may have.

    A table is at most as likely as each of its counts alone, and that probability falls to both sides of the mode.
    """
    total, arms = float(seen.sum()), len(given)
    tables = special.gammaln(total + arms) - special.gammaln(total + 1.0) - special.gammaln(arms)
    least = observed + math.log(NEGLIGIBLE) - tables
    windows = []
    for share in given[:-1].tolist():
        mode = min(math.floor((total + 1.0) * share), int(total))
        low = _last(mode, 0, total, share, least)
        high = _last(mode, int(total), total, share, least)
        windows.append(np.arange(low, high + 1, dtype=np.float64))
    return windows


def _last(mode: int, end: int, total: float, share: float, least: float) -> int:
    """The count between the mode and `end` that is the last one with a log probability of at least `least`."""
    inside, outside = mode, end
    if _log_binomial(end, total, share) >= least:
        return end
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if _log_binomial(middle, total, share) >= least:
            inside = middle
        else:
            outside = middle
    return inside


def _log_binomial(count: int, total: float, share: float) -> float:
    ways = math.lgamma(total + 1.0) - math.lgamma(count + 1.0) - math.lgamma(total - count + 1.0)
    return ways + count * math.log(share) + (total - count) * math.log1p(-share)


def _log_probabilities(windows: Sequence[Table], total: float, given: Table) -> Table:
    """Of every table with its counts from `windows` and the rest in the last arm."""
    left = np.array([total])
    logs = np.array([special.gammaln(total + 1.0)])
    for counts, share in zip(windows, given[:-1], strict=True):
        terms = counts * math.log(share) - special.gammaln(counts + 1.0)
        left, logs = (left[:, None] - counts).ravel(), (logs[:, None] + terms).ravel()
        left, logs = left[left >= 0.0], logs[left >= 0.0]
    result: Table = logs + left * math.log(given[-1]) - special.gammaln(left + 1.0)
    return result


def _log_probability(tables: Table, given: Table) -> Table:
    total = float(tables[0].sum())
    result: Table = special.gammaln(total + 1.0) - special.gammaln(tables + 1.0).sum(axis=1) + tables @ np.log(given)
    return result
