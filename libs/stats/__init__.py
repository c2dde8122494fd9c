"""Verdict's statistics: sufficient statistics per arm in, estimates, tests and decisions out.

Pure functions over frozen data; no clock, no file, no network. The usual way in is `analyse_metric`;
`as_document` turns any result into a dictionary for JSON.

    result = analyse_metric(
        MetricSpec("day-7 retention"),
        {"gate_30": BinarySummary(44700, 8502), "gate_40": BinarySummary(45489, 8279)},
        control="gate_30",
    )
    result.comparisons[0].test.p_value
"""

from stats.analysis import analyse_metric
from stats.documents import as_document
from stats.errors import InvalidInputError, StatisticsError
from stats.metrics import (
    AnalysisOptions,
    BayesPrior,
    Boundary,
    Direction,
    Guardrail,
    Look,
    MetricSpec,
    Mode,
)
from stats.results import ArmResult, Comparison, Difference, Lift, MetricResult, Omnibus, Test
from stats.sample_ratio import SampleRatioResult, check_sample_ratio, check_segment_ratios
from stats.statuses import Notice, Status
from stats.summaries import BinarySummary, MeanSummary, RatioSummary
from stats.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "AnalysisOptions",
    "ArmResult",
    "BayesPrior",
    "BinarySummary",
    "Boundary",
    "Comparison",
    "Difference",
    "Direction",
    "Guardrail",
    "InvalidInputError",
    "Lift",
    "Look",
    "MeanSummary",
    "MetricResult",
    "MetricSpec",
    "Mode",
    "Notice",
    "Omnibus",
    "RatioSummary",
    "SampleRatioResult",
    "StatisticsError",
    "Status",
    "Test",
    "analyse_metric",
    "as_document",
    "check_sample_ratio",
    "check_segment_ratios",
]
