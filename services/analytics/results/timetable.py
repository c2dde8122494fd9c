"""When a plan decides: at shares of its planned units, once at its end, or at any time."""

from __future__ import annotations

from dataclasses import dataclass

from stats import Mode

from analytics.catalog.entries import Experiment, Plan


@dataclass(frozen=True, slots=True)
class DecisionPoint:
    """A moment that was planned before the data: when `units` of all variations are there, or at the time `at` (epoch
    milliseconds), whichever is first. `stage` counts from 1."""

    stage: int
    units: int | None = None
    at: int | None = None

    def may_be_due(self, units: int, moment: int) -> bool:
        """Whether it can have been reached with as many units, by then."""
        return (self.units is not None and units >= self.units) or (self.at is not None and moment >= self.at)


def mode_of(plan: Plan) -> Mode:
    """The mode that decides: a plan without a size can be read at any time only."""
    mode = Mode(plan.mode)
    if mode is Mode.GROUP and not plan.planned_units:
        return Mode.ALWAYS_VALID
    if mode is Mode.FIXED and not plan.planned_units and plan.planned_end is None:
        return Mode.ALWAYS_VALID
    return mode


def timetable(experiment: Experiment) -> tuple[DecisionPoint, ...]:
    """The plan's decision points in their order; none for a plan that can be read at any time."""
    plan = experiment.plan
    match mode_of(plan):
        case Mode.GROUP:
            looks = max(plan.planned_looks, 1)
            return tuple(DecisionPoint(stage, -(-plan.planned_units * stage // looks)) for stage in range(1, looks + 1))
        case Mode.FIXED:
            return (DecisionPoint(1, plan.planned_units or None, plan.planned_end),)
        case _:
            return ()
