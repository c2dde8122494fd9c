"""Where the experiment stands: decision, plan, units, and what its figures were computed from."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.reports.charts import new_units, progress_bar
from analytics.reports.content import Block, Facts, Grid, Heading, Paragraph, Pictures, Row, Section, Words, plain
from analytics.reports.phrases import (
    NOTHING,
    count,
    moment,
    number,
    percent,
    spaced,
    verdict_badge,
)
from analytics.results.documents import ResultDocument

_CORRECTIONS = {"holm": "Holm", "benjamini_hochberg": "Benjamini–Hochberg", "bh": "Benjamini–Hochberg"}
_MODES = {
    "always_valid": "always valid: may be read at any time",
    "group": "group sequential: decides at its looks alone",
    "fixed": "fixed horizon: decides once",
}


def decision(results: ResultDocument) -> Section:
    """What to do, by which rule, and why."""
    if not results.decisions:
        said = "No decision: no goal, and no guardrail with a margin, can be judged."
        return Section("Decision", (Paragraph(said), *_progress(results)))
    rows = tuple(
        Row(
            (
                Words(plain(each.variation)),
                verdict_badge(each.verdict),
                Words(" ".join(plain(reason) for reason in each.reasons)),
                Words(spaced(each.rule)),
            )
        )
        for each in results.decisions
    )
    headings = (Heading("Variation", 16), Heading("Decision", 16), Heading("Why", 48), Heading("Rule", 26))
    caption = f"Each variation against the control, {plain(results.experiment.control)}"
    return Section("Decision", (Grid(caption, headings, rows), *_progress(results)))


def _progress(results: ResultDocument) -> Iterable[Block]:
    return (Paragraph(results.plan.sentence),) if results.plan.sentence else ()


def plan(results: ResultDocument) -> Section:
    """What was planned, and how far the experiment is in it."""
    found = results.plan
    bar = progress_bar(found)
    pairs = [
        ("Decides by", _MODES.get(found.mode, found.mode)),
        ("Error rate and power", f"alpha {found.alpha:g}, power {percent(found.power, '.0f')}"),
        ("Goals adjusted by", correction(found.correction)),
        (
            "Units",
            f"{count(found.units)} of {count(found.planned_units)} planned"
            if found.planned_units
            else count(found.units),
        ),
        ("Run time", f"{number(found.days_run, '.1f')} days, at least {number(found.minimum_days, '.4g')} planned"),
        ("Traffic", f"{number(found.units_per_day, ',.0f')} units a day" if found.units_per_day else NOTHING),
        (
            "Can be read",
            moment(found.readable_at) if found.readable_at else "now" if not _waiting(results) else "unknown",
        ),
    ]
    if found.looks_planned:
        following = f", next at {count(found.next_look_units)} units" if found.next_look_units else ""
        pairs.append(("Looks", f"{found.looks_taken} of {found.looks_planned} taken{following}"))
    if found.planned_end:
        pairs.append(("Planned end", moment(found.planned_end)))
    if found.decided_at:
        pairs.append(("Decided on the data until", moment(found.decided_at)))
    further = ", ".join(f"{count(each.units)} {plain(each.variation)}" for each in found.since_decision if each.units)
    if further:
        pairs.append(("Units since then, in no figure that decides", further))
    pictures = (Pictures((bar,)),) if bar is not None else ()
    return Section("Plan", (*pictures, Facts(tuple(pairs))))


def _waiting(results: ResultDocument) -> bool:
    return any(
        each.comparison is not None and each.comparison.reading.state == "too_early"
        for metric in results.metrics
        for each in metric.variations
    )


def correction(method: str) -> str:
    return _CORRECTIONS.get(method, spaced(method))


def arrivals(results: ResultDocument) -> Section:
    names = [each.variation for each in results.units.variations]
    return Section("New units per day", (Pictures((new_units(results.exposures_per_day, names),)),))


def reproduction(results: ResultDocument) -> Facts:
    """What is needed to compute the same again."""
    return Facts(
        (
            ("Computed", moment(results.computed_at)),
            ("Data", f"received until {moment(results.as_of)}" if results.as_of else "all that had been received"),
            ("Engine", f"stats {results.engine_version}"),
            ("Experiment", results.experiment.id),
        )
    )
