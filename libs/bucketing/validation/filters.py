"""Filters as they may be saved: conditions by which events are chosen when they are analysed, not when flags are."""

from __future__ import annotations

import json

from bucketing.document import condition_to_document
from bucketing.errors import FieldError, InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Condition, InSegment, Not
from bucketing.generation.conditions import comparison_count
from bucketing.limits import FILTER_BYTES_MAX, FILTER_COMPARISONS_MAX
from bucketing.validation.conditions import check_condition
from bucketing.validation.findings import Findings


def filter_errors(condition: Condition, path: str = "filter") -> list[FieldError]:
    """All that is wrong with a filter: it names no segments, and is small."""
    findings = Findings()
    check_condition(findings, condition, path)
    _refuse_segments(findings, condition, path)
    compared = comparison_count(condition)
    findings.count(compared, path, FILTER_COMPARISONS_MAX)
    if not findings.errors:
        size = len(json.dumps(condition_to_document(condition), ensure_ascii=False).encode())
        if size > FILTER_BYTES_MAX:
            findings.add(path, "too_large", f"takes {size} bytes, at most {FILTER_BYTES_MAX} are allowed")
    return findings.errors


def validate_filter(condition: Condition, path: str = "filter") -> None:
    """Raises InvalidConfig if the filter can't be saved."""
    errors = filter_errors(condition, path)
    if errors:
        raise InvalidConfig.of(errors)


def _refuse_segments(findings: Findings, condition: Condition, path: str) -> None:
    if isinstance(condition, InSegment):
        findings.add(f"{path}.segment", "not_applicable", "events know no segments; write the segment's condition")
    elif isinstance(condition, Not):
        _refuse_segments(findings, condition.condition, f"{path}.not")
    elif isinstance(condition, AllOf | AnyOf):
        kind = "and" if isinstance(condition, AllOf) else "or"
        for index, part in enumerate(condition.conditions):
            _refuse_segments(findings, part, f"{path}.{kind}[{index}]")
