"""What a metric says, in a sentence, and what it was on each of the last days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from messages.aggregations import Absence

from analytics.catalog.entries import Metric
from analytics.warehouse.client import Row


@dataclass(frozen=True, slots=True)
class MetricDay:
    """`seen`: how many users had anything at all, of whom `units` had an event of the metric. `value` None: there is
    nothing to divide by."""

    day: str
    events: int
    units: int
    seen: int
    value: float | None


def metric_days(metric: Metric, rows: Iterable[Row], seen: Mapping[str, int], days: Iterable[str]) -> list[MetricDay]:
    """One for each of these days, in their order."""
    by_day = {row["day"]: row for row in rows}
    return [_day(metric, day, by_day.get(day), seen.get(day, 0)) for day in days]


def _day(metric: Metric, day: str, row: Row | None, seen: int) -> MetricDay:
    if row is None:
        empty = metric.aggregation.absence is Absence.ZERO and metric.aggregation.summary != "ratio"
        return MetricDay(day, 0, 0, seen, 0.0 if empty and seen else None)
    return MetricDay(day, row["events"], row["units"], max(seen, row["units"]), _value(metric, row, seen))


def _value(metric: Metric, row: Row, seen: int) -> float | None:
    units, everybody = row["units"], max(seen, row["units"])
    match metric.aggregation.summary:
        case "ratio":
            return row["above"] / row["below"] if row["below"] else None
        case "quantile":
            return row["quantile"] if units else None
        case "binary":
            return units / everybody if everybody else None
        case _:
            whole = everybody if metric.aggregation.absence is Absence.ZERO else units
            return row["total"] / whole if whole else None


def definition_sentence(metric: Metric) -> str:
    """What it measures, and which way is better."""
    which = f"{metric.event}" if metric.filter is None else f"{metric.event} that pass the filter"
    said = {
        "conversion": f"The share of units with an event {which}",
        "count": f"How many events {which} a unit has",
        "sum": f"The sum of the values of a unit's events {which}",
        "mean": f"The mean of the values of a unit's events {which}; units without one are left out",
        "ratio": f"The values of events {which} over those of {metric.denominator_event}",
        "quantile": f"The quantile {metric.quantile:g} of the values of events {which}",
        "retention": f"The share of units that come back with an event {which}",
        "funnel": f"The share of units that take {', then '.join(metric.steps)}",
        "distinct": f"How many different values of {metric.property} a unit's events {which} have",
        "days": f"On how many days a unit has an event {which}",
    }[metric.aggregation.name]
    better = "higher is better" if metric.higher_is_better else "lower is better"
    return f"{said}{_window(metric)}{_caps(metric)}; {better}."


def _window(metric: Metric) -> str:
    if metric.window_end:
        start = f"{_span(metric.window_start)} to " if metric.window_start else "within "
        return f", {start}{_span(metric.window_end)} after the first exposure"
    return f", later than {_span(metric.window_start)} after the first exposure" if metric.window_start else ""


def _caps(metric: Metric) -> str:
    caps = [f"{100 * each:g}" for each in (metric.winsorize_lower, metric.winsorize_at) if each]
    return f", capped at the percentile {' and '.join(caps)}" if caps else ""


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count:,} {word}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"
