"""Simulate the statistics engine and hold its error rates to their bands.

Seeded, so that two runs print the same table. Data are drawn with numpy; every verdict comes from the
engine's own functions. Exits 1 if a rate leaves its band.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from stats import BinarySummary, CupedSummary, MeanSummary, RatioSummary
from stats.analysis.arms import prepare_arm
from stats.analysis.pairs import Pair, compare_binary_pair
from stats.comparison import proportions
from stats.comparison.contrasts import compare
from stats.comparison.proportion_intervals import newcombe
from stats.design import power
from stats.judgement.multiplicity import adjust
from stats.kinds.cuped import fit_cuped
from stats.kinds.estimates import ArmEstimate
from stats.kinds.mean import estimate_mean
from stats.kinds.ratio import estimate_ratio
from stats.metrics import Boundary
from stats.sequential.always_valid import mixture_variance, sequence_point
from stats.sequential.boundaries import planned_bounds

from benchmarks import calibration_plans, calibration_rollouts, calibration_sample_ratio
from benchmarks.calibration_rows import Row
from benchmarks.report import Report, accept_json

ALPHA = 0.05
SEED = 20260105
NOT_VARIED = ("the seed", "the distributions of data, one for each kind of metric")
Matrix = NDArray[np.float64]


def fixed_horizon(rng: np.random.Generator) -> Iterator[Row]:
    """A/A of a skewed outcome by Welch's test, and of a rate by chi-square."""
    repeats, units = 150_000, 200
    rejected = 0
    for _ in range(repeats // 2_000):
        arms = [rng.exponential(5.0, (2_000, size)) for size in (units, units + 50)]
        sums = [np.stack([arm.sum(axis=1), (arm * arm).sum(axis=1)], axis=1).tolist() for arm in arms]
        for first, second in zip(*sums, strict=True):
            contrast = compare(
                estimate_mean(MeanSummary(units, *first)), estimate_mean(MeanSummary(units + 50, *second)), ALPHA
            )
            rejected += (contrast.p_value or 0.0) < ALPHA
    yield Row("A/A, fixed horizon", "mean, exponential, n=200/250", rejected / repeats, 0.047, 0.053, repeats)
    draws = rng.binomial(10_000, 0.1, (200_000, 2)).tolist()
    hits = sum(
        proportions.compare_rates(BinarySummary(10_000, a), BinarySummary(10_000, b)).p_value < ALPHA for a, b in draws
    )
    yield Row("A/A, fixed horizon", "rate 0.1, n=10,000", hits / len(draws), 0.047, 0.053, len(draws))


def ratio_metric(rng: np.random.Generator) -> Iterator[Row]:
    """A/A of clicks per session, randomised by user."""
    repeats, units = 30_000, 500
    rejected = 0
    for _ in range(repeats // 1_000):
        estimates = []
        for _arm in range(2):
            sessions = 1.0 + rng.poisson(3.0, (1_000, units))
            clicks = rng.binomial(sessions.astype(np.int64), rng.beta(2.0, 8.0, (1_000, units))).astype(np.float64)
            columns = (clicks, clicks**2, sessions, sessions**2, clicks * sessions)
            sums = np.stack([column.sum(axis=1) for column in columns], axis=1).tolist()
            estimates.append([estimate_ratio(RatioSummary(units, *row)) for row in sums])
        rejected += sum((compare(t, c, ALPHA).p_value or 0.0) < ALPHA for t, c in zip(*estimates, strict=True))
    yield Row("A/A, ratio metric", "clicks per session, n=500", rejected / repeats, 0.047, 0.055, repeats)


def peeking(rng: np.random.Generator) -> Iterator[Row]:
    """Reading the fixed-horizon test at every look against Pocock's bounds at the same looks."""
    repeats = 200_000
    for looks, expected in ((5, 0.142), (10, 0.193), (20, 0.248)):
        z = np.abs(_paths(rng, repeats, looks))
        naive = float((z > 1.959964).any(axis=1).mean())
        yield Row("naive peeking", f"{looks} looks", naive, expected - 0.01, expected + 0.01, repeats)
        for boundary in Boundary:
            bounds = np.array(planned_bounds(looks, ALPHA, boundary))
            crossed = float((z > bounds).any(axis=1).mean())
            yield Row(f"group sequential, {boundary.value}", f"{looks} looks", crossed, 0.048, 0.052, repeats)


def always_valid(rng: np.random.Generator) -> Iterator[Row]:
    """Reading the confidence sequence at 2,000 looks."""
    repeats, looks, step = 10_000, 2_000, 50
    rho2 = mixture_variance(ALPHA, looks * step / 2.0)
    bounds = np.array([sequence_point(0.0, 1.0, step * (k + 1), ALPHA, rho2).z_equivalent for k in range(looks)])
    crossed = sum(int((np.abs(_paths(rng, 500, looks)) > bounds).any(axis=1).sum()) for _ in range(repeats // 500))
    yield Row("always valid", "2,000 looks", crossed / repeats, 0.0, 0.05, repeats)


def newcombe_coverage(rng: np.random.Generator) -> Iterator[Row]:
    """How often Newcombe's interval covers the true difference."""
    repeats = 60_000
    for units, control, treatment in ((100, 0.3, 0.4), (500, 0.1, 0.13), (2_000, 0.02, 0.03), (50, None, None)):
        rates = (
            rng.uniform(0.02, 0.98, (repeats, 2))
            if control is None
            else np.broadcast_to([control, treatment], (repeats, 2))
        )
        draws = rng.binomial(units, rates).tolist()
        covered = 0
        for (first, second), (true_c, true_t) in zip(draws, rates.tolist(), strict=True):
            low, high = newcombe(BinarySummary(units, second), BinarySummary(units, first), ALPHA)
            covered += low <= true_t - true_c <= high
        setting = "any two rates" if control is None else f"{control}->{treatment}"
        yield Row("Newcombe coverage", f"{setting}, n={units}", covered / repeats, 0.944, 0.965, repeats)


def fieller_coverage(rng: np.random.Generator) -> Iterator[Row]:
    """How often the lift's set covers the true lift of rare events."""
    repeats = 30_000
    equal = (((20_000, 20_000), 0.001, 0.0), ((20_000, 20_000), 0.001, 0.5), ((50_000, 50_000), 0.0005, 0.2))
    uneven = (((90_000, 10_000), 0.01, 0.5), ((10_000, 90_000), 0.01, -0.5))
    for (units, treated), control, lift in equal + uneven:
        first = rng.binomial(units, control, repeats).tolist()
        second = rng.binomial(treated, control * (1.0 + lift), repeats).tolist()
        covered = defined = 0
        for baseline, converted in zip(first, second, strict=True):
            arms = BinarySummary(treated, converted), BinarySummary(units, baseline)
            pair = Pair("t", "c", prepare_arm(arms[0]), prepare_arm(arms[1]))
            answer = compare_binary_pair(pair, *arms, ALPHA).lift
            defined += answer.kind is not None
            if answer.lower is not None and answer.upper is not None:
                covered += answer.lower <= lift <= answer.upper
            elif answer.excluded is not None:
                covered += not answer.excluded[0] < lift < answer.excluded[1]
            else:
                covered += answer.kind is not None
        sizes = f"{units}" if treated == units else f"{units}/{treated}"
        quantity = f"lift coverage, {'rare events' if treated == units else 'unequal arms'}"
        setting = f"rate {control}, lift {lift:+.0%}, n={sizes}"
        yield Row(quantity, setting, covered / defined, 0.94, 1.0, defined)


def cuped_variance(rng: np.random.Generator) -> Iterator[Row]:
    """Variance of the adjusted difference over that of the plain one, against 1 − ρ²."""
    repeats, units = 4_000, 400
    for rho in (0.3, 0.6, 0.9):
        adjusted, plain = np.empty(repeats), np.empty(repeats)
        for index in range(repeats):
            x = rng.normal(3.0, 1.0, (2, units))
            y = 10.0 + rho * x + np.sqrt(1.0 - rho**2) * rng.normal(0.0, 1.0, (2, units))
            fit = fit_cuped({"c": _with_covariate(x[0], y[0]), "t": _with_covariate(x[1], y[1])})
            adjusted[index] = fit.arms["t"].mean - fit.arms["c"].mean
            plain[index] = y[1].mean() - y[0].mean()
        ratio = float(adjusted.var() / plain.var()) / (1.0 - rho**2)
        yield Row("CUPED variance / (1 − ρ²)", f"ρ={rho}, n=400", ratio, 0.92, 1.08)


def sample_ratio(_: np.random.Generator) -> Iterator[Row]:
    """The sample-ratio check, which has a simulation of its own."""
    yield from calibration_sample_ratio.run(quick=False)


def plans(_: np.random.Generator) -> Iterator[Row]:
    """Whole experiments through the API's own path, which have a simulation of their own."""
    yield from calibration_plans.run(quick=False)


def rollouts(_: np.random.Generator) -> Iterator[Row]:
    """Guarded rollouts by the monitor's own findings, which have a simulation of their own."""
    yield from calibration_rollouts.rollouts_live()


def power_at_mde(rng: np.random.Generator) -> Iterator[Row]:
    """How often an effect of exactly the smallest detectable size is found."""
    repeats, units, sd = 100_000, 1_000, 12.5
    effect = power.detectable_multiple(ALPHA, 0.8) * sd * (2.0 / units) ** 0.5
    means = rng.normal([10.0, 10.0 + effect], sd / units**0.5, (repeats, 2)).tolist()
    variances = (sd**2 * rng.chisquare(units - 1, (repeats, 2)) / (units - 1) / units).tolist()
    found = 0
    for (mean_c, mean_t), (var_c, var_t) in zip(means, variances, strict=True):
        control = ArmEstimate(mean_c, var_c, units, units - 1.0)
        contrast = compare(ArmEstimate(mean_t, var_t, units, units - 1.0), control, ALPHA)
        found += (contrast.p_value or 0.0) < ALPHA
    yield Row("power at the MDE", "mean, n=1,000", found / repeats, 0.796, 0.804, repeats)
    size, baseline = 20_000, 0.05
    rise = power.mde_rate(baseline, (size, size), ALPHA, 0.8)
    hits = rng.binomial(size, [baseline, baseline + (rise or 0.0)], (repeats, 2)).tolist()
    found = sum(
        proportions.compare_rates(BinarySummary(size, t), BinarySummary(size, c)).p_value < ALPHA for c, t in hits
    )
    yield Row("power at the MDE", "rate 0.05, n=20,000", found / repeats, 0.796, 0.804, repeats)


def families(rng: np.random.Generator) -> Iterator[Row]:
    """Holm's family-wise error with all of ten true, BH's false discoveries with three of ten false."""
    repeats, tests = 40_000, 10
    p_values = rng.uniform(size=(repeats, tests)).tolist()
    wrong = sum(min(adjust(row, "holm")) < ALPHA for row in p_values)
    yield Row("family-wise error, Holm", "10 tests, all null", wrong / repeats, 0.0, 0.05, repeats)
    tail = rng.uniform(size=(repeats, tests))
    tail[:, :3] **= 6.0
    discovered = 0.0
    for row in tail.tolist():
        rejected = [p < ALPHA for p in adjust(row, "bh")]
        discovered += sum(rejected[3:]) / max(1, sum(rejected))
    yield Row("false discovery rate, BH", "10 tests, 3 effects", discovered / repeats, 0.0, 0.05)


def _paths(rng: np.random.Generator, repeats: int, looks: int) -> Matrix:
    """Z at equally spaced looks when there is no effect."""
    sums = rng.normal(size=(repeats, looks)).cumsum(axis=1)
    result: Matrix = sums / np.sqrt(np.arange(1, looks + 1))
    return result


def _with_covariate(x: Matrix, y: Matrix) -> CupedSummary:
    sums = (float(x.sum()),), ((float(x @ x),),), (float(x @ y),)
    return CupedSummary(len(y), float(y.sum()), float(y @ y), *sums)


SIMULATIONS: tuple[Callable[[np.random.Generator], Iterator[Row]], ...] = (
    fixed_horizon,
    ratio_metric,
    peeking,
    always_valid,
    newcombe_coverage,
    fieller_coverage,
    cuped_variance,
    sample_ratio,
    power_at_mde,
    families,
    plans,
    rollouts,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the calibration table, and write it where it is asked for; 1 if any rate is outside its band."""
    parser = argparse.ArgumentParser(description=__doc__)
    accept_json(parser)
    names = [each.__name__ for each in SIMULATIONS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these simulations alone")
    asked = parser.parse_args(arguments)
    started, report = time.perf_counter(), Report("calibration", NOT_VARIED)
    seeds = np.random.SeedSequence(SEED).spawn(len(SIMULATIONS))
    rows: list[Row] = []
    print(f"{'quantity':<36} {'setting':<44} {'measured':>9} {'± error':>9}  {'band':<18} verdict")
    for simulate, seed in zip(SIMULATIONS, seeds, strict=True):
        if simulate.__name__ not in asked.only:
            continue
        for row in simulate(np.random.default_rng(seed)):
            rows.append(row)
            print(_line(row), flush=True)
            report.add(**asdict(row), error=row.error, ok=row.ok)
    failed = sum(not row.ok for row in rows)
    print(f"\n{failed} outside their bands, {time.perf_counter() - started:.0f} s")
    report.finish(asked.json)
    return 1 if failed else 0


def _line(row: Row) -> str:
    error = "" if row.error is None else f"{row.error:.5f}"
    band = f"{row.low:.5g} … {row.high:.5g}"
    verdict = "ok" if row.ok else "OUTSIDE"
    return f"{row.quantity:<36} {row.setting:<44} {row.measured:>9.5f} {error:>9}  {band:<18} {verdict}"


if __name__ == "__main__":
    sys.exit(main())
