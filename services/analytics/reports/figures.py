"""The pictures of a report, intervals, lift over time, daily units."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from analytics.results.documents import ResultDocument
from analytics.results.segment_documents import DailyDocument, DailyMetric

_COLOURS = ("#2f6fde", "#d9822b", "#2a9d6f", "#8e5bd0", "#c2403d", "#5f6b7a")
_GREY = "#9aa4b2"
# Names of metrics are text: a dollar sign begins no formula.
rcParams["text.parse_math"] = False


def figures(results: ResultDocument, over_time: DailyDocument) -> list[Figure]:
    """All pictures in the order of the page."""
    return [intervals(results), lift_over_time(over_time), daily_units(results)]


def intervals(results: ResultDocument) -> Figure:
    """Per metric and variation the lift with its interval; unbounded ones are named, not drawn."""
    lines = [
        (f"{metric.name}\n{variation.variation}", variation.comparison)
        for metric in results.metrics
        for variation in metric.variations
        if variation.comparison is not None
    ]
    figure, axes = _figure(max(1.8, 0.7 * len(lines) + 1.0))
    axes.axvline(0.0, color=_GREY, linewidth=1)
    for row, (_, comparison) in enumerate(lines):
        lift = comparison.lift
        if lift.estimate is None or lift.lower is None or lift.upper is None:
            axes.text(0.0, row, f" {comparison.status}", va="center", color=_GREY)
            continue
        colour = _COLOURS[0] if comparison.significant else _GREY
        axes.plot([100 * lift.lower, 100 * lift.upper], [row, row], color=colour, linewidth=3)
        axes.plot([100 * lift.estimate], [row], "o", color=colour)
    axes.set_yticks(range(len(lines)), [label for label, _ in lines])
    axes.invert_yaxis()
    axes.set_xlabel("lift in percent, with its interval")
    return figure


def lift_over_time(over_time: DailyDocument) -> Figure:
    """Per metric and variation the lift at the end of each day, with its interval as a band."""
    figure, axes = _figure(3.2)
    axes.axhline(0.0, color=_GREY, linewidth=1)
    number = 0
    for metric in over_time.metrics:
        for variation, points in _lifts(metric).items():
            colour = _COLOURS[number % len(_COLOURS)]
            number += 1
            days = [day for day, *_ in points]
            lifts = [100 * point[1] for point in points]
            axes.plot(days, lifts, "o-", markersize=4, color=colour, label=legend_label(f"{metric.name}: {variation}"))
            axes.fill_between(
                days,
                [100 * point[2] for point in points],
                [100 * point[3] for point in points],
                color=colour,
                alpha=0.12,
            )
    if number:
        axes.legend(fontsize=8, loc="best")
    _thin_dates(axes)
    axes.set_ylabel("lift in percent")
    return figure


def daily_units(results: ResultDocument) -> Figure:
    """New units per day and variation."""
    figure, axes = _figure(2.8)
    days = [each.date for each in results.exposures_per_day]
    bottom = [0] * len(days)
    for number, share in enumerate(results.units.variations):
        name = share.variation
        counts = [
            next((each.units for each in day.variations if each.variation == name), 0)
            for day in results.exposures_per_day
        ]
        axes.bar(days, counts, bottom=bottom, color=_COLOURS[number % len(_COLOURS)], label=legend_label(name))
        bottom = [before + count for before, count in zip(bottom, counts, strict=True)]
    if days:
        axes.legend(fontsize=8, loc="best")
    _thin_dates(axes)
    axes.set_ylabel("new units per day")
    return figure


def as_svg(figure: Figure) -> str:
    """The `<svg>` element alone, to stand in a page."""
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None})
    text = target.getvalue()
    return text[text.index("<svg") :]


def as_png(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=144)
    return target.getvalue()


def as_pdf(pages: Sequence[Figure], title: str) -> bytes:
    """One picture per page."""
    target = io.BytesIO()
    with PdfPages(target, metadata={"Title": title, "CreationDate": None}) as pdf:
        for page in pages:
            pdf.savefig(page)
    return target.getvalue()


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.0, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _lifts(metric: DailyMetric) -> dict[str, list[tuple[str, float, float, float]]]:
    points: dict[str, list[tuple[str, float, float, float]]] = {}
    for day in metric.days:
        for variation in day.variations:
            lift = variation.comparison.lift if variation.comparison else None
            if lift is None or lift.estimate is None or lift.lower is None or lift.upper is None:
                continue
            points.setdefault(variation.variation, []).append((day.date, lift.estimate, lift.lower, lift.upper))
    return points


def legend_label(text: str) -> str:
    """A legend leaves out what begins with an underscore."""
    return f" {text}" if text.startswith("_") else text


def _thin_dates(axes: Axes) -> None:
    labels = axes.get_xticklabels()
    every = max(1, len(labels) // 10)
    for number, label in enumerate(labels):
        label.set_visible(number % every == 0)
        label.set_rotation(30)
