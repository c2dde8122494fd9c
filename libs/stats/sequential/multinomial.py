"""Evidence against given shares of a multinomial that may be looked at any time.

Lindon & Malek 2022, "Anytime-Valid Inference for Multinomial Count Data": the likelihood of the counts, averaged over a
Dirichlet prior of the shares, over their likelihood at the given shares. With the given shares true it is a martingale
that begins at 1, so it ever reaches 1/α with a probability of at most α (Ville), whenever and however often one looks,
for any number of units: nothing about it is asymptotic. It depends on the counts alone, not on the order in which units
came.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

CONCENTRATIONS = (1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Prior units of the rarest arm. The prior is centred on the given shares and an equal mixture over these, because one
that finds 51 % in place of 50 % quickly is slow to find an arm without units; the mixture costs at most a factor of
5."""
SERIES_FROM = 20.0


def log_evidence(counts: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """The natural logarithm of the evidence, over the last axis of `counts`; `shares` are positive and add up to 1."""
    units = np.asarray(counts, dtype=np.float64)
    given = np.asarray(shares, dtype=np.float64)
    total = units.sum(axis=-1)
    at_given = units @ np.log(given)
    mixture = [
        _log_rising(prior, units).sum(axis=-1) - _log_rising(prior.sum(), total) - at_given
        for prior in (given * (each / given.min()) for each in CONCENTRATIONS)
    ]
    result: NDArray[np.float64] = special.logsumexp(np.stack(mixture), axis=0) - math.log(len(mixture))
    return result


def _log_rising(start: ArrayLike, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """log Γ(start + steps) − log Γ(start); by Stirling's series where the difference would lose its digits."""
    low = np.asarray(start, dtype=np.float64)
    high = low + steps
    far = steps * np.log(high) + (low - 0.5) * np.log1p(steps / low) - steps + _remainder(high) - _remainder(low)
    result: NDArray[np.float64] = np.where(low < SERIES_FROM, special.gammaln(high) - special.gammaln(low), far)
    return result


def _remainder(of: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = 1.0 / of
    square = inverse * inverse
    result: NDArray[np.float64] = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0))
    return result
