"""Compare what was computed with what a case expects, by the case's tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from stats import validation
from stats.conformance.names import figure_called
from stats.errors import InvalidInputError

Tolerance = Mapping[str, float]
UNSTATED: Tolerance = {"rel": 1e-9, "abs": 1e-12}
FROM_SUMS: Tolerance = {"rel": 0.02, "abs": 0.0}
"""HC2 and HC3 need unit rows; from sums their large-sample form is held to 2 %."""


def read_tolerance(stated: object) -> Tolerance:
    """A case's tolerance: `rel` and `abs`, both finite and not negative; `UNSTATED` if it has none."""
    if stated is None:
        return UNSTATED
    if not isinstance(stated, Mapping):
        raise InvalidInputError("tolerance", "must be an object with rel and abs")
    return {name: validation.non_negative(stated.get(name, 0.0), f"tolerance.{name}") for name in ("rel", "abs")}


def differences(expected: Any, got: Any, tolerance: Tolerance, path: str = "") -> list[str]:
    """The paths at which `got` is not what is expected; keys that are not expected don't matter."""
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            return [f"{path or '.'}: expected an object, got {got!r}"]
        found: list[str] = []
        for key, value in expected.items():
            below = f"{path}.{key}" if path else str(key)
            called = figure_called(str(key), got)
            if called is None:
                found.append(f"{below}: not computed")
                continue
            rule = FROM_SUMS if key.endswith(("_hc2_statsmodels", "_hc3_statsmodels")) else tolerance
            found += differences(value, got[called], rule, below)
        return found
    if isinstance(expected, list):
        if not isinstance(got, (list, tuple)) or len(got) != len(expected):
            return [f"{path}: expected {len(expected)} values, got {got!r}"]
        pairs = enumerate(zip(expected, got, strict=True))
        return [text for i, (one, two) in pairs for text in differences(one, two, tolerance, f"{path}[{i}]")]
    return [] if _same(expected, got, tolerance) else [f"{path}: expected {expected!r}, got {got!r}"]


def _same(expected: Any, got: Any, tolerance: Tolerance) -> bool:
    if expected is None or isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    wanted = _as_number(expected)
    if wanted is None:
        return bool(expected == got)
    seen = _as_number(got)
    if seen is None:
        return False
    if math.isinf(wanted) or math.isinf(seen):
        return wanted == seen
    allowed = max(tolerance["abs"], tolerance["rel"] * abs(wanted))
    return abs(seen - wanted) <= allowed


def _as_number(value: Any) -> float | None:
    if value in ("inf", "-inf"):
        return float(value)
    if not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
