"""Blocks beside the fixed-horizon comparison: sequential state, guardrail, smallest effect, Bayes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from stats import distributions
from stats.analysis.arms import Summary
from stats.analysis.pairs import Pair
from stats.comparison import bayes
from stats.comparison.lift import delta_se
from stats.design import power
from stats.judgement.guardrails import guardrail_block, non_inferiority
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate
from stats.metrics import AnalysisOptions, BayesPrior, Direction, Look, MetricSpec, Mode
from stats.results import BayesBlock, Comparison, GuardrailBlock, MdeBlock
from stats.sequential.always_valid import mixture_variance, sequence_point
from stats.sequential.boundaries import planned_bounds
from stats.sequential.inference import sample_inflation
from stats.sequential.monitoring import tuned_for, watch_always, watch_group
from stats.sequential.results import AlwaysValidResult
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class Context:
    """What the blocks of one comparison need: the question, the pair, and the summaries behind it."""

    metric: MetricSpec
    options: AnalysisOptions
    pair: Pair
    treatment: Summary
    control: Summary


def enrich(comparison: Comparison, context: Context) -> Comparison:
    """The comparison with all blocks that the metric and the options ask for, and the data can carry."""
    treatment, control = context.pair.treatment.estimate, context.pair.control.estimate
    if treatment is None or control is None or comparison.status is Status.PRECISION_LOSS:
        if context.metric.guardrail is None:
            return comparison
        guardrail = guardrail_block(None, None, context.metric.guardrail, context.metric.direction)
        return replace(comparison, guardrail=guardrail)
    decided = _with_sequential(comparison, context)
    return replace(
        decided,
        guardrail=_guardrail(comparison, context, treatment, control),
        mde=_mde(context, treatment, control),
        bayes=_bayes(comparison, context, treatment, control) if context.options.bayes else None,
    )


def _looks(comparison: Comparison, context: Context) -> tuple[Look, ...] | None:
    """Earlier looks and this one; None if this one has no standard error."""
    difference, se = comparison.difference.estimate, comparison.difference.se
    if difference is None or not se:
        return None
    now = Look(comparison.n_treatment + comparison.n_control, difference, se)
    return (*context.options.history.get(comparison.arm, ()), now)


def _with_sequential(comparison: Comparison, context: Context) -> Comparison:
    mode, looks = context.options.mode, _looks(comparison, context)
    if mode is Mode.FIXED:
        return comparison
    if looks is None or comparison.test.log10_p is None:
        return replace(comparison, significant=None, decided_by=mode.value)
    if mode is Mode.ALWAYS_VALID:
        always = watch_always(looks, context.options)
        return _decided(comparison, mode, replace(comparison, sequential=always), always.crossed)
    z_now = distributions.z_equivalent(comparison.test.log10_p, looks[-1].difference)
    df = comparison.test.df if comparison.test.statistic_name == "t" else None
    group = watch_group(looks, z_now, math.inf if df is None else df, context.options)
    return _decided(comparison, mode, replace(comparison, sequential=group), group.crossed)


def _decided(comparison: Comparison, mode: Mode, answer: Comparison, crossed: bool) -> Comparison:
    notices = answer.sequential.notices if answer.sequential else ()
    return replace(answer, significant=crossed, decided_by=mode.value, warnings=(*comparison.warnings, *notices))


def _guardrail(
    comparison: Comparison, context: Context, treatment: ArmEstimate, control: ArmEstimate
) -> GuardrailBlock | None:
    metric, options = context.metric, context.options
    if metric.guardrail is None:
        return None
    shared = context.pair.shared_variance
    test = non_inferiority(treatment, control, metric.guardrail, metric.direction, options.alpha, shared)
    looks = _looks(comparison, context)
    watched: AlwaysValidResult | None = watch_always(looks, options) if looks else None
    return guardrail_block(test, watched, metric.guardrail, metric.direction)


def _mde(context: Context, treatment: ArmEstimate, control: ArmEstimate) -> MdeBlock:
    """The smallest true effect found with the asked power at the present n, in the mode of the analysis."""
    options = context.options
    multiple, method = _detectable(context, treatment.n + control.n)
    rate_based = isinstance(context.control, BinarySummary) and options.mode is Mode.FIXED
    if rate_based:
        method = "pooled_null_unpooled_alternative"
        sizes = (float(control.n), float(treatment.n))
        inside = 0.0 < control.mean < 1.0
        absolute = power.mde_rate(control.mean, sizes, options.alpha, options.power) if inside else None
        relative = absolute / control.mean if absolute is not None else None
    else:
        absolute = multiple * math.sqrt(treatment.variance + control.variance) or None
        relative = power.mde_relative(control.variance, treatment.variance, control.mean, multiple)
    return MdeBlock(absolute, relative, options.power, options.alpha, method)


def _detectable(context: Context, n: int) -> tuple[float, str]:
    """How many standard errors an effect must have, and by which reasoning."""
    options = context.options
    fixed = power.detectable_multiple(options.alpha, options.power)
    if options.mode is Mode.GROUP and options.looks_planned:
        looks = options.looks_planned
        information = [look / looks for look in range(1, looks + 1)]
        bounds = planned_bounds(looks, options.alpha, options.boundary)
        inflation = sample_inflation(information, bounds, options.alpha, options.power)
        return fixed * math.sqrt(inflation.maximum), f"z_inflated_for_{looks}_looks"
    if options.mode is Mode.ALWAYS_VALID:
        point = sequence_point(0.0, 1.0, n, options.alpha, mixture_variance(options.alpha, tuned_for(options)))
        return point.z_equivalent + distributions.upper_quantile(1.0 - options.power), "confidence_sequence_now"
    return fixed, "z"


def _bayes(comparison: Comparison, context: Context, treatment: ArmEstimate, control: ArmEstimate) -> BayesBlock | None:
    options, prior = context.options, context.options.bayes or BayesPrior()
    if isinstance(context.treatment, BinarySummary) and isinstance(context.control, BinarySummary):
        betas = bayes.compare_betas(context.treatment, context.control, prior.beta, options.alpha)
        gap = betas.treatment.mean - betas.control.mean
        half_width = distributions.critical(options.alpha) * math.hypot(betas.treatment.sd, betas.control.sd)
        return _directed(
            context.metric.direction,
            BayesBlock(
                "beta_binomial",
                f"Beta({prior.beta[0]:g}, {prior.beta[1]:g}) on each rate",
                "rate_difference",
                betas.chance_to_win,
                betas.expected_loss_treatment,
                betas.expected_loss_control,
                gap - half_width,
                gap + half_width,
                bayes.CAUTION,
            ),
        )
    se = delta_se(treatment, control, context.pair.shared_variance) if control.mean != 0.0 else 0.0
    if comparison.lift.estimate is None or se == 0.0:
        return None
    posterior = bayes.normal_posterior(comparison.lift.estimate, se, prior.lift_mean, prior.lift_sd, options.alpha)
    spread = "flat" if prior.lift_sd is None else f"Normal({prior.lift_mean:g}, {prior.lift_sd:g}²)"
    return _directed(
        context.metric.direction,
        BayesBlock(
            "normal_normal",
            f"{spread} on the lift",
            "lift",
            posterior.chance_to_win,
            posterior.expected_loss_treatment,
            posterior.expected_loss_control,
            posterior.lower,
            posterior.upper,
            bayes.CAUTION,
        ),
    )


def _directed(direction: Direction, block: BayesBlock) -> BayesBlock:
    """When less is better, winning is being lower, and the losses change places."""
    if direction is Direction.INCREASE:
        return block
    return replace(
        block,
        chance_to_win=1.0 - block.chance_to_win,
        expected_loss_treatment=block.expected_loss_control,
        expected_loss_control=block.expected_loss_treatment,
    )
