"""The picture of one comparison: its interval on an axis of the metric's own.

Each metric has its axis, so a lift of +400% flattens no other; its variations share it.
"""

from __future__ import annotations

from stats import State

from analytics.reports.content import shortened
from analytics.reports.drawings import (
    BAD,
    FAINT,
    GOOD,
    INK,
    MUTED,
    UNCLEAR,
    Area,
    Disc,
    Drawing,
    Label,
    Mark,
    Stroke,
    moved,
    rectangle,
)
from analytics.reports.effects import Effect, effect_of, harm_side, margin_of, reach
from analytics.reports.scales import Scale, scale_over
from analytics.results.metric_documents import MetricDocument, MetricVariation

WIDTH, HEIGHT = 160.0, 28.0
_MIDDLE, _AXIS, _LABELS = 9.0, 18.0, 26.0
_EDGE, _NAMES = 6.0, 190.0
_COLOURS = {State.BETTER: GOOD, State.WITHIN_MARGIN: GOOD, State.WORSE: BAD, State.UNCLEAR: UNCLEAR}


def interval_picture(metric: MetricDocument, variation: MetricVariation, others: list[MetricVariation]) -> Drawing:
    """Of one variation, on the axis of all `others` of the metric too."""
    comparison = variation.comparison
    effect = effect_of(comparison.difference, comparison.lift) if comparison else None
    if comparison is None or effect is None:
        return _said("nothing to show", comparison.explanation if comparison else metric.explanation)
    alt = comparison.reading.sentence
    scale = scale_over(_with_margin(metric, others, effect), _EDGE, WIDTH - _EDGE)
    if scale is None:
        return _said("too wide to draw", alt)
    marks = [*_axis(scale, effect), *_margin(metric, variation, effect, scale)]
    colour = _COLOURS.get(comparison.reading.state, MUTED)
    if effect.lower is not None and effect.upper is not None:
        low, high = scale.position(effect.lower), scale.position(effect.upper)
        marks.append(Area(rectangle(low, _MIDDLE - 2, max(high - low, 0.6), 4), colour, 0.45))
        marks += [Stroke(((at, _MIDDLE - 4), (at, _MIDDLE + 4)), colour, 1.2) for at in (low, high)]
    elif effect.unbounded:
        marks += _arrows(colour, effect, scale, comparison.lift.excluded)
    marks.append(_estimate(scale.position(effect.estimate), comparison.reading.state, colour))
    return Drawing(WIDTH, HEIGHT, tuple(marks), alt)


def named_interval(metric: MetricDocument, variation: MetricVariation) -> Drawing:
    """The picture beside the names of what it compares."""
    drawn = interval_picture(metric, variation, metric.variations)
    names = (
        Label((0.0, _MIDDLE + 1), shortened(metric.name), 7.5, INK, face="bold"),
        Label((0.0, _LABELS - 5), shortened(variation.variation), 6.5),
    )
    marks = (*names, *(moved(each, _NAMES, 0.0) for each in drawn.marks))
    return Drawing(_NAMES + WIDTH, HEIGHT, marks, drawn.alt)


def _with_margin(metric: MetricDocument, others: list[MetricVariation], effect: Effect) -> list[float]:
    found = reach(others, effect.measure)
    margins = [each for each in (margin_of(other, effect.measure) for other in others) if each is not None]
    return found + [harm_side(metric) * each for each in margins] if margins else found


def _axis(scale: Scale, effect: Effect) -> list[Mark]:
    zero = scale.position(0.0)
    marks: list[Mark] = [
        Stroke(((scale.start, _AXIS), (scale.end, _AXIS)), FAINT, 0.7),
        *(
            Stroke(((scale.position(each), _AXIS - 1.5), (scale.position(each), _AXIS)), FAINT, 0.7)
            for each in scale.ticks
        ),
        Stroke(((zero, 1.0), (zero, _AXIS)), MUTED, 0.8),
        Label((zero, _LABELS), "0", 6.0, anchor="middle"),
    ]
    room = 0.24 * (scale.end - scale.start)
    if zero - scale.start > room:
        marks.append(Label((scale.start, _LABELS), effect.tick(scale.low), 6.0))
    if scale.end - zero > room:
        marks.append(Label((scale.end, _LABELS), effect.tick(scale.high), 6.0, anchor="end"))
    return marks


def _margin(metric: MetricDocument, variation: MetricVariation, effect: Effect, scale: Scale) -> list[Mark]:
    tolerated = margin_of(variation, effect.measure)
    if tolerated is None:
        return []
    at = scale.position(harm_side(metric) * tolerated)
    return [Stroke(((at, 1.0), (at, _AXIS)), BAD, 0.9, (2.0, 1.5))]


def _arrows(colour: str, effect: Effect, scale: Scale, excluded: tuple[float, float] | None) -> list[Mark]:
    """To both ends of the axis; a gap is left where the set has one."""
    low, high = excluded if excluded is not None else (effect.estimate, effect.estimate)
    marks: list[Mark] = []
    for end, inner, side in ((scale.start, scale.position(low), 1), (scale.end, scale.position(high), -1)):
        marks.append(Stroke(((end, _MIDDLE), (inner, _MIDDLE)), colour, 1.6, (3.0, 2.0)))
        marks.append(Area(((end, _MIDDLE), (end + side * 5, _MIDDLE - 3), (end + side * 5, _MIDDLE + 3)), colour))
    return marks


def _estimate(at: float, state: State, colour: str) -> Mark:
    """A shape for each reading: up, down, or a circle."""
    if state is State.BETTER:
        return Area(((at, _MIDDLE - 4.5), (at + 4, _MIDDLE + 3), (at - 4, _MIDDLE + 3)), colour, edge=INK)
    if state is State.WORSE:
        return Area(((at, _MIDDLE + 4.5), (at + 4, _MIDDLE - 3), (at - 4, _MIDDLE - 3)), colour, edge=INK)
    return Disc((at, _MIDDLE), 3.0, "#ffffff", colour)


def _said(text: str, alt: str) -> Drawing:
    return Drawing(WIDTH, HEIGHT, (Label((_EDGE, _MIDDLE + 2), text, 7.0),), alt)
