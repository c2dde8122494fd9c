"""Findings: what a look at one part of an installation says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from service_kit.problems import Problem
from streams import BusError


class Grade(StrEnum):
    """`fault`: something doesn't work or may be lost; `warning`: it will, or nobody knows; `well`: as it should be."""

    WELL = "well"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do, in one sentence; empty where nothing is to be done."""

    part: str
    grade: Grade
    text: str
    remedy: str = ""


class Findings:
    """What was found of one part, in order."""

    def __init__(self, part: str) -> None:
        self._part = part
        self.all: list[Finding] = []

    def well(self, text: str) -> None:
        self.all.append(Finding(self._part, Grade.WELL, text))

    def warning(self, text: str, remedy: str) -> None:
        self.all.append(Finding(self._part, Grade.WARNING, text, remedy))

    def fault(self, text: str, remedy: str) -> None:
        self.all.append(Finding(self._part, Grade.FAULT, text, remedy))


Look = Callable[[Findings], Awaitable[None]]


async def found(part: str, look: Look, unreachable: str) -> list[Finding]:
    """What a look finds; one that can't be taken is a finding, too, and ends no other. `unreachable`: what to do."""
    findings = Findings(part)
    try:
        await look(findings)
    except (Problem, BusError, OSError, TimeoutError) as error:
        findings.fault(f"could not be asked: {str(error) or type(error).__name__}", unreachable)
    return findings.all
