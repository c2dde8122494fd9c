"""One comparison with all that stands beside it: guardrail, smallest effect, Bayes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from stats import distributions, validation
from stats.analysis.arms import Summary
from stats.analysis.modes import Subject, decisive, undecided
from stats.analysis.non_inferiority import guard
from stats.analysis.pairs import Compared, Pair, Rates, compare_binary_pair, compare_pair
from stats.comparison import bayes
from stats.comparison.lift import delta_se
from stats.design import power
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate
from stats.metrics import AnalysisOptions, BayesPrior, Boundary, Direction, MetricSpec, Mode
from stats.results import BayesBlock, Comparison, MdeBlock
from stats.sequential.always_valid import mixture_variance, sequence_point
from stats.sequential.boundaries import planned_bounds
from stats.sequential.inference import sample_inflation
from stats.sequential.monitoring import detectable_at_looks, tuned_for
from stats.statuses import SENTENCES, Status


@dataclass(frozen=True, slots=True)
class Context:
    """What the blocks of one comparison need: the question, the pair, and the summaries behind it."""

    metric: MetricSpec
    options: AnalysisOptions
    pair: Pair
    treatment: Summary
    control: Summary

    @property
    def rates(self) -> Rates | None:
        """Both summaries, if the outcome is a rate."""
        if isinstance(self.treatment, BinarySummary) and isinstance(self.control, BinarySummary):
            return self.treatment, self.control
        return None


def fixed_horizon(pair: Pair, rates: Rates | None, alpha: float) -> Compared:
    """What a single look says."""
    return compare_pair(pair, alpha) if rates is None else compare_binary_pair(pair, *rates, alpha)


def comparison_of(context: Context) -> Comparison:
    """The comparison with all blocks that the metric and the options ask for, and the data can carry."""
    options = context.options
    compared = fixed_horizon(context.pair, context.rates, options.alpha)
    subject = Subject(context.pair, compared, context.rates)
    # What looks and readings before have shown stands, whatever is the matter with the present sums.
    told = _is_comparable(compared) or options.mode is not Mode.FIXED
    found = decisive(subject, options) if told else undecided(compared)
    guarded = guard(subject, found, context.metric, options)
    found = guarded.decisive if guarded else found
    comparison = Comparison(
        arm=context.pair.treatment_name,
        control=context.pair.control_name,
        status=compared.status,
        explanation=SENTENCES[compared.status],
        n_treatment=context.pair.treatment.n,
        n_control=context.pair.control.n,
        alpha=options.alpha,
        p_value=found.p_value,
        log10_p=found.log10_p,
        difference=found.difference,
        lift=found.lift,
        fixed_horizon=compared.horizon,
        decided_by=options.mode.value,
        complete=found.complete,
        sequential=found.sequential,
        look=found.look,
        memory=found.memory,
        guardrail=guarded.block if guarded else None,
        warnings=(*compared.notices, *found.notices),
    )
    treatment, control = context.pair.treatment.estimate, context.pair.control.estimate
    if treatment is None or control is None or not _is_comparable(compared):
        return comparison
    return replace(
        comparison,
        mde=_mde(context, treatment, control, _looks_at(comparison, options)),
        bayes=_bayes(comparison, context, treatment, control) if options.bayes else None,
    )


def _is_comparable(compared: Compared) -> bool:
    return compared.status is not Status.PRECISION_LOSS


def _looks_at(comparison: Comparison, options: AnalysisOptions) -> tuple[float, ...]:
    """The units of the official looks until now."""
    looks, state = options.history.get(comparison.arm, ()), comparison.look
    if state is not None and state.official and state.taken is not None:
        looks = (*looks, state.taken)
    return tuple(look.n for look in looks)


def _mde(context: Context, treatment: ArmEstimate, control: ArmEstimate, looks: tuple[float, ...]) -> MdeBlock:
    """The smallest true effect found with the asked power at the present n, in the mode of the analysis.

    Of a group plan: by one of the looks that were taken, wherever they were; before the first, by the planned ones."""
    options = context.options
    multiple, method = _detectable(context, treatment.n + control.n, looks)
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


def _detectable(context: Context, n: int, taken: tuple[float, ...]) -> tuple[float, str]:
    """How many standard errors an effect must have, and by which reasoning."""
    options = context.options
    if options.mode is Mode.GROUP and taken and (drift := detectable_at_looks(taken, options)) is not None:
        # A drift is the effect over its standard error at information 1, the planned size.
        return drift * math.sqrt(n / taken[-1]), "looks_taken"
    fixed = power.detectable_multiple(options.alpha, options.power)
    if options.mode is Mode.GROUP and options.looks_planned:
        looks = options.looks_planned
        inflation = _inflation(looks, options.boundary, options.alpha, options.power)
        return fixed * math.sqrt(inflation), f"z_inflated_for_{looks}_looks"
    if options.mode is Mode.ALWAYS_VALID:
        point = sequence_point(0.0, 1.0, n, options.alpha, mixture_variance(options.alpha, tuned_for(options)))
        return point.z_equivalent + distributions.upper_quantile(1.0 - options.power), "confidence_sequence_now"
    return fixed, "z"


@lru_cache(maxsize=256)
def _inflation(looks: int, boundary: Boundary, alpha: float, asked_power: float) -> float:
    """The largest size of a plan with looks against one without."""
    information = [look / looks for look in range(1, looks + 1)]
    return sample_inflation(information, planned_bounds(looks, alpha, boundary), alpha, asked_power).maximum


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
    lift = comparison.fixed_horizon.lift.estimate
    if lift is None or not 0.0 < se <= validation.SUM_MAX:
        return None
    posterior = bayes.normal_posterior(lift, se, prior.lift_mean, prior.lift_sd, options.alpha)
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
