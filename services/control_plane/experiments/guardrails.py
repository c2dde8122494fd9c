"""Guardrails of an experiment: the margin that a person gives, and what is fixed by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service_kit.problems import FieldError

_NEEDED = "a guardrail needs the harm that it tolerates: nobody else can know it"
_WHOLE = "a relative margin must be below 1, which is all of the control's mean"


def complete_metric(stored: Mapping[str, Any]) -> dict[str, Any]:
    """An experiment's metric with each field; one of before had no kind of margin."""
    kind = stored.get("margin_kind")
    return {**stored, "margin_kind": kind or ("relative" if stored["role"] == "guardrail" else None)}


def margin_errors(metrics: Sequence[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """What is wrong with margins. `before`: metrics that stand already; a margin that they lack is not asked for."""
    standing = [complete_metric(each) for each in before]
    errors: list[FieldError] = []
    for index, each in enumerate(metrics):
        path = f"metrics[{index}].margin"
        if each["role"] != "guardrail":
            given = [name for name in ("margin", "margin_kind") if each[name] is not None]
            errors += [
                FieldError(f"metrics[{index}].{name}", "not_applicable", "only a guardrail has a margin")
                for name in given
            ]
        elif each["margin"] is None and each not in standing:
            errors.append(FieldError(path, "missing", _NEEDED))
        elif each["margin"] is not None and each["margin_kind"] == "relative" and each["margin"] >= 1:
            errors.append(FieldError(path, "range", _WHOLE))
    return errors


def fixed_guardrails(metrics: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that have a margin: after the start they stay, and further ones may come."""
    return [complete_metric(each) for each in metrics if each["role"] == "guardrail" and each["margin"] is not None]
