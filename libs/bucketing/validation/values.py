"""Variation values as they may be saved."""

from __future__ import annotations

import json

from bucketing.flagset import FlagType, Json
from bucketing.limits import VARIATION_BYTES_MAX, VARIATION_DEPTH_MAX
from bucketing.validation.findings import Findings
from bucketing.value_types import EXPECTED, has_type, is_number


def _check_json(findings: Findings, value: Json, field: str, depth: int) -> None:
    if depth > VARIATION_DEPTH_MAX:
        findings.add(field, "too_deep", f"values nest at most {VARIATION_DEPTH_MAX} deep")
    elif isinstance(value, str):
        findings.text(value, field, VARIATION_BYTES_MAX, empty=True)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            _check_json(findings, element, f"{field}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for name, member in value.items():
            findings.text(name, field, VARIATION_BYTES_MAX, empty=True)
            _check_json(findings, member, f"{field}.{name}", depth + 1)
    elif value is not None and not isinstance(value, bool) and not is_number(value):
        findings.add(field, "type", "must be a JSON value")


def check_value(findings: Findings, value: Json, flag_type: FlagType, field: str) -> None:
    """Add what is wrong with a variation's value: its type, its size, or what no JSON reader would keep."""
    if not has_type(value, flag_type):
        findings.add(field, "type", f"must be {EXPECTED[flag_type]}")
        return
    before = len(findings.errors)
    _check_json(findings, value, field, 1)
    if len(findings.errors) == before and len(json.dumps(value).encode()) > VARIATION_BYTES_MAX:
        findings.add(field, "too_long", f"must have at most {VARIATION_BYTES_MAX} bytes as JSON")
