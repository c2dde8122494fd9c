"""Which of an experiment's readings can say something false about its lift that no other reading says.

All readings of thousands of experiments would take a day. Between its looks a plan repeats the last one; a sequence
that is valid at any time, or the evidence of the shares, is far from the truth before it is wrong about it. How far the
data are at each moment is computed at once, from cumulative sums, with a bound well below what any of them needs.
"""

from __future__ import annotations

import numpy as np
from analytics.results.timetable import timetable
from numpy.typing import NDArray
from stats.sequential.multinomial import log_evidence

from benchmarks.calibration_scenarios import START, Scenario
from benchmarks.simulated_reader import DAY, SimulatedEvents, SimulatedUnits

FAR = 2.5
"""Standard errors between the data and the truth. The always-valid test at .05 needs at least 2.75 on one side, 3.0 on
two; Welch's t, small counts and the variance under the hypothesis move this by less than what is between."""
ODD = 5.0
"""The logarithm of the evidence of the shares, which alarms at 6.9."""
Numbers = NDArray[np.float64]


def telling_moments(scenario: Scenario, units: SimulatedUnits) -> list[int]:
    """Those at which a look is new or, where no look is planned, the minimum run time is over; those at which the data
    are far from the truth; and the last."""
    experiment, moments = scenario.experiment(), np.array(scenario.moments)
    due = [units.exposed_at[point.units - 1] for point in timetable(experiment) if point.units]
    chosen = np.zeros(len(moments), dtype=bool)
    chosen[-1] = True
    arms = [np.flatnonzero(units.variation == arm) for arm in (0, 1)]
    counts = np.stack([units.exposed_at[arm].searchsorted(moments, "right") for arm in arms], axis=1)
    chosen |= log_evidence(counts, np.array(scenario.weights) / sum(scenario.weights)) > ODD
    chosen[moments.searchsorted(due or [START + experiment.plan.minimum_days * DAY])] = True
    if scenario.margin is not None or experiment.plan.mode == "always_valid":
        for events in units.events.values():
            chosen |= _distance(events, arms, counts, moments, 1.0 + scenario.lift) > FAR
    return [int(each) for each in moments[chosen]]


def _distance(
    events: SimulatedEvents, arms: list[NDArray[np.int64]], counts: NDArray[np.int64], moments: Numbers, ratio: float
) -> Numbers:
    """|mean of the treatment − ratio × mean of the control| in standard errors, by the arms' own variances or by those
    of rates that have this ratio, whichever is further; 0 where there is no variance."""
    units = np.maximum(counts, 2).astype(np.float64)
    sums = np.stack([_sums(events, arm, moments) for arm in arms], axis=1)
    means = sums[..., 0] / units
    own = (sums[..., 1] - units * means**2) / (units - 1.0) / units
    gap = means[:, 1] - ratio * means[:, 0]
    variances = [own[:, 1] + ratio**2 * own[:, 0]]
    if np.array_equal(sums[..., 0], sums[..., 1]):
        rate = np.minimum(sums[..., 0].sum(axis=1) / (units[:, 0] + ratio * units[:, 1]), 1.0)
        raised = np.minimum(ratio * rate, 1.0)
        variances.append(raised * (1.0 - raised) / units[:, 1] + ratio**2 * rate * (1.0 - rate) / units[:, 0])
    least = np.minimum.reduce(variances)
    found: Numbers = np.divide(np.abs(gap), np.sqrt(least, where=least > 0.0, out=np.ones_like(least)))
    return np.where(least > 0.0, found, 0.0)


def _sums(events: SimulatedEvents, arm: NDArray[np.int64], moments: Numbers) -> Numbers:
    """Σy and Σy² of the events that have happened at each moment."""
    active = arm[~np.isnan(events.values[arm])]
    active = active[np.argsort(events.at[active], kind="stable")]
    values = events.values[active]
    running = np.zeros((len(values) + 1, 2))
    running[1:, 0], running[1:, 1] = values.cumsum(), (values**2).cumsum()
    result: Numbers = running[events.at[active].searchsorted(moments, "right")]
    return result
