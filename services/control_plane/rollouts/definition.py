"""A rollout as its author writes it: made into a row, and held to what there is in the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection
from control_plane.entities.moments import epoch_milliseconds
from control_plane.entities.table import Scope
from control_plane.flags.queries import served_flag
from control_plane.rollouts.guards import check_guards, complete_guards
from control_plane.rollouts.models import Cause, RolloutRow, RolloutState, TemplateRow
from control_plane.rollouts.plans import plan_errors
from control_plane.rollouts.schemas import GuardFields, PlanFields, RolloutCreate, RolloutPatch

_ALPHA = 0.05


def created_row(body: RolloutCreate, template: TemplateRow | None, first: Mapping[str, Any]) -> RolloutRow:
    """What the body says, else the template. `first`: whose it is, and since when. Raises `InvalidInput`."""
    if body.plan is None and template is None:
        raise InvalidInput([FieldError("plan", "missing", "give a plan, or a template that has one")])
    plan = template.plan if template and body.plan is None else plan_document(body.plan or PlanFields())
    guards = template.guards if template and body.guards is None else guard_documents(body.guards or [])
    alpha = template.alpha if template and body.alpha is None else body.alpha or _ALPHA
    return RolloutRow(
        **first,
        key=body.key,
        name=body.name or body.key,
        description=body.description,
        flag=body.flag,
        rule=body.rule,
        variation=body.variation,
        bucket_by=body.bucket_by,
        plan=plan,
        guards=guards,
        alpha=alpha,
        on_experiments=None,
        state=RolloutState.PENDING,
        position=-1,
        approved=-1,
        awaits_approval=False,
        share=0,
        stages=[],
        original=None,
        inherited=False,
        written=None,
        due_at=None,
        remaining_seconds=None,
        cause=Cause("created", "").document(),
        revision=1,
        published=True,
        started_at=None,
        ended_at=None,
    )


def patched_row(row: RolloutRow, body: RolloutPatch) -> RolloutRow:
    """Raises `InvalidInput`."""
    given = body.given()
    if "plan" in given:
        given["plan"] = plan_document(body.plan)
    if "guards" in given:
        given["guards"] = guard_documents(body.guards)
    return replace(row, **given)


def plan_document(plan: PlanFields) -> dict[str, Any]:
    """As it is stored: moments in epoch milliseconds. Raises `InvalidInput`."""
    document = plan.model_dump(by_alias=True, exclude_none=True)
    for index, step in enumerate(document.get("steps", ())):
        if "at" in step:
            step["at"] = epoch_milliseconds(step["at"], f"plan.steps[{index}].at")
    return document


def guard_documents(guards: list[GuardFields]) -> list[dict[str, Any]]:
    return complete_guards([each.model_dump() for each in guards])


async def check_definition(tx: Connection, scope: Scope, row: RolloutRow) -> None:
    """Raises `InvalidInput` for what can't be rolled out by now."""
    errors = plan_errors(row.plan)
    flag = await served_flag(tx, scope, row.flag, row.environment_id)
    if flag is None:
        errors.append(FieldError("flag", "unknown_flag", f"there is no flag {row.flag!r}"))
    else:
        if flag.archived:
            errors.append(FieldError("flag", "archived", f"the flag {row.flag!r} is archived"))
        if row.variation not in flag.variations:
            reason = f"the flag has no variation {row.variation!r}"
            errors.append(FieldError("variation", "unknown_variation", reason))
        if row.rule is not None and all(each["id"] != row.rule for each in flag.rules):
            errors.append(FieldError("rule", "unknown_rule", f"the flag has no rule {row.rule!r} here"))
    if errors:
        raise InvalidInput(errors)
    await check_guards(tx, scope, row.guards)
