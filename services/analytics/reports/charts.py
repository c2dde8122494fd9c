"""Pictures over time: the effect of each metric by day, the new units, the progress of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.reports.content import shortened
from analytics.reports.drawings import (
    DASHES,
    FAINT,
    GOOD,
    INK,
    MUTED,
    SERIES,
    Area,
    Disc,
    Drawing,
    Label,
    Mark,
    Stroke,
    rectangle,
)
from analytics.reports.effects import Effect, effect_of
from analytics.reports.phrases import count
from analytics.reports.scales import Scale, scale_over
from analytics.results.documents import DayDocument, PlanDocument
from analytics.results.segment_documents import DailyMetric

WIDTH, HEIGHT = 240.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 6.0, 30.0, 18.0
_WIDER = 2.5


@dataclass(frozen=True, slots=True)
class _Series:
    """A variation's effects by the number of the day. `measure` is that of its last day."""

    variation: str
    effects: dict[int, Effect]


def effect_over_time(metric: DailyMetric) -> Drawing:
    """Lines of the estimates, with their intervals as bands; what leaves the frame goes on outside."""
    found = _series(metric)
    days = [each.date for each in metric.days]
    marks: list[Mark] = [Label((2, 9), shortened(metric.name), 7.5, INK, face="bold")]
    scale = _frame_scale(found)
    if not found or scale is None:
        marks.append(Label((_LEFT, HEIGHT / 2), "nothing to draw yet"))
        return Drawing(WIDTH, HEIGHT, tuple(marks), f"{metric.name}: nothing to draw yet")
    measure = next(iter(found[0].effects.values()))
    across = Scale((), 0.0, max(len(days) - 1, 1), _LEFT, WIDTH - _RIGHT)
    marks += _value_axis(scale, [measure.tick(each) for each in scale.ticks])
    marks += _day_axis(days, across)
    for position, each in enumerate(found):
        marks += _band(each, across, scale, SERIES[position % len(SERIES)])
    for position, each in enumerate(found):
        marks += _line(each, across, scale, position)
    marks += _legend([each.variation for each in found])
    return Drawing(WIDTH, HEIGHT, tuple(marks), _told(metric, found, days))


def new_units(days: Sequence[DayDocument], variations: Sequence[str]) -> Drawing:
    """A bar a day, its parts the variations."""
    width = 2 * WIDTH
    marks: list[Mark] = [Label((2, 9), "New units per day", 7.5, INK, face="bold")]
    top = max((day.units for day in days), default=0)
    scale = scale_over([top], HEIGHT - _BOTTOM, _TOP)
    if not days or scale is None or not top:
        return Drawing(width, HEIGHT, (*marks, Label((_LEFT, HEIGHT / 2), "no units yet")), "No units yet")
    marks += _value_axis(scale, [count(round(each)) for each in scale.ticks], width)
    step = (width - _LEFT - _RIGHT) / len(days)
    across = Scale((), 0.0, max(len(days) - 1, 1), _LEFT + step / 2, width - _RIGHT - step / 2)
    marks += _day_axis([each.date for each in days], across)
    for number, day in enumerate(days):
        low = 0
        for position, name in enumerate(variations):
            units = next((each.units for each in day.variations if each.variation == name), 0)
            if units:
                at, end = scale.position(low + units), scale.position(low)
                corner = rectangle(across.position(number) - 0.4 * step, at, 0.8 * step, end - at)
                marks.append(Area(corner, SERIES[position % len(SERIES)], 0.85, edge="#ffffff"))
            low += units
    marks += _legend(variations, filled=True)
    shown = f"New units per day: {count(days[0].units)} on {days[0].date}, {count(days[-1].units)} on {days[-1].date}"
    return Drawing(width, HEIGHT, tuple(marks), shown)


def progress_bar(plan: PlanDocument) -> Drawing | None:
    """Units against the planned ones, with the planned looks; None without a planned size."""
    if not plan.planned_units:
        return None
    width, height, top = 480.0, 34.0, 6.0
    scale = Scale((), 0.0, float(max(plan.planned_units, plan.units)), 2.0, width - 2.0)
    end, aim = scale.position(plan.units), scale.position(plan.planned_units)
    marks: list[Mark] = [
        Area(rectangle(scale.start, top, aim - scale.start, 10), "#edf0f5", edge=FAINT),
        Area(rectangle(scale.start, top, end - scale.start, 10), GOOD if plan.complete else SERIES[0], 0.8),
    ]
    for look in range(1, plan.looks_planned):
        at = scale.position(plan.planned_units * look / plan.looks_planned)
        marks.append(Stroke(((at, top - 3), (at, top + 13)), MUTED, 0.9))
    shown = f"{count(plan.units)} of {count(plan.planned_units)} planned units"
    looks = f"; {plan.looks_taken} of {plan.looks_planned} looks taken" if plan.looks_planned > 1 else ""
    marks.append(Label((scale.start, height - 4), shown + looks, 7.5))
    return Drawing(width, height, tuple(marks), shown + looks)


def _series(metric: DailyMetric) -> list[_Series]:
    found: dict[str, dict[int, Effect]] = {}
    for number, day in enumerate(metric.days):
        for variation in day.variations:
            comparison = variation.comparison
            effect = effect_of(comparison.difference, comparison.lift) if comparison else None
            if effect is not None:
                found.setdefault(variation.variation, {})[number] = effect
    last = next((each.measure for effects in found.values() for each in reversed(effects.values())), None)
    kept = {name: {at: each for at, each in effects.items() if each.measure == last} for name, effects in found.items()}
    return [_Series(name, effects) for name, effects in kept.items() if effects]


def _frame_scale(found: Sequence[_Series]) -> Scale | None:
    """Holds the last day's intervals, and of wider ones before as much as leaves those readable."""
    last = [list(each.effects.values())[-1] for each in found]
    known = [value for each in last for value in (each.estimate, each.lower, each.upper) if value is not None]
    spread = max((abs(each) for each in known), default=0.0) * _WIDER
    everything = [
        value
        for each in found
        for effect in each.effects.values()
        for value in (effect.estimate, effect.lower, effect.upper)
        if value is not None
    ]
    return scale_over([min(max(each, -spread), spread) for each in everything], HEIGHT - _BOTTOM, _TOP)


def _value_axis(scale: Scale, labels: Sequence[str], width: float = WIDTH) -> list[Mark]:
    marks: list[Mark] = []
    for tick, label in zip(scale.ticks, labels, strict=True):
        at, zero = scale.position(tick), abs(tick) < 1e-15
        marks.append(Stroke(((_LEFT, at), (width - _RIGHT, at)), MUTED if zero else "#e6e9ef", 0.9 if zero else 0.6))
        marks.append(Label((_LEFT - 4, at + 2), "0" if zero else label, 6.0, anchor="end"))
    return marks


def _day_axis(days: Sequence[str], across: Scale) -> list[Mark]:
    shown = {0, len(days) // 2, len(days) - 1} if len(days) > 4 else set(range(len(days)))
    return [
        Label(
            (across.position(number), HEIGHT - 6),
            days[number][5:] if number else days[number],
            6.0,
            anchor="start" if number == 0 and len(days) > 1 else "end" if number == len(days) - 1 else "middle",
        )
        for number in sorted(shown)
    ]


def _band(series: _Series, across: Scale, scale: Scale, colour: str) -> list[Mark]:
    """One polygon for each run of days that have an interval."""
    runs: list[list[tuple[float, float, float]]] = [[]]
    for at, each in series.effects.items():
        if each.lower is None or each.upper is None:
            runs.append([])
        else:
            runs[-1].append((across.position(at), scale.position(each.lower), scale.position(each.upper)))
    return [
        Area((*((at, low) for at, low, _ in run), *((at, high) for at, _, high in reversed(run))), colour, 0.13)
        for run in runs
        if len(run) > 1
    ]


def _line(series: _Series, across: Scale, scale: Scale, position: int) -> list[Mark]:
    colour = SERIES[position % len(SERIES)]
    points = tuple((across.position(at), scale.position(each.estimate)) for at, each in series.effects.items())
    marks: list[Mark] = [Stroke(points, colour, 1.4, DASHES[position % len(DASHES)])] if len(points) > 1 else []
    only = next(iter(series.effects.values()))
    if len(points) == 1 and only.lower is not None and only.upper is not None:
        ends = (points[0][0], scale.position(only.lower)), (points[0][0], scale.position(only.upper))
        marks.append(Stroke(ends, colour, 1.2))
    return [*marks, Disc(points[-1], 2.2, "#ffffff", colour)]


def _legend(names: Sequence[str], *, filled: bool = False) -> list[Mark]:
    marks: list[Mark] = []
    at = _LEFT
    for position, name in enumerate(names):
        colour = SERIES[position % len(SERIES)]
        if filled:
            marks.append(Area(rectangle(at, 15, 8, 5), colour, 0.85))
        else:
            marks.append(Stroke(((at, 18), (at + 14, 18)), colour, 1.4, DASHES[position % len(DASHES)]))
        text = shortened(name, 16)
        marks.append(Label((at + (11 if filled else 17), 20), text, 6.0))
        at += 26 + 3.6 * len(text)
    return marks


def _told(metric: DailyMetric, found: Sequence[_Series], days: Sequence[str]) -> str:
    parts = []
    for each in found:
        at, effect = list(each.effects.items())[-1]
        parts.append(f"{each.variation} {effect.figure(effect.estimate)} ({effect.bounds}) on {days[at]}")
    return f"{metric.name} by day: {'; '.join(parts)}"
