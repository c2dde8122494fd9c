"""What a unit gets of an experiment: what its flag serves to whoever takes part, the control to whoever doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from bucketing import unit_key
from bucketing.attributes import read
from bucketing.decision import Decision, Reason
from bucketing.flagset import Experiment, Flag

from edge_evaluator.memory.views import View


class Request(NamedTuple):
    """A context at a moment, epoch milliseconds."""

    context: dict[str, Any]
    now: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """`decision` is what is served, an error included; `unit` what is randomised, None where it is missing."""

    experiment: str
    unit: str | None
    decision: Decision
    in_experiment: bool

    def document(self) -> dict[str, Any]:
        """As it is answered; only of one without an error."""
        return {
            "experiment": self.experiment,
            "unit": self.unit,
            "variation": self.decision.variation,
            "in_experiment": self.in_experiment,
            "reason": self.decision.reason.value,
        }


def assigned(view: View, experiment: Experiment, decision: Decision, request: Request) -> Assignment:
    """`decision` is the flag's own for this request."""
    attribute = experiment.bucket_by
    given = request.context.get("targetingKey") if attribute is None else read(request.context, attribute)
    unit = unit_key(given) or None
    enrolled = any(each.key == experiment.key for each in decision.experiments)
    if not enrolled and decision.error_code is None and not _as_the_flag(view, experiment, decision, request):
        decision = _control(view, experiment, decision)
    return Assignment(experiment.key, unit, decision, enrolled)


def _as_the_flag(view: View, experiment: Experiment, decision: Decision, request: Request) -> bool:
    """Who isn't enrolled gets what the flag serves where the experiment is paused or over, or somebody chose it."""
    if (
        decision.override
        or decision.paused == experiment.key
        or (experiment.stop_at is not None and experiment.stop_at <= request.now)
    ):
        return True
    return decision.reason is Reason.TARGETING_MATCH and _is_target(view.flags[decision.flag], decision, request)


def _is_target(flag: Flag, decision: Decision, request: Request) -> bool:
    unit = unit_key(request.context.get("targetingKey"))
    return any(
        target.key == unit
        and target.variation == decision.variation
        and (target.expires_at is None or request.now < target.expires_at)
        for target in flag.targets
    )


def _control(view: View, experiment: Experiment, decision: Decision) -> Decision:
    control = view.config.controls.get(experiment.key, experiment.shares[0].variation)
    reason = Reason.DISABLED if decision.reason is Reason.DISABLED else Reason.DEFAULT
    value = view.flags[decision.flag].variations.get(control)
    return Decision(decision.flag, value, control, reason, decision.version, interned=False)
