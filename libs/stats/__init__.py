"""Verdict's statistics: sufficient statistics per arm in, estimates, tests and decisions out.

Pure functions over frozen data; no clock, no file, no network. The usual way in is `analyse_metric`;
`as_document` turns any result into a dictionary for JSON.

    result = analyse_metric(
        MetricSpec("day-7 retention"),
        {"gate_30": BinarySummary(44700, 8502), "gate_40": BinarySummary(45489, 8279)},
        control="gate_30",
    )
    result.comparisons[0].p_value
"""

from stats.analysis.arms import KINDS, Summary, merge
from stats.analysis.metric import CappedArms, analyse_metric
from stats.analysis.reproduction import analyse_aggregates, reproduce, summary_from
from stats.analysis.segments import SegmentedResult, analyse_segments, combine_periods
from stats.analysis.stratification import Heterogeneity
from stats.comparison.bayes import BetaComparison, NormalPosterior, compare_betas, normal_posterior
from stats.comparison.omnibus import Omnibus
from stats.design.planner import AtPlannedUnits, MdeAtDay, Plan, days_left, plan
from stats.design.requests import PlanRequest
from stats.documents import as_document
from stats.effects import Difference, FixedHorizon, Lift, Test
from stats.errors import InvalidInputError, StatisticsError
from stats.judgement.decision import Decision, Verdict, decide
from stats.judgement.families import Family, FamilyMember, adjust_family, exploratory_family
from stats.judgement.mismatch_sources import RatioSlice, slice_ratios
from stats.judgement.progress import Progress
from stats.judgement.readings import AgainstControl, Reading, State, read
from stats.judgement.sample_ratio import SampleRatioResult, SequentialRatio, check_sample_ratio, check_segment_ratios
from stats.kinds.binary import BinarySummary
from stats.kinds.clustered import ClusteredSummary
from stats.kinds.covariates import CupedSummary, single_covariate
from stats.kinds.linearised import LinearisedSummary
from stats.kinds.mean import MeanSummary
from stats.kinds.quantile import ClusterSums, QuantileRanks, QuantileSummary, quantile_ranks
from stats.kinds.ratio import RatioSummary
from stats.kinds.winsorisation import Winsorising, pooled_cap
from stats.metrics import (
    AnalysisOptions,
    BayesPrior,
    Boundary,
    Direction,
    Guardrail,
    Look,
    Memory,
    MetricSpec,
    Mode,
)
from stats.programme.interaction import Interaction, adjust_interactions, interaction
from stats.programme.winners import (
    Inflation,
    MeasuredEffect,
    Programme,
    ShrunkenEffect,
    assess_programme,
    measured_lift,
)
from stats.results import (
    ArmResult,
    BayesBlock,
    Comparison,
    CupedBlock,
    GuardrailBlock,
    LookState,
    MdeBlock,
    MetricResult,
    WinsorBlock,
)
from stats.sequential.monitoring import official_looks
from stats.sequential.results import AlwaysValidResult, GroupSequentialResult
from stats.statuses import Notice, Status
from stats.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "KINDS",
    "AgainstControl",
    "AlwaysValidResult",
    "AnalysisOptions",
    "ArmResult",
    "AtPlannedUnits",
    "BayesBlock",
    "BayesPrior",
    "BetaComparison",
    "BinarySummary",
    "Boundary",
    "CappedArms",
    "ClusterSums",
    "ClusteredSummary",
    "Comparison",
    "CupedBlock",
    "CupedSummary",
    "Decision",
    "Difference",
    "Direction",
    "Family",
    "FamilyMember",
    "FixedHorizon",
    "GroupSequentialResult",
    "Guardrail",
    "GuardrailBlock",
    "Heterogeneity",
    "Inflation",
    "Interaction",
    "InvalidInputError",
    "Lift",
    "LinearisedSummary",
    "Look",
    "LookState",
    "MdeAtDay",
    "MdeBlock",
    "MeanSummary",
    "MeasuredEffect",
    "Memory",
    "MetricResult",
    "MetricSpec",
    "Mode",
    "NormalPosterior",
    "Notice",
    "Omnibus",
    "Plan",
    "PlanRequest",
    "Programme",
    "Progress",
    "QuantileRanks",
    "QuantileSummary",
    "RatioSlice",
    "RatioSummary",
    "Reading",
    "SampleRatioResult",
    "SegmentedResult",
    "SequentialRatio",
    "ShrunkenEffect",
    "State",
    "StatisticsError",
    "Status",
    "Summary",
    "Test",
    "Verdict",
    "WinsorBlock",
    "Winsorising",
    "adjust_family",
    "adjust_interactions",
    "analyse_aggregates",
    "analyse_metric",
    "analyse_segments",
    "as_document",
    "assess_programme",
    "check_sample_ratio",
    "check_segment_ratios",
    "combine_periods",
    "compare_betas",
    "days_left",
    "decide",
    "exploratory_family",
    "interaction",
    "measured_lift",
    "merge",
    "normal_posterior",
    "official_looks",
    "plan",
    "pooled_cap",
    "quantile_ranks",
    "read",
    "reproduce",
    "single_covariate",
    "slice_ratios",
    "summary_from",
]
