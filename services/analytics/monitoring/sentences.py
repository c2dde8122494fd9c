"""What a finding says to people."""

from __future__ import annotations

from datetime import UTC, datetime

from stats import Status
from stats.analysis.live_control import LiveControl

from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import WHOLE_SHARE, Guard, Stage

_SIGNIFICANT = 4
WAITING = {
    Status.ZERO_VARIANCE: "no unit differs from any other so far",
    Status.UNDEFINED_ZERO_DENOMINATOR: "nothing to divide by has been measured so far",
}


def harmed(metric: Metric, guard: Guard, found: LiveControl, alpha: float) -> str:
    return (
        f"{metric.name} is worse by more than the tolerated {margin(metric, guard)}: {figures(metric, found)}. "
        f"Without such harm this would be seen in at most {alpha:.2%} of rollouts, however often one looks."
    )


def healthy(metric: Metric, guard: Guard, found: LiveControl) -> str:
    return f"No harm to {metric.name} beyond the tolerated {margin(metric, guard)} is shown: {figures(metric, found)}."


def harmed_before(metric: Metric, guard: Guard) -> str:
    return f"Harm to {metric.name} beyond the tolerated {margin(metric, guard)} was shown before, and stays shown."


def insufficient(metric: Metric, found: LiveControl) -> str:
    why = WAITING.get(found.status, "that is too few to compare, or no stage has both")
    units = f"{found.treatment_units:,} units with the new variation and {found.control_units:,} without"
    return f"{metric.name} can't be compared yet: {units} have closed windows, and {why}."


def no_errors(found: LiveControl) -> str:
    return f"No error was reported by {found.treatment_units + found.control_units:,} units."


def ratio(stage: Stage, number: int, counted: tuple[int, int], *, mismatch: bool) -> str:
    new, rest = counted
    share = f"{new / max(new + rest, 1):.2%} of {new + rest:,} units got the new variation in stage {number + 1}"
    wanted = f"{stage.share / WHOLE_SHARE:.2%}"
    return (
        f"{share}, and {wanted} should have."
        if mismatch
        else f"Units are split as they should be: {share} of {wanted}."
    )


def silent(heard_at: int | None, seconds: int) -> str:
    since = "none has come" if heard_at is None else f"the last one came at {_moment(heard_at)}"
    return f"No exposure by the percentages that the rollout moves for {seconds} seconds: {since}."


def heard(heard_at: int | None) -> str:
    return f"The last exposure came at {_moment(heard_at)}." if heard_at else "Exposures are waited for."


def margin(metric: Metric, guard: Guard) -> str:
    if guard.relative:
        return f"{guard.margin:.2%}"
    return f"{guard.margin * 100:.4g} pp" if metric.aggregation.binary else number(guard.margin)


def figures(metric: Metric, found: LiveControl) -> str:
    new, rest = (
        f"{value(metric, mean)} of {units:,} units"
        for mean, units in (
            (found.treatment_mean, found.treatment_units),
            (found.control_mean, found.control_units),
        )
    )
    return f"{new} with the new variation, {rest} without"


def value(metric: Metric, mean: float | None) -> str:
    if mean is None:
        return "nothing"
    return f"{mean:.2%}" if metric.aggregation.binary else number(mean)


def number(figure: float) -> str:
    return f"{figure:,.{_SIGNIFICANT}g}"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
