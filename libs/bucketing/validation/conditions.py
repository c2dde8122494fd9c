"""Conditions as they may be saved."""

from __future__ import annotations

from bucketing.errors import FieldError, InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Json, Not
from bucketing.generation.conditions import prepared
from bucketing.limits import ATTRIBUTE_NAME_BYTES_MAX, CONDITION_DEPTH_MAX, LITERAL_TEXT_BYTES_MAX
from bucketing.patterns import difference_of
from bucketing.validation.findings import Findings


def check_condition(findings: Findings, condition: Condition, path: str, depth: int = 1) -> None:
    """Add what is wrong with a condition."""
    if depth > CONDITION_DEPTH_MAX:
        findings.add(path, "too_deep", f"conditions nest at most {CONDITION_DEPTH_MAX} deep")
    elif isinstance(condition, Comparison):
        _check_comparison(findings, condition, path)
    elif isinstance(condition, Not):
        check_condition(findings, condition.condition, f"{path}.not", depth + 1)
    elif isinstance(condition, InSegment):
        if not condition.segments:
            findings.add(f"{path}.segment", "empty", "must name a segment")
        for key in condition.segments:
            findings.entity_key(key, f"{path}.segment")
    else:
        _check_parts(findings, condition, path, depth)


def _check_parts(findings: Findings, condition: AllOf | AnyOf, path: str, depth: int) -> None:
    kind = "and" if isinstance(condition, AllOf) else "or"
    if not condition.conditions:
        findings.add(f"{path}.{kind}", "empty", "must not be empty")
    for index, part in enumerate(condition.conditions):
        check_condition(findings, part, f"{path}.{kind}[{index}]", depth + 1)


def _check_comparison(findings: Findings, comparison: Comparison, path: str) -> None:
    findings.text(comparison.attribute, f"{path}.attribute", ATTRIBUTE_NAME_BYTES_MAX)
    _check_texts(findings, comparison.value, f"{path}.value")
    try:
        prepared(comparison, path)
    except InvalidConfig as error:
        findings.add(error.field, error.code, error.reason)
        return
    difference = difference_of(comparison.value) if comparison.operator == "matches" else None
    if difference is not None:
        findings.add(f"{path}.value", "pattern", difference)


def _check_texts(findings: Findings, literal: Json, path: str) -> None:
    if isinstance(literal, str):
        findings.text(literal, path, LITERAL_TEXT_BYTES_MAX, empty=True)
    elif isinstance(literal, list | tuple):
        for index, element in enumerate(literal):
            if isinstance(element, str):
                findings.text(element, f"{path}[{index}]", LITERAL_TEXT_BYTES_MAX, empty=True)


def condition_errors(condition: Condition, path: str = "if") -> list[FieldError]:
    """All that is wrong with a condition."""
    findings = Findings()
    check_condition(findings, condition, path)
    return findings.errors


def validate_condition(condition: Condition, path: str = "if") -> None:
    """Raises InvalidConfig if the condition can't be saved."""
    findings = Findings()
    check_condition(findings, condition, path)
    findings.raise_if_any()
