"""The attributes of exposures that an experiment's analysis reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from control_plane.experiments.models import ExperimentRow


def attributes_of(row: ExperimentRow) -> list[str]:
    """Those of its exposure filter, and the one that its units are stratified by."""
    stratum = row.plan["post_stratify_by"]
    filtered = () if row.exposure_filter is None else _named(row.exposure_filter)
    return sorted({*filtered, *([stratum] if stratum else ())})


def is_listed(attribute: str, names: Collection[str]) -> bool:
    """Itself, or the object that its path begins in."""
    return attribute in names or attribute.partition(".")[0] in names


def _named(condition: Mapping[str, Any]) -> Iterator[str]:
    if "attribute" in condition:
        yield condition["attribute"]
    if "not" in condition:
        yield from _named(condition["not"])
    for part in (*condition.get("and", ()), *condition.get("or", ())):
        yield from _named(part)
