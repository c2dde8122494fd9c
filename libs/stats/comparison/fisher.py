"""Fisher's exact test for two proportions, at any size.

Source: Fisher 1935, "The logic of inductive inference". The hypergeometric probabilities are built from
their successive ratios, so no factorial of a large number is ever formed and nothing cancels.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from stats.distributions import LOG_10
from stats.kinds.binary import BinarySummary

REACH = 40.0
"""Standard deviations about the mean that hold all mass that a double can see."""
TABLES_MAX = 5_000_000
TIE = 1e-10
"""Tables whose log probabilities differ by less are equally likely."""


def fisher_exact(treatment: BinarySummary, control: BinarySummary) -> tuple[float, float]:
    """(p, log10 p), two-sided: all tables with these margins that are not more likely than this one."""
    small, large = (treatment, control) if treatment.n <= control.n else (control, treatment)
    total, hits = small.n + large.n, small.conversions + large.conversions
    rarer, seen = hits, small.conversions
    if hits > total - hits:
        rarer, seen = total - hits, small.n - small.conversions
    log_p = _log_two_sided(seen, small.n, rarer, total)
    return math.exp(log_p), log_p / LOG_10


def _log_two_sided(seen: int, drawn: int, marked: int, total: int) -> float:
    """Over k marked among `drawn` of `total`, `marked` of them marked (both at most half the total)."""
    share = marked / total
    spread = REACH * (math.sqrt(drawn * share * (1.0 - share)) + 1.0)
    low = max(0, min(seen, math.floor(drawn * share - spread)))
    high = min(drawn, marked, max(seen, math.ceil(drawn * share + spread) + math.ceil(REACH)))
    if high - low > TABLES_MAX:
        return min(
            0.0, _log_choose(marked, seen) + _log_choose(total - marked, drawn - seen) - _log_choose(total, drawn)
        )
    k = np.arange(low, high, dtype=np.float64)
    steps = np.log(marked - k) + np.log(drawn - k) - np.log(k + 1.0) - np.log(total - marked - drawn + k + 1.0)
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    logs -= special.logsumexp(logs)
    return min(0.0, float(special.logsumexp(logs[logs <= logs[seen - low] + TIE])))


def _log_choose(n: int, k: int) -> float:
    return float(-special.betaln(n - k + 1.0, k + 1.0) - math.log(n + 1.0))
