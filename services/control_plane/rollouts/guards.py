"""The guards of a rollout as they are saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.metrics.queries import metrics_of_keys

_NO_DATA = "no_data"


async def check_guards(tx: Connection, scope: Scope, guards: Sequence[Mapping[str, Any]]) -> None:
    """Raises `InvalidInput` by field."""
    known = await metrics_of_keys(tx, scope, {each["metric"] for each in guards if each["metric"]})
    usable = {key for key, row in known.items() if not row.archived}
    errors = guard_errors(guards, usable)
    if errors:
        raise InvalidInput(errors)


def guard_errors(guards: Sequence[Mapping[str, Any]], metrics: set[str]) -> list[FieldError]:
    """What is wrong with guards; `metrics` are the keys of those that may be named."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, each in enumerate(guards):
        here = f"guards[{index}]"
        if each["id"] in seen:
            errors.append(FieldError(f"{here}.id", "duplicate", f"{each['id']!r} stands here twice"))
        seen.add(each["id"])
        if (each["metric"] is None) == (each["built_in"] is None):
            errors.append(FieldError(f"{here}.metric", "guard", "name either a metric or a built-in guard"))
        elif each["metric"] is not None:
            errors += _metric_errors(each, here, metrics)
        elif each["margin"] is not None:
            errors.append(FieldError(f"{here}.margin", "not_applicable", "only a metric has a margin"))
        if each["silence_seconds"] is not None and each["built_in"] != _NO_DATA:
            errors.append(FieldError(f"{here}.silence_seconds", "not_applicable", "is of no_data alone"))
    return errors


def complete_guards(guards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with an id and each field: one without an id is called as what it watches, or by the next free number."""
    taken = {each["id"] for each in guards if each.get("id")}
    complete = []
    for each in guards:
        identity = each.get("id")
        if not identity:
            wanted = str(each.get("metric") or each.get("built_in") or "guard").replace("_", "-")
            identity = next(name for name in _names(wanted) if name not in taken)
            taken.add(identity)
        margin_kind = each.get("margin_kind") or ("relative" if each.get("metric") else None)
        complete.append({**each, "id": identity, "margin_kind": margin_kind})
    return complete


def _names(wanted: str) -> Sequence[str]:
    return [wanted, *(f"{wanted}-{number}" for number in range(2, 100))]


def _metric_errors(guard: Mapping[str, Any], here: str, metrics: set[str]) -> list[FieldError]:
    if guard["metric"] not in metrics:
        return [FieldError(f"{here}.metric", "unknown_metric", f"there is no metric {guard['metric']!r} in use")]
    if guard["margin"] is None:
        reason = "a guard needs the harm that it tolerates: nobody else can know it"
        return [FieldError(f"{here}.margin", "missing", reason)]
    if guard["margin_kind"] == "relative" and guard["margin"] >= 1:
        return [FieldError(f"{here}.margin", "range", "a relative margin must be below 1, which is all of the mean")]
    return []
