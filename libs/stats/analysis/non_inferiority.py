"""Guardrails in the plan's mode: is the treatment proven not worse than the margin, and is harm proven?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from stats import distributions
from stats.analysis.modes import Decisive, Subject
from stats.judgement.guardrails import MarginTest, margin_bound, margin_test
from stats.kinds.estimates import Arms
from stats.metrics import AnalysisOptions, Direction, Guardrail, Look, Memory, MetricSpec, Mode
from stats.results import GuardrailBlock
from stats.sequential.always_valid import mixture_variance, one_sided_critical, one_sided_p
from stats.sequential.boundaries import crossing, planned_bounds
from stats.sequential.monitoring import look_bounds, repeated_p, tuned_for

RULE = (
    'pass: the mode\'s one-sided p of "worse than the margin" is below alpha; deteriorated: the always-valid p of '
    '"not worse than the control" is below its share of alpha, and that the harm stays within the margin is not '
    "proven; too early: the plan has not decided yet; insufficient: no test is possible; else unclear"
)
ALPHA_MOST = 0.999


@dataclass(frozen=True, slots=True)
class Guarded:
    """The block, and what it leaves behind for the next analysis."""

    block: GuardrailBlock
    decisive: Decisive


@dataclass(frozen=True, slots=True)
class _Margin:
    """The contrast with the margin, and its bounds."""

    arms: Arms
    test: MarginTest
    guardrail: Guardrail
    direction: Direction

    def bound(self, z: float) -> float | None:
        """The bound at a one-sided critical value of the normal distribution."""
        critical = distributions.equivalent_critical(z, self.test.df)
        return margin_bound(self.arms, self.guardrail, self.direction, critical)

    def best(self, first: float | None, second: float | None) -> float | None:
        """Of two bounds that both hold the one with less harm."""
        if first is None or second is None:
            return second if first is None else first
        return max(first, second) if self.direction is Direction.INCREASE else min(first, second)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the mode says against "worse than the margin"; p None before it says anything."""

    method: str
    p_value: float | None
    bound: float | None


def guard(subject: Subject, found: Decisive, metric: MetricSpec, options: AnalysisOptions) -> Guarded | None:
    """The guardrail's state, with memory and look completed; None for a metric without one."""
    guardrail, direction = metric.guardrail, metric.direction
    if guardrail is None:
        return None
    treatment, control = subject.pair.treatment.estimate, subject.pair.control.estimate
    before = options.memory.get(subject.pair.treatment_name, Memory())
    if treatment is None or control is None or subject.compared.z is None:
        return Guarded(_untested(guardrail, options, before), found)
    arms = Arms(treatment, control, subject.pair.shared_variance)
    test = margin_test(arms, guardrail, direction)
    if test is None:
        return Guarded(_untested(guardrail, options, before), found)
    watch = _Watch.over(subject, test, options, direction, before)
    proof, found = _proof(found, _Margin(arms, test, guardrail, direction), subject, options)
    memory = replace(found.memory or before, harm_p=watch.harm_p)
    block = GuardrailBlock(
        state=_state(proof, watch, test, options),
        margin=guardrail.margin,
        margin_kind=_kind(guardrail),
        method=proof.method,
        statistic=test.statistic if direction is Direction.INCREASE else -test.statistic,
        df=None if math.isinf(test.df) else test.df,
        p_value=proof.p_value,
        bound=proof.bound,
        deterioration_p=watch.harm_p,
        deterioration_alpha=watch.alpha,
        power=power_to_pass(test, subject.pair.units, options),
        rule=RULE,
    )
    return Guarded(block, replace(found, memory=memory))


@dataclass(frozen=True, slots=True)
class _Watch:
    """The always-valid watch: harm against no change, and whether harm within the margin is proven at any time."""

    harm_p: float
    alpha: float
    harmful_now: bool
    within_margin: bool

    @classmethod
    def over(
        cls, subject: Subject, test: MarginTest, options: AnalysisOptions, direction: Direction, before: Memory
    ) -> _Watch:
        alpha = options.alpha / options.guardrail_tests
        towards_harm = -(subject.compared.z or 0.0) if direction is Direction.INCREASE else subject.compared.z or 0.0
        rho2, n = mixture_variance(alpha, tuned_for(options)), subject.pair.units
        now = one_sided_p(towards_harm, n, rho2)
        within = one_sided_p(test.z, n, mixture_variance(options.alpha, tuned_for(options))) < options.alpha
        return cls(min(before.harm_p, now), alpha, towards_harm > 0.0, within)


def _state(proof: _Proof, watch: _Watch, test: MarginTest, options: AnalysisOptions) -> str:
    if proof.p_value is not None and proof.p_value < options.alpha and test.statistic > 0.0:
        return "pass"
    if watch.harm_p < watch.alpha and watch.harmful_now and not watch.within_margin:
        return "deteriorated"
    return "too_early" if proof.p_value is None else "unclear"


def _proof(found: Decisive, margin: _Margin, subject: Subject, options: AnalysisOptions) -> tuple[_Proof, Decisive]:
    if options.mode is Mode.FIXED:
        return _proof_at_the_end(margin, options), found
    if options.mode is Mode.ALWAYS_VALID:
        return _proof_at_any_time(found, margin, subject.pair.units, options)
    return _proof_at_looks(found, margin, options.history.get(subject.pair.treatment_name, ()), options)


def _proof_at_the_end(margin: _Margin, options: AnalysisOptions) -> _Proof:
    if not options.complete:
        return _Proof("non_inferiority", None, None)
    critical = distributions.upper_quantile(options.alpha, margin.test.df)
    bound = margin_bound(margin.arms, margin.guardrail, margin.direction, critical)
    return _Proof("non_inferiority", margin.test.p_value, bound)


def _proof_at_any_time(
    found: Decisive, margin: _Margin, units: int, options: AnalysisOptions
) -> tuple[_Proof, Decisive]:
    before, rho2 = found.memory or Memory(), mixture_variance(options.alpha, tuned_for(options))
    p_value = min(before.margin_p, one_sided_p(margin.test.z, units, rho2))
    bound = margin.best(before.margin_bound, margin.bound(one_sided_critical(units, options.alpha, rho2)))
    memory = replace(before, margin_p=p_value, margin_bound=bound)
    return _Proof("always_valid_non_inferiority", p_value, bound), replace(found, memory=memory)


def _proof_at_looks(
    found: Decisive, margin: _Margin, history: tuple[Look, ...], options: AnalysisOptions
) -> tuple[_Proof, Decisive]:
    """The one-sided p that is valid at every look: half of the repeated two-sided one, where each side has alpha."""
    state, method = found.look, "group_sequential_non_inferiority"
    if state is None or state.taken is None:
        return _Proof(method, None, None), found
    looks = history
    if state.official:
        units = [*(look.n for look in history), state.taken.n]
        reach = look_bounds(units, options, one_sided_level(options.alpha)).bounds[-1]
        p_now = repeated_p(units, margin.test.z, options) / 2.0 if margin.test.z > 0.0 else 1.0
        taken = replace(state.taken, margin_p=p_now, margin_bound=None if reach is None else margin.bound(reach))
        found = replace(found, look=replace(state, taken=taken))
        looks = (*history, taken)
    bound = None
    for look in looks:
        bound = margin.best(bound, look.margin_bound)
    return _Proof(method, min(1.0 if look.margin_p is None else look.margin_p for look in looks), bound), found


def power_to_pass(test: MarginTest, units: int, options: AnalysisOptions) -> float | None:
    """The chance to pass by the planned size if the treatment changes nothing; None if no size was planned."""
    if options.planned_units is None:
        return None
    planned = options.planned_units
    drift = test.effect / (test.se * math.sqrt(units / planned))
    if options.mode is Mode.FIXED:
        critical = distributions.upper_quantile(options.alpha)
    elif options.mode is Mode.ALWAYS_VALID:
        critical = one_sided_critical(planned, options.alpha, mixture_variance(options.alpha, tuned_for(options)))
    else:
        looks = options.looks_planned or 1
        information = [look / looks for look in range(1, looks + 1)]
        bounds = planned_bounds(looks, one_sided_level(options.alpha), options.boundary)
        return min(1.0, math.fsum(crossing(information, bounds, drift, two_sided=False).upper))
    return distributions.upper_p(critical - drift)


def one_sided_level(alpha: float) -> float:
    """The two-sided level at which each side has alpha."""
    return min(2.0 * alpha, ALPHA_MOST)


def _kind(guardrail: Guardrail) -> str:
    return "relative" if guardrail.relative else "absolute"


def _untested(guardrail: Guardrail, options: AnalysisOptions, before: Memory) -> GuardrailBlock:
    """Where nothing can be tested now, what earlier readings have proven at any time stands."""
    alpha = options.alpha / options.guardrail_tests
    within = options.mode is Mode.ALWAYS_VALID and before.margin_p < options.alpha
    remembered = within or before.harm_p < alpha
    return GuardrailBlock(
        state="pass" if within else "deteriorated" if remembered else "insufficient",
        margin=guardrail.margin,
        margin_kind=_kind(guardrail),
        method="always_valid_non_inferiority" if within else "none",
        statistic=None,
        df=None,
        p_value=before.margin_p if within else None,
        bound=before.margin_bound if within else None,
        deterioration_p=before.harm_p if remembered else None,
        deterioration_alpha=alpha,
        power=None,
        rule=RULE,
    )
