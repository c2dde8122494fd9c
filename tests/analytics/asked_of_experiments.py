"""Every kind of question that results ask the warehouse, over scopes of several kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analytics.warehouse.aggregates import Percentiles
from analytics.warehouse.experiments import AskedQuery, ExperimentReader
from analytics.warehouse.joint_sums import JointRequest
from analytics.warehouse.scopes import BY_DAY, END_OF_TIME, ExposureScope, MetricWindow
from bucketing.flagset import Comparison
from messages.aggregations import AGGREGATIONS
from messages.documents import condition_document

HOUR = 3_600_000
START = 1_767_607_200_000
SCOPE = ExposureScope("org-1", "env-1", "checkout", "test", ("off", "on"), START, END_OF_TIME, END_OF_TIME)
SCOPES: Mapping[str, ExposureScope] = {
    "users": SCOPE,
    "companies": replace(SCOPE, by_unit=True),
    "a filter, pauses, a trigger, days": replace(
        SCOPE,
        segment=BY_DAY,
        stop=START + 30 * HOUR,
        filter=condition_document(Comparison("country", "not_in", ["de", "fr"])).decode(),
        pauses=((START, START + HOUR),),
        trigger="visit",
    ),
}
SPENT = MetricWindow("purchase", AGGREGATIONS["sum"], end=20 * 3600, lookback=14 * 86_400)
VALUES = MetricWindow("purchase", AGGREGATIONS["quantile"])
WINDOWS = (
    SPENT,
    VALUES,
    MetricWindow("purchase", AGGREGATIONS["conversion"]),
    MetricWindow("purchase", AGGREGATIONS["mean"]),
    MetricWindow("visit", AGGREGATIONS["count"], start=3600),
    MetricWindow("purchase", AGGREGATIONS["ratio"], denominator="visit"),
    MetricWindow("visit", AGGREGATIONS["funnel"], steps=("visit", "purchase"), end=20 * 3600),
    MetricWindow("purchase", AGGREGATIONS["distinct"], facet="item"),
    MetricWindow("visit", AGGREGATIONS["days"]),
    MetricWindow("purchase", AGGREGATIONS["retention"], start=3600, end=30 * 3600),
)
FEW = (SPENT, VALUES, WINDOWS[5])
HALF, NEARLY_ALL = 0.5, 0.95


async def asked(reader: ExperimentReader, scope: ExposureScope) -> list[AskedQuery]:
    """All of them about a few metrics, with their answers."""
    reader.expect(scope, FEW, covariates=True)
    counts = await reader.unit_counts(scope)
    await reader.health(scope)
    await reader.reached(scope, [1, 10, 25, 1_000_000])
    if caps := await reader.pooled_caps(scope, SPENT, 0, Percentiles(NEARLY_ALL)):
        if scope.by_unit:
            await reader.sums(scope, SPENT, caps)
        else:
            await reader.covariate_moments(scope, SPENT, caps)
        await reader.joint_sums(scope, JointRequest(SPENT, (("before", SPENT), ("per visit", FEW[2])), caps))
    days = sorted(counts.days) if scope.segment == BY_DAY else []
    observed = await reader.observation_counts(scope, VALUES, days)
    ranks = {group: [1, max(1, round(HALF * count)), count] for group, count in observed.items()}
    found = await reader.order_statistics(scope, VALUES, ranks, days)
    thresholds = {group: of_rank[ranks[group][1]] for group, of_rank in found.items()}
    await reader.cluster_totals(scope, VALUES, thresholds, days)
    return reader.queries
