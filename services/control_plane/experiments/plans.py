"""The plan of an experiment's analysis: its rules field against field, as it is stored and as it travels.

It is stored with each field, `planned_end` in epoch milliseconds; one that was stored before there was a field takes
the field's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messages.closed_lists import wire_names
from messages.generated import config_pb2 as pb
from service_kit.problems import FieldError

from control_plane.entities.moments import epoch_milliseconds, rfc3339
from control_plane.experiments.schemas import AnalysisPlanView

DAY_MILLISECONDS = 86_400_000
_MODES = wire_names(pb.SequentialMode)
_BOUNDARIES = wire_names(pb.Boundary)
_BY_DEFAULT: Mapping[str, Any] = {
    "power": 0.8,
    "planned_end": None,
    "boundary": None,
    "n_star": None,
    "minimum_days": 7,
    "covariates": [],
    "post_stratify_by": None,
    "matured_only": False,
    "bayes": None,
}
_OF_ONE_MODE = {
    "planned_end": ("fixed", "only a fixed analysis ends at a time"),
    "planned_looks": ("group", "only a group-sequential analysis has planned looks"),
    "boundary": ("group", "only a group-sequential analysis has a boundary"),
    "n_star": ("always_valid", "only an always-valid test is tuned to a number of units"),
}


def stored_plan(given: Mapping[str, Any]) -> dict[str, Any]:
    """A plan of a request as it is stored. Raises `InvalidInput` for an end that is no moment."""
    plan = dict(given)
    if plan["planned_end"] is not None:
        plan["planned_end"] = epoch_milliseconds(plan["planned_end"], "plan.planned_end")
    if plan["mode"] == "group":
        plan["boundary"] = plan["boundary"] or "obrien_fleming"
    return plan


def complete_plan(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored plan with each field."""
    return {**_BY_DEFAULT, **stored}


def plan_view(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored plan as the API shows it."""
    plan = complete_plan(stored)
    end, bayes = plan["planned_end"], plan["bayes"]
    told = {
        **plan,
        "alpha": float(plan["alpha"]),
        "power": float(plan["power"]),
        "planned_end": None if end is None else rfc3339(end),
        "bayes": None if bayes is None else {name: _number(bayes.get(name)) for name in ("lift_mean", "lift_sd")},
    }
    return {name: told[name] for name in AnalysisPlanView.model_fields}


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def plan_errors(stored: Mapping[str, Any]) -> list[FieldError]:
    """What its mode lacks or can't use."""
    plan = complete_plan(stored)
    mode = plan["mode"]
    errors = [
        FieldError(f"plan.{name}", "not_applicable", reason)
        for name, (owner, reason) in _OF_ONE_MODE.items()
        if mode != owner and plan[name] is not None
    ]
    if mode == "group":
        missing = [name for name in ("planned_looks", "planned_units") if plan[name] is None]
        errors += [FieldError(f"plan.{name}", "missing", "a group-sequential analysis needs it") for name in missing]
        if not missing and plan["planned_units"] < 2 * plan["planned_looks"]:
            errors.append(FieldError("plan.planned_units", "range", "must be two units for each planned look or more"))
    if mode == "fixed" and plan["planned_units"] is None and plan["planned_end"] is None:
        reason = "a fixed analysis decides once: at planned_units, or at planned_end; without either use always_valid"
        errors.append(FieldError("plan.planned_units", "missing", reason))
    if plan["power"] <= plan["alpha"]:
        errors.append(FieldError("plan.power", "range", "must be above alpha"))
    return [*errors, *_covariate_errors(plan)]


def end_errors(stored: Mapping[str, Any], start_at: int) -> list[FieldError]:
    """What is wrong with its end for an experiment that starts then."""
    plan = complete_plan(stored)
    end = plan["planned_end"]
    if end is None or end >= start_at + plan["minimum_days"] * DAY_MILLISECONDS:
        return []
    reason = f"lies before the minimum of {plan['minimum_days']} days after the start is over"
    return [FieldError("plan.planned_end", "range", reason)]


def plan_message(stored: Mapping[str, Any]) -> pb.AnalysisPlan:
    """A stored plan as it travels."""
    plan = complete_plan(stored)
    return pb.AnalysisPlan(
        alpha=plan["alpha"],
        power=plan["power"],
        mode=_MODES[plan["mode"]],
        planned_units=plan["planned_units"] or 0,
        planned_end=plan["planned_end"] or 0,
        planned_looks=plan["planned_looks"] or 0,
        boundary=_BOUNDARIES[plan["boundary"]] if plan["boundary"] else None,
        n_star=plan["n_star"] or 0,
        minimum_days=plan["minimum_days"],
        correction=plan["correction"],
        cuped=plan["cuped"],
        covariates=plan["covariates"],
        post_stratify_by=plan["post_stratify_by"] or "",
        matured_only=plan["matured_only"],
        bayes=pb.BayesPrior(**plan["bayes"]) if plan["bayes"] is not None else None,
    )


def _covariate_errors(plan: Mapping[str, Any]) -> list[FieldError]:
    covariates: list[str] = plan["covariates"]
    if covariates and not plan["cuped"]:
        return [FieldError("plan.covariates", "not_applicable", "CUPED uses them: set cuped, or leave them out")]
    return [
        FieldError(f"plan.covariates[{index}]", "duplicate", f"{key!r} stands here twice")
        for index, key in enumerate(covariates)
        if key in covariates[:index]
    ]
