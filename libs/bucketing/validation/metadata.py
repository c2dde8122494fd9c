"""The metadata of flags and remote configs as it may be saved."""

from __future__ import annotations

from collections.abc import Mapping, Set

from bucketing.flagset import Json
from bucketing.limits import (
    INTEGER_MAX,
    METADATA_ENTRIES_MAX,
    METADATA_NAME_BYTES_MAX,
    METADATA_RESERVED,
    METADATA_TEXT_BYTES_MAX,
)
from bucketing.validation.findings import Findings
from bucketing.value_types import is_number


def check_metadata(findings: Findings, metadata: Mapping[str, Json], reserved: Set[str] = METADATA_RESERVED) -> None:
    """Add what is wrong with names and values; answers have `reserved` names of their own there."""
    findings.count(len(metadata), "metadata", METADATA_ENTRIES_MAX)
    for name, value in metadata.items():
        here = f"metadata.{name}"
        findings.text(name, "metadata" if not name else here, METADATA_NAME_BYTES_MAX)
        if name in reserved:
            findings.add(here, "reserved", f"answers say it themselves, as {', '.join(sorted(reserved))}")
        if isinstance(value, str):
            findings.text(value, here, METADATA_TEXT_BYTES_MAX, empty=True)
        elif not isinstance(value, bool) and not is_number(value):
            findings.add(here, "type", "must be a text, a number or a boolean")
        elif isinstance(value, int) and abs(value) > INTEGER_MAX:
            findings.add(here, "range", f"an integer must be within {INTEGER_MAX} either way")
