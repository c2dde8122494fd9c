"""Composes a report out of the documents that the API answers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from analytics.reports.charts import effect_over_time, new_units
from analytics.reports.content import Block, Listing, Paragraph, Pictures, Report, Section, plain
from analytics.reports.documents import Documents
from analytics.reports.drawings import Drawing, stacked
from analytics.reports.health import health
from analytics.reports.interval_pictures import named_interval
from analytics.reports.metric_rows import fixed_horizon_grid, guardrail_grid, metric_grid
from analytics.reports.overview import arrivals, correction, decision, plan, reproduction
from analytics.reports.phrases import moment
from analytics.reports.segment_rows import segments
from analytics.results.documents import ResultDocument
from analytics.results.metric_documents import FamilyDocument, MetricDocument
from analytics.results.phase_documents import PauseDocument
from analytics.results.segment_documents import DailyDocument

_COLUMNS_OF_PICTURES = 3
_PAUSES_TOLD = 3


def report_of(documents: Documents) -> Report:
    results = documents.results
    experiment = results.experiment
    sections = [
        decision(results),
        plan(results),
        health(results),
        *_metrics(results),
        _over_time(documents.over_time),
        *([segments(results, documents.segmented)] if documents.segmented is not None else []),
        arrivals(results),
        _fixed_horizon(results),
        _inputs(results),
    ]
    where = (
        f"{plain(experiment.project)} / {plain(experiment.environment)} / {plain(experiment.flag)} · "
        f"{plain(experiment.key)} · {experiment.status} · computed {moment(results.computed_at)}"
    )
    if len(experiment.phases) > 1:
        where += f" · phase {experiment.phase} of {len(experiment.phases)}, from {moment(experiment.start_at)}"
    if experiment.pauses:
        where += f" · {_pauses(experiment.pauses)}"
    if results.as_of is not None:
        where += f" of what was received until {moment(results.as_of)}"
    return Report(plain(experiment.name) or plain(experiment.key), where, tuple(sections))


def _pauses(pauses: Sequence[PauseDocument]) -> str:
    """The last of them."""
    told = [f"{moment(each.start)} to {moment(each.end) if each.end else 'now'}" for each in pauses[-_PAUSES_TOLD:]]
    more = f" and {len(pauses) - len(told)} times before" if len(pauses) > len(told) else ""
    return f"paused {', '.join(told)}{more}"


def intervals_drawing(documents: Documents) -> Drawing:
    """The interval pictures alone, each with its name."""
    return stacked(_named_intervals(documents.results), "Lift of each metric and variation with its interval")


def lift_over_time_drawing(documents: Documents) -> Drawing:
    found = [effect_over_time(each) for each in documents.over_time.metrics]
    return stacked(found, "Lift of each metric by day", min(_COLUMNS_OF_PICTURES, max(len(found), 1)))


def daily_units_drawing(documents: Documents) -> Drawing:
    results = documents.results
    drawn = new_units(results.exposures_per_day, [each.variation for each in results.units.variations])
    return stacked([drawn], drawn.alt)


def _metrics(results: ResultDocument) -> list[Section]:
    level = f"{100 * (1 - results.plan.alpha):g}%"
    axis = "Each metric has its own axis; ▲ better, ▼ worse, ○ neither."
    sections = []
    goals = _of(results, "goal")
    if goals:
        caption = (
            f"Intervals are at {level} each, by the plan's mode. {axis} The reading follows the adjusted p"
            f"{_family(results.family)}."
        )
        sections.append(Section("Goals", (metric_grid(goals, caption), *_missing(results))))
    guardrails = _of(results, "guardrail")
    if guardrails:
        caption = (
            f"The dashed line is the margin. Not proven is not harm. Intervals are at {level} each. {axis}"
            " Power: the chance to prove it at the planned size, if nothing changes."
        )
        sections.append(Section("Guardrails", (guardrail_grid(guardrails, caption),)))
    secondary = _of(results, "secondary")
    if secondary:
        caption = (
            f"Exploratory: they decide nothing, confirm what they show. Intervals are at {level} each. {axis}"
            f" Adjusted in a family of their own{_family(results.exploratory_family)}."
        )
        sections.append(Section("Secondary metrics, exploratory", (metric_grid(secondary, caption),)))
    return sections


def _of(results: ResultDocument, role: str) -> list[MetricDocument]:
    return [each for each in results.metrics if each.role == role]


def _family(family: FamilyDocument | None) -> str:
    return f" ({correction(family.method)} over {family.size} tests)" if family else ""


def _missing(results: ResultDocument) -> tuple[Block, ...]:
    if not results.missing_metrics:
        return ()
    return (Paragraph(f"No longer defined: {', '.join(plain(each) for each in results.missing_metrics)}.", muted=True),)


def _over_time(over_time: DailyDocument) -> Section:
    order = {"goal": 0, "guardrail": 1, "secondary": 2}
    found = sorted(over_time.metrics, key=lambda each: order[each.role])
    said = "The effect of all units until the end of each day (UTC). Wide bands of early days leave the frame."
    drawings = tuple(effect_over_time(each) for each in found)
    return Section("Over time", (Paragraph(said, muted=True), Pictures(drawings)) if drawings else ())


def _fixed_horizon(results: ResultDocument) -> Section:
    caution = next(
        (
            each.comparison.fixed_horizon.caution
            for metric in results.metrics
            for each in metric.variations
            if each.comparison is not None
        ),
        "",
    )
    said = f"What one look at these data would say: {caution}. Nothing above follows it."
    return Section("Fixed horizon", (fixed_horizon_grid(results.metrics, said),) if caution else ())


def _inputs(results: ResultDocument) -> Section:
    listings = tuple(
        Listing(f"{plain(each.name)} ({each.metric})", msgspec.json.encode(each.inputs).decode())
        for each in results.metrics
        if each.inputs
    )
    said = "The engine computes the same figures again from these inputs; they hold no event and no unit."
    return Section("How to compute it again", (reproduction(results), Paragraph(said, muted=True), *listings))


def _named_intervals(results: ResultDocument) -> list[Drawing]:
    return [
        named_interval(metric, variation)
        for metric in results.metrics
        for variation in metric.variations
        if variation.comparison is not None
    ]
