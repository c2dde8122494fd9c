"""Each metric and variation as a row: what may be read from it, the effect with its picture, both p, the method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stats import Difference, Status

from analytics.reports.content import Badge, Cell, Grid, Heading, Row, Words, plain
from analytics.reports.effects import difference_words, effect_of, lift_words
from analytics.reports.interval_pictures import interval_picture
from analytics.reports.phrases import (
    NOTHING,
    count,
    guarded_reading_badge,
    guardrail_badge,
    number,
    percent,
    probability,
    quantity,
    reading_badge,
    spaced,
)
from analytics.results.comparison_documents import ComparisonDocument
from analytics.results.metric_documents import MetricDocument, MetricVariation

_FIRST = Heading("Metric and variation", 21)
_EFFECT = (Heading("Lift with interval; difference below", 25, numeric=True), Heading("Interval, own axis", 22))
_BOTH_P = (Heading("p", 9, numeric=True), Heading("p adjusted", 9, numeric=True))
METRIC_HEADINGS = (
    _FIRST,
    Heading("Reading", 12),
    Heading("Variation against control", 15, numeric=True),
    *_EFFECT,
    *_BOTH_P,
    Heading("Method", 17),
)
GUARDRAIL_HEADINGS = (
    _FIRST,
    Heading("Guardrail", 15),
    Heading("Margin and power", 12),
    *_EFFECT,
    Heading("p of the margin", 10, numeric=True),
    Heading("Reading", 13),
    Heading("p against control", 10, numeric=True),
    Heading("adjusted", 10, numeric=True),
)
FIXED_HEADINGS = (
    _FIRST,
    Heading("p", 8, numeric=True),
    Heading("Statistic", 14, numeric=True),
    Heading("Lift with interval", 24, numeric=True),
    Heading("Difference with interval", 24, numeric=True),
    Heading("Method", 14),
)


def compared(metrics: Sequence[MetricDocument]) -> Iterator[tuple[MetricDocument, MetricVariation, ComparisonDocument]]:
    for metric in metrics:
        for variation in metric.variations:
            if variation.comparison is not None:
                yield metric, variation, variation.comparison


def metric_grid(metrics: Sequence[MetricDocument], caption: str) -> Grid:
    rows = [
        Row(
            (
                name_cell(metric, variation),
                reading_badge(comparison.reading.state, metric.exploratory),
                _means(metric, variation),
                _effect(comparison),
                interval_picture(metric, variation, metric.variations),
                Words(probability(comparison.reading.p_value)),
                Words(probability(comparison.reading.adjusted_p)),
                Words(spaced(comparison.reading.method)),
            ),
            _note(metric, variation, comparison),
        )
        for metric, variation, comparison in compared(metrics)
    ]
    return Grid(caption, METRIC_HEADINGS, (*rows, *_without_result(metrics, len(METRIC_HEADINGS))))


def guardrail_grid(metrics: Sequence[MetricDocument], caption: str) -> Grid:
    rows = [
        Row(
            (
                name_cell(metric, variation),
                _guarded(comparison),
                _margin(comparison),
                _effect(comparison),
                interval_picture(metric, variation, metric.variations),
                Words(probability(comparison.guardrail.p_value if comparison.guardrail else None)),
                _guarded_reading(comparison),
                *_against_control(comparison),
            ),
            _note(metric, variation, comparison),
        )
        for metric, variation, comparison in compared(metrics)
    ]
    return Grid(caption, GUARDRAIL_HEADINGS, (*rows, *_without_result(metrics, len(GUARDRAIL_HEADINGS))))


def fixed_horizon_grid(metrics: Sequence[MetricDocument], caption: str) -> Grid:
    rows = []
    for metric, variation, comparison in compared(metrics):
        fixed = comparison.fixed_horizon
        statistic = (
            f"{spaced(fixed.statistic_name)} {number(fixed.statistic, '.4g')}" if fixed.statistic_name else NOTHING
        )
        rows.append(
            Row(
                (
                    name_cell(metric, variation),
                    Words(probability(fixed.p_value)),
                    Words(statistic, f"df {number(fixed.df, ',.6g')}" if fixed.df is not None else ""),
                    Words(lift_words(fixed.lift)),
                    Words(difference_words(fixed.difference)),
                    Words(spaced(fixed.method)),
                )
            )
        )
    return Grid(caption, FIXED_HEADINGS, tuple(rows))


def name_cell(metric: MetricDocument, variation: MetricVariation) -> Words:
    return Words(f"{plain(metric.name)} · {plain(variation.variation)}", metric.metric)


def _means(metric: MetricDocument, variation: MetricVariation) -> Words:
    control = next((each for each in metric.variations if each.is_control), None)
    shown = [quantity(each.mean, rate=each.rate is not None) if each else NOTHING for each in (variation, control)]
    return Words(" / ".join(shown), f"n {count(variation.units)} / {count(control.units if control else None)}")


def _effect(comparison: ComparisonDocument) -> Words:
    effect = effect_of(comparison.difference, comparison.lift)
    if effect is None:
        return Words(NOTHING)
    if effect.measure == "difference":
        return Words(f"difference {effect.figure(effect.estimate)} ({effect.bounds})", "no lift")
    return Words(f"{effect.figure(effect.estimate)} ({effect.bounds})", difference_words(comparison.difference))


def _guarded(comparison: ComparisonDocument) -> Badge:
    if comparison.guardrail is None:
        return Badge("no margin", "plain", below="shown, not judged")
    return guardrail_badge(comparison.guardrail.state)


def _guarded_reading(comparison: ComparisonDocument) -> Badge:
    against = comparison.reading.against_control
    return guarded_reading_badge(comparison.reading.state, against.state if against else None)


def _against_control(comparison: ComparisonDocument) -> tuple[Words, Words]:
    """Both p of the difference from the control."""
    found = comparison.reading.against_control or comparison.reading
    return Words(probability(found.p_value)), Words(probability(found.adjusted_p))


def _margin(comparison: ComparisonDocument) -> Words:
    block = comparison.guardrail
    if block is None:
        return Words(NOTHING)
    margin = percent(block.margin, ".4g") if block.margin_kind == "relative" else number(block.margin, ",.4g")
    power = f"power {percent(block.power, '.0f')}" if block.power is not None else "power unknown: no planned size"
    return Words(f"{margin} {block.margin_kind}", power)


def _note(metric: MetricDocument, variation: MetricVariation, comparison: ComparisonDocument) -> str:
    """In words what the reading says, then what changed the figures."""
    said = [] if metric.exploratory and comparison.status is Status.OK else [comparison.reading.sentence]
    if comparison.mde is not None and comparison.mde.relative is not None:
        mde = comparison.mde
        said.append(f"Found by now: lifts from {percent(mde.relative, '.1f')}, with power {percent(mde.power, '.0f')}.")
    said += _adjustments(comparison)
    if variation.latest is not None:
        mean = quantity(variation.latest.mean, rate=variation.rate is not None)
        said.append(f"Since then, raw: {count(variation.latest.units)} units, mean {mean}.")
    if comparison.bayes is not None:
        said.append(
            f"Second view ({comparison.bayes.prior}): chance to win {percent(comparison.bayes.chance_to_win, '.1f')}."
            f" {comparison.bayes.caution}"
        )
    said += [each.message for each in (*metric.warnings, *comparison.warnings)]
    return " ".join(dict.fromkeys(plain(each) for each in said if each))


def _adjustments(comparison: ComparisonDocument) -> list[str]:
    said = []
    cuped, winsor = comparison.cuped, comparison.winsor
    if cuped is not None and cuped.applied:
        said.append(
            f"CUPED: variance {percent(-(cuped.variance_reduction or 0.0), '+.0f')}, balance p"
            f" {probability(cuped.balance_p)}"
            + (f", unadjusted at one look {lift_words(cuped.unadjusted.lift)}." if cuped.unadjusted else ".")
        )
    elif cuped is not None and cuped.reason:
        said.append(f"CUPED not applied: {spaced(cuped.reason)}.")
    if winsor is not None:
        said.append(
            f"Capped at {number(winsor.cap)} ({percent(winsor.share_capped, '.2f')} of the units)"
            + (f", uncapped at one look {lift_words(winsor.uncapped.lift)}." if winsor.uncapped else ".")
        )
    strata = comparison.post_stratified
    if strata is not None:
        within = Difference(strata.difference, strata.se, strata.lower, strata.upper)
        said.append(
            f"Within {count(strata.strata)} strata of {strata.attribute}: difference {difference_words(within)}, p"
            f" {probability(strata.p_value)}; it decides nothing: {strata.caution}."
        )
    return said


def _without_result(metrics: Sequence[MetricDocument], width: int) -> list[Row]:
    rows = []
    for metric in metrics:
        if not metric.variations:
            empty: tuple[Cell, ...] = (Badge("not estimable", "plain"), *(Words(NOTHING),) * (width - 2))
            rows.append(Row((Words(plain(metric.name), metric.metric), *empty), plain(metric.explanation)))
    return rows
