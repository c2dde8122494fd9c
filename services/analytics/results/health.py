"""Checks of an experiment's data, each with what it means and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stats import MetricResult, SampleRatioResult, Status

from analytics.catalog.entries import Experiment
from analytics.results.obstacles import Obstacle
from analytics.results.sample_ratio import sample_ratio_sentence, units_are_unknown
from analytics.warehouse.aggregates import ExposureHealth, UnitCounts

State = Literal["ok", "warning", "problem", "unknown"]
SEVERAL_SHARE_MAX = 0.01
PLACEHOLDER_SHARE_MAX = 0.001
REPEATS_PER_UNIT_MAX = 50.0
BALANCE_P_MIN = 0.001
OVERRIDDEN_SHARE_MAX = 0.01
QUIET_MILLISECONDS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """`state`: a `problem` forbids a decision, a `warning` wants a look, `unknown` has nothing to judge yet."""

    name: str
    state: State
    finding: str
    meaning: str
    action: str


def health_checks(
    experiment: Experiment,
    health: ExposureHealth,
    sample_ratio: SampleRatioResult,
    counts: UnitCounts,
) -> list[HealthCheck]:
    """What exposures tell, in the order in which people should look at it."""
    everybody = sum(counts.units.values()) + counts.in_several
    return [
        _sample_ratio(sample_ratio),
        _several(everybody, counts.in_several),
        _before_start(experiment, health),
        _repeated(health, everybody),
        _missing_ids(health),
        _others(health),
        _overridden(health, everybody),
        _unit(experiment, counts),
    ]


def data_check(experiment: Experiment, health: ExposureHealth, obstacle: Obstacle | None, now: int) -> HealthCheck:
    """Whether exposures arrive. `obstacle`: what is in their way at `now`."""
    quiet = experiment.status == "running" and health.last_received_at < now - QUIET_MILLISECONDS
    stopped = obstacle is not None and (obstacle.total or quiet or not health.exposures)
    found = f"About {health.exposures:,} exposures" if health.exposures else "No exposure has arrived"
    return HealthCheck(
        "no_data",
        "problem" if not health.exposures else "warning" if quiet or stopped else "ok",
        f"{found}: {obstacle.finding}." if obstacle is not None and stopped else f"{found}.",
        "A running experiment gets exposures all the time; a silence of a day means that none are sent or loaded.",
        obstacle.action
        if obstacle is not None and stopped
        else "Check that the flag is on, that the SDK sends exposures, and that the loader's lag is small.",
    )


def _sample_ratio(ratio: SampleRatioResult) -> HealthCheck:
    strangers = [each.subject for each in ratio.notices if each.status is Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM]
    named = f" Units arrive in variations without a share: {', '.join(map(str, strangers))}." if strangers else ""
    once = ratio.p_value is not None and ratio.p_value < ratio.threshold
    return HealthCheck(
        "sample_ratio",
        "unknown"
        if ratio.mismatch is None
        else "problem"
        if ratio.mismatch
        else "warning"
        if once or strangers
        else "ok",
        sample_ratio_sentence(ratio) + named,
        "Shares that differ from the configured ones mean that units are lost or added unevenly, which biases every"
        " metric.",
        "Look at the shares by day, SDK key, config version and segment; compare redirects, crashes and bot filters.",
    )


def _several(everybody: int, units_in_several: int) -> HealthCheck:
    share = units_in_several / everybody if everybody else 0.0
    return HealthCheck(
        "several_variations",
        "problem" if share > SEVERAL_SHARE_MAX else "warning" if units_in_several else "ok",
        f"{units_in_several:,} units saw several variations ({share:.2%}); they are left out.",
        "Assignment is not sticky for these units: rules or attributes changed, or several people share an id.",
        "Keep rules and shares unchanged while the experiment runs, and use an id that stays with the person.",
    )


def _before_start(experiment: Experiment, health: ExposureHealth) -> HealthCheck:
    expected = not experiment.assigns
    return HealthCheck(
        "exposures_before_start",
        "warning" if health.before_start and not expected else "ok",
        f"About {health.before_start:,} exposures lie before the start and are not counted.",
        "An experiment that observes a flag has a past; for one that assigns, clocks of clients are wrong.",
        "Check the clocks of the clients, and that exposures are sent when they happen.",
    )


def _repeated(health: ExposureHealth, everybody: int) -> HealthCheck:
    per_unit = health.exposures / everybody if everybody else 0.0
    return HealthCheck(
        "repeated_exposures",
        "warning" if per_unit > REPEATS_PER_UNIT_MAX else "ok",
        f"{per_unit:.1f} exposures per unit; only the first counts.",
        "Repeats cost storage and change nothing; very many mean a loop in the client or one id for many people.",
        "Let the SDK send one exposure per unit and flag within some minutes.",
    )


def _missing_ids(health: ExposureHealth) -> HealthCheck:
    share = health.placeholder_exposures / health.exposures if health.exposures else 0.0
    return HealthCheck(
        "missing_ids",
        "problem" if share > PLACEHOLDER_SHARE_MAX else "warning" if health.placeholder_exposures else "ok",
        f"About {health.placeholder_exposures:,} exposures carry a placeholder such as `undefined` as their id.",
        "All of them count as one unit, and what these people do is lost.",
        "Find the client that evaluates before it knows its user.",
    )


def _others(health: ExposureHealth) -> HealthCheck:
    named = ", ".join(f"{name} ({count:,})" for name, count in health.others.items())
    return HealthCheck(
        "other_variations",
        "warning" if health.others else "ok",
        f"Exposures to variations outside of the experiment: {named}." if named else "None.",
        "The flag served something that the experiment does not compare; these exposures are not counted.",
        "Check the flag's off variation and rules, or add the variation to the experiment.",
    )


def _overridden(health: ExposureHealth, everybody: int) -> HealthCheck:
    share = health.overridden_analysed / everybody if everybody else 0.0
    return HealthCheck(
        "overrides",
        "warning" if share > OVERRIDDEN_SHARE_MAX else "ok",
        f"{health.overridden:,} users were served by an override, and these exposures are left out; "
        f"{health.overridden_analysed:,} of them are analysed by others.",
        "Who came before their override stays in the variation that they were assigned to, since leaving out whom"
        " somebody chose to override could favour a variation; who comes after it is counted from then on.",
        "Nothing while they are few; override testers before an experiment starts, and until it ends.",
    )


def _unit(experiment: Experiment, counts: UnitCounts) -> HealthCheck:
    by = experiment.bucket_by
    lacking = counts.users_without_unit if by else 0
    return HealthCheck(
        "unit_of_analysis",
        "problem" if units_are_unknown(experiment, counts) else "warning" if lacking else "ok",
        (f"Variations are assigned by `{by}`, which is the unit." if by else "Users are assigned.")
        + (f" Exposures of {lacking:,} users don't name theirs." if lacking else ""),
        "Users who share an assignment are not independent, so what was assigned is counted.",
        f"Send the `{by}` as `unit_key` with each exposure." if lacking else "Nothing.",
    )


def metrics_check(unusable: Sequence[str]) -> HealthCheck:
    """`unusable`: names of goals and guardrails that can't be analysed; without them a decision would be another."""
    named = ", ".join(unusable)
    return HealthCheck(
        "metrics",
        "problem" if unusable else "ok",
        f"Goals or guardrails that can't be analysed: {named}." if unusable else "Every metric can be analysed.",
        "What was decided on could be harmed without anybody seeing it.",
        "Read what the metric says is wrong with it; mend its events, or take the metric out of the experiment.",
    )


def balance_check(results: Sequence[MetricResult]) -> HealthCheck:
    """Whether the variations already differed before the start, by the covariates of CUPED."""
    p_values = {
        result.metric: comparison.cuped.balance_p
        for result in results
        for comparison in result.comparisons
        if comparison.cuped is not None and comparison.cuped.balance_p is not None
    }
    least = min(p_values.values(), default=None)
    suspicious = sorted(name for name, p in p_values.items() if p < BALANCE_P_MIN / max(len(p_values), 1))
    finding = "Not known without covariates."
    if least is not None:
        named = f" ({', '.join(suspicious)})" if suspicious else ""
        finding = f"Smallest p = {least:.4g} over {len(p_values)} covariates{named}."
    return HealthCheck(
        "pre_experiment_balance",
        "unknown" if least is None else "problem" if suspicious else "ok",
        finding,
        "Variations that differ before the start were not assigned at random, or an earlier experiment still shows.",
        "Find the cause before you decide; a new salt (a new experiment key) gives a new assignment.",
    )
