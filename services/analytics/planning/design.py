"""What is planned, as query parameters by the names that an experiment's plan has, and the engine's request of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query
from service_kit.problems import FieldError, InvalidInput
from stats import Boundary as EngineBoundary
from stats import Direction, Guardrail, InvalidInputError, Mode, Plan, PlanRequest, plan

from analytics.catalog.entries import DEFAULT_MINIMUM_DAYS, Boundary, MarginKind, Metric
from analytics.planning.history import Baseline

_MODES = Literal["fixed", "group", "always_valid"]
_FIELDS = {
    "effect_relative": "effect",
    "effect_absolute": "effect",
    "guardrail": "margin",
    "guardrail.margin": "margin",
    "looks": "planned_looks",
    "days_min": "minimum_days",
}
"""Names of the parameters that the engine calls otherwise."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be found or proven: an effect, or that a guardrail's harm stays within its margin."""

    effect: Annotated[float | None, Query(allow_inf_nan=False, description="Effect to find; relative, 0.05 is +5%")] = (
        None
    )
    effect_kind: Annotated[MarginKind, Query(description="A share of the baseline, or an amount")] = "relative"
    margin: Annotated[
        float | None,
        Query(gt=0, allow_inf_nan=False, description="Instead of `effect`: a guardrail's, to be proven at no effect"),
    ] = None
    margin_kind: Annotated[MarginKind, Query(description="A share of the baseline, or an amount")] = "relative"
    higher_is_better: Annotated[bool | None, Query(description="For a margin; the metric's own when left out")] = None


@dataclass(frozen=True, slots=True)
class Design:
    """The plan, and what surrounds it; see the engine's `PlanRequest`."""

    alpha: Annotated[float, Query(gt=0, lt=1)] = 0.05
    power: Annotated[float, Query(gt=0, lt=1)] = 0.8
    mode: _MODES = "always_valid"
    planned_looks: Annotated[int | None, Query(ge=1, le=100, description="Needed for `group`, and only for it")] = None
    boundary: Annotated[Boundary | None, Query(description="Only for `group`; `obrien_fleming` when left out")] = None
    n_star: Annotated[float | None, Query(ge=1, le=2**53, description="Only for `always_valid`")] = None
    planned_units: Annotated[
        int | None, Query(ge=1, le=2**53 - 1, description="Asks what a size finds; over all variations")
    ] = None
    minimum_days: Annotated[int, Query(ge=0, le=366)] = DEFAULT_MINIMUM_DAYS
    arms: Annotated[int, Query(ge=2, le=100, description="The control counts")] = 2
    comparisons: Annotated[int, Query(ge=1, le=10_000)] = 1
    rho: Annotated[float, Query(gt=-1, lt=1, description="Correlation with CUPED's covariate")] = 0.0


Wanted = Annotated[Aim, Depends()]
Planned = Annotated[Design, Depends()]


def planned(aim: Aim, design: Design, found: Baseline, metric: Metric | None) -> Plan:
    """Raises InvalidInput that names the parameter."""
    _refuse(aim, design)
    known = metric is None or metric.higher_is_better
    rising = known if aim.higher_is_better is None else aim.higher_is_better
    relative = aim.effect_kind == "relative"
    try:
        margin = Guardrail(aim.margin, aim.margin_kind == "relative") if aim.margin is not None else None
        return plan(
            PlanRequest(
                baseline=found.mean,
                effect_relative=aim.effect if relative else None,
                effect_absolute=None if relative else aim.effect,
                guardrail=margin,
                direction=Direction.INCREASE if rising else Direction.DECREASE,
                sd=found.sd,
                alpha=design.alpha,
                power=design.power,
                arms=design.arms,
                units_per_day=found.units_per_day,
                days_min=design.minimum_days,
                rho=design.rho,
                mode=Mode(design.mode),
                looks=design.planned_looks or 1,
                boundary=EngineBoundary(design.boundary or "obrien_fleming"),
                n_star=design.n_star,
                comparisons=design.comparisons,
                planned_units=design.planned_units,
            )
        )
    except InvalidInputError as error:
        raise InvalidInput([FieldError(_FIELDS.get(error.field, error.field), "invalid", error.reason)]) from None


def _refuse(aim: Aim, design: Design) -> None:
    errors = []
    if (aim.effect is None) is (aim.margin is None):
        code = "missing" if aim.effect is None else "not_applicable"
        errors.append(FieldError("effect", code, "give an effect to find, or a margin to prove"))
    if design.mode == "group" and design.planned_looks is None:
        errors.append(FieldError("planned_looks", "missing", "a group-sequential analysis needs it"))
    for name, owner in (("planned_looks", "group"), ("boundary", "group"), ("n_star", "always_valid")):
        if getattr(design, name) is not None and design.mode != owner:
            errors.append(FieldError(name, "not_applicable", f"only the mode {owner} has it"))
    if errors:
        raise InvalidInput(errors)
