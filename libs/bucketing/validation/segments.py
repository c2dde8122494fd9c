"""Segments as they may be saved."""

from __future__ import annotations

from bucketing.errors import FieldError
from bucketing.flagset import Segment
from bucketing.generation.conditions import comparison_count
from bucketing.limits import SEGMENT_COMPARISONS_MAX, SEGMENT_KEYS_MAX, UNIT_KEY_BYTES_MAX
from bucketing.references import segment_references
from bucketing.validation.conditions import check_condition
from bucketing.validation.findings import Findings


def _check(segment: Segment) -> Findings:
    findings = Findings()
    findings.entity_key(segment.key, "key")
    for name, keys in (("included", segment.included), ("excluded", segment.excluded)):
        findings.count(len(keys), name, SEGMENT_KEYS_MAX)
        for key in sorted(keys):
            findings.text(key, name, UNIT_KEY_BYTES_MAX)
    both = sorted(segment.included & segment.excluded)
    if both:
        findings.add("excluded", "both_lists", f"{both[0]!r} is included and excluded")
    if segment.condition is not None:
        check_condition(findings, segment.condition, "if")
        compared = comparison_count(segment.condition)
        findings.count(compared, "if", SEGMENT_COMPARISONS_MAX)
        if segment.key in segment_references(segment).segments:
            findings.add("if", "cycle", "a segment can't name itself")
    return findings


def segment_errors(segment: Segment) -> list[FieldError]:
    """All that is wrong with a segment."""
    return _check(segment).errors


def validate_segment(segment: Segment) -> None:
    """Raises InvalidConfig if the segment can't be saved."""
    _check(segment).raise_if_any()
