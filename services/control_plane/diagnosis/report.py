"""What findings look like: lines for people, JSON for programs, and what the process ends with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from control_plane.diagnosis.findings import RUNBOOKS, Finding, Grade, Look, Remedy, counted, found

_SIGNS = {Grade.WELL: "ok  ", Grade.WARNING: "WARN", Grade.FAULT: "FAIL"}
Looks = Mapping[str, tuple[Look, Remedy]]
"""By the part that is looked at, with what to do where it can't be."""


async def reported(looks: Looks, *, as_json: bool) -> tuple[str, int]:
    """What to print of all looks, which are taken side by side, and 1 where something is a fault, else 0."""
    looked = await asyncio.gather(*(found(part, look, remedy) for part, (look, remedy) in looks.items()))
    findings = [each for part in looked for each in part]
    faults, warnings = (sum(each.grade is grade for each in findings) for grade in (Grade.FAULT, Grade.WARNING))
    if as_json:
        told = {"faults": faults, "warnings": warnings, "findings": [asdict(each) for each in findings]}
        return json.dumps(told, indent=2), int(faults > 0)
    return "\n".join([*_lines(findings), "", _sum(faults, warnings)]), int(faults > 0)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    part = ""
    for each in findings:
        if each.part != part:
            part = each.part
            yield part
        yield f"  {_SIGNS[each.grade]}  {each.text}"
        if each.remedy:
            yield f"        {each.remedy}{f' ({RUNBOOKS}/{each.page}.md)' if each.page else ''}"


def _sum(faults: int, warnings: int) -> str:
    if not (faults or warnings):
        return "All is well."
    return ", ".join(counted(each, noun) for each, noun in ((faults, "fault"), (warnings, "warning")) if each)
