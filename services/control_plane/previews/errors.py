"""The refusals of writes that disturb experiments.

Conflict 409
├── ExperimentAffected  `experiment_affected`: `experiments` names them with the paths, `choices` what may be said to it
├── TooManyAffected     `too_many_affected`: more than one write begins anew
└── TooManyStopped      `too_many_stopped`: more than one write stops
InvalidInput 422
└── UnexplainedConsent  `reason_required`: nobody said why experiments may be disturbed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service_kit.problems import Conflict, FieldError, InvalidInput
from service_kit.reasons import REASON_HEADER

from control_plane.entities.schemas import CHOICE_FIELD, ExperimentChoice
from control_plane.environments.queries import EnvironmentRow
from control_plane.previews.disturbances import Disturbance, Disturbed

_ERRORS_MAX = 20
_NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Affected:
    """A disturbed experiment, and its environment."""

    environment: EnvironmentRow
    disturbed: Disturbed

    @property
    def name(self) -> str:
        return f"{self.disturbed.experiment} in {self.environment.key}"


class ExperimentAffected(Conflict):
    default_code = "experiment_affected"

    def __init__(self, affected: Sequence[Affected], field_of: Callable[[str], str]) -> None:
        errors = [
            FieldError(field_of(field), self.default_code, _sentence(each, disturbance))
            for each in affected
            for disturbance in each.disturbed.disturbances
            for field in disturbance.path.fields
        ]
        named = "; ".join(dict.fromkeys(error.reason for error in errors[:_NAMED_MAX]))
        choices = " or ".join(f'"{each}"' for each in ExperimentChoice)
        super().__init__(
            f"{named}. To go on say {CHOICE_FIELD}: {choices}",
            errors=errors[:_ERRORS_MAX],
            members={
                "experiments": [
                    {
                        "experiment": each.disturbed.experiment,
                        "environment": each.environment.key,
                        "disturbances": [one.document() for one in each.disturbed.disturbances],
                    }
                    for each in affected
                ],
                "choices": [each.value for each in ExperimentChoice],
            },
        )


class TooManyAffected(Conflict):
    default_code = "too_many_affected"

    def __init__(self, wanted: int, most: int) -> None:
        super().__init__(f"it would begin {wanted} experiments anew, one write begins at most {most}: stop some first")


class TooManyStopped(Conflict):
    default_code = "too_many_stopped"

    def __init__(self, wanted: int, most: int) -> None:
        super().__init__(f"it would stop {wanted} experiments, one write stops at most {most}: stop them first")


class UnexplainedConsent(InvalidInput):
    default_code = "reason_required"

    def __init__(self, affected: Sequence[Affected]) -> None:
        named = ", ".join(each.name for each in affected[:_NAMED_MAX])
        reason = f"say why experiments that run may be disturbed: {named}"
        super().__init__([FieldError(REASON_HEADER, self.default_code, reason)])


def _sentence(affected: Affected, disturbance: Disturbance) -> str:
    path = " → ".join(f"{hop.entity} {hop.key!r}" for hop in disturbance.path.hops)
    return f"the experiment {affected.disturbed.experiment!r} runs in {affected.environment.key}: {path}"
