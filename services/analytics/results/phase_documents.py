"""The phases of an experiment as its results tell them, and the pauses of the one that is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bucketing.document import condition_to_document

from analytics.catalog.entries import Experiment, percentages
from analytics.catalog.phases import Phase
from analytics.instants import rfc3339
from analytics.results.scope import pauses_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseDocument:
    """`traffic` and `shares` in percent. `stop_at` null: it goes on."""

    phase: int
    start_at: str | None
    stop_at: str | None
    shares: dict[str, float]
    control: str
    traffic: float
    audience: dict[str, Any] | None
    bucket_by: str | None
    holdouts: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseDocument:
    """Exposures of this span count for nobody. `end` null: the experiment is paused."""

    start: str | None
    end: str | None


def phase_documents(experiment: Experiment) -> list[PhaseDocument]:
    return [_document(each) for each in experiment.phases]


def pause_documents(experiment: Experiment) -> list[PauseDocument]:
    return [PauseDocument(start=rfc3339(each.start), end=rfc3339(each.end)) for each in pauses_of(experiment)]


def _document(phase: Phase) -> PhaseDocument:
    return PhaseDocument(
        phase=phase.number,
        start_at=rfc3339(phase.start_at),
        stop_at=rfc3339(phase.stop_at),
        shares=percentages(phase.shares),
        control=phase.control,
        traffic=phase.traffic / 100,
        audience=None if phase.audience is None else condition_to_document(phase.audience),
        bucket_by=phase.bucket_by or None,
        holdouts=[each.key for each in phase.holdouts],
    )
