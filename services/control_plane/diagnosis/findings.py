"""Findings: what a look at one part of an installation says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from service_kit.problems import Problem
from streams import BusError

from control_plane.database import DRIVER_ERRORS

SKEW_SECONDS = 5.0
RUNBOOKS = "docs/operations/runbooks"


class Grade(StrEnum):
    """`fault`: something doesn't work or may be lost; `warning`: it will, or nobody knows; `well`: as it should be."""

    WELL = "well"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do, in one sentence; empty where nothing is to be done.
    `page` names the runbook that says more."""

    part: str
    grade: Grade
    text: str
    remedy: str = ""
    page: str = ""


class Findings:
    """What was found of one part, in order."""

    def __init__(self, part: str) -> None:
        self._part = part
        self.all: list[Finding] = []

    def well(self, text: str) -> None:
        self.all.append(Finding(self._part, Grade.WELL, text))

    def warning(self, text: str, remedy: str, page: str = "") -> None:
        self.all.append(Finding(self._part, Grade.WARNING, text, remedy, page))

    def fault(self, text: str, remedy: str, page: str = "") -> None:
        self.all.append(Finding(self._part, Grade.FAULT, text, remedy, page))

    def compare_clocks(self, whose: str, told: float, asked_at: float) -> None:
        """Of somebody's clock and ours at one moment, both in seconds since the Unix epoch."""
        skew = told - asked_at
        if abs(skew) > SKEW_SECONDS:
            self.warning(
                f"{whose} clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's",
                "let both follow one time server",
                "VerdictClockSkew",
            )


def counted(number: int, noun: str) -> str:
    """Of a noun whose plural has an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


Look = Callable[[Findings], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, and the runbook that says more."""

    remedy: str
    page: str = ""


async def found(part: str, look: Look, unreachable: Remedy) -> list[Finding]:
    """What a look finds; one that can't be taken is a finding, too, and ends no other."""
    findings = Findings(part)
    try:
        await look(findings)
    except (Problem, BusError, *DRIVER_ERRORS) as error:
        said = error.detail if isinstance(error, Problem) else str(error)
        findings.fault(f"could not be asked: {said or type(error).__name__}", unreachable.remedy, unreachable.page)
    return findings.all
