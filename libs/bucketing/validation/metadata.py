"""A flag's metadata as it may be saved."""

from __future__ import annotations

from bucketing.flagset import Flag
from bucketing.limits import (
    INTEGER_MAX,
    METADATA_ENTRIES_MAX,
    METADATA_NAME_BYTES_MAX,
    METADATA_RESERVED,
    METADATA_TEXT_BYTES_MAX,
)
from bucketing.validation.findings import Findings
from bucketing.value_types import is_number


def check_metadata(findings: Findings, flag: Flag) -> None:
    """Add what is wrong with its names and values; a flag's answers have names of their own there."""
    findings.count(len(flag.metadata), "metadata", METADATA_ENTRIES_MAX)
    for name, value in flag.metadata.items():
        here = f"metadata.{name}"
        findings.text(name, "metadata" if not name else here, METADATA_NAME_BYTES_MAX)
        if name in METADATA_RESERVED:
            findings.add(here, "reserved", f"answers say it themselves, as {', '.join(sorted(METADATA_RESERVED))}")
        if isinstance(value, str):
            findings.text(value, here, METADATA_TEXT_BYTES_MAX, empty=True)
        elif not isinstance(value, bool) and not is_number(value):
            findings.add(here, "type", "must be a text, a number or a boolean")
        elif isinstance(value, int) and abs(value) > INTEGER_MAX:
            findings.add(here, "range", f"an integer must be within {INTEGER_MAX} either way")
