"""The sample ratio with its sources, asked for by itself: what the API answers."""

from __future__ import annotations

from dataclasses import dataclass

from stats import ENGINE_VERSION

from analytics.catalog.entries import Environment, Experiment
from analytics.instants import rfc3339
from analytics.results.analysis import AnalysisTime
from analytics.results.documents import ExperimentDocument, experiment_document
from analytics.results.mismatch_sources import LocatedRatio
from analytics.results.sample_ratio_documents import SampleRatioDocument, sample_ratio_document


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedRatioDocument:
    """An experiment's sample ratio at one moment, with the slices of each dimension whether there is an alarm or
    not."""

    experiment: ExperimentDocument
    computed_at: str
    as_of: str | None
    engine_version: str
    sample_ratio: SampleRatioDocument


def located_ratio_document(
    experiment: Experiment, environment: Environment, time: AnalysisTime, located: LocatedRatio
) -> LocatedRatioDocument:
    return LocatedRatioDocument(
        experiment=experiment_document(experiment, environment),
        computed_at=rfc3339(time.now),
        as_of=rfc3339(time.as_of),
        engine_version=ENGINE_VERSION,
        sample_ratio=sample_ratio_document(located.ratio, located.sources),
    )
