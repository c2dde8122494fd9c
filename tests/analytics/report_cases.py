"""Reports of experiments whose aggregates are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analytics.catalog.entries import MetricUse
from analytics.reports.content import Badge, Facts, Grid, Listing, Paragraph, Pictures, Report, Words
from analytics.reports.documents import Documents
from analytics.reports.drawings import Drawing, Label
from analytics.results.analysis import Analyst
from analytics.results.documents import result_document
from analytics.results.segment_documents import daily_document, segmented_document
from analytics.results.segments import SegmentAnalyst

from tests.analytics.result_cases import ENVIRONMENT, METRICS, MOMENT, ROLES, catalog, experiment, reader


async def documents_of(
    plan: str = "always_valid", metrics: int = 7, name: str = "", *, by: str | None = None
) -> Documents:
    """Of so many metrics; `name` is that of the first, of the experiment and of nothing else."""
    known, uses = catalog(), []
    entries = known.entries("env-1")
    for number in range(metrics):
        metric, role = METRICS[number % len(METRICS)], ROLES[number % len(METRICS)]
        key = f"metric_{number:03d}"
        title = name if name and not number else f"{metric.name} {number:03d}"
        entries.metrics[key] = replace(metric, id=f"m-{number}", key=key, name=title)
        uses.append(MetricUse(key, role, 0.02 if role == "guardrail" else None))
    chosen = replace(experiment(plan), metrics=tuple(uses), name=name or "Checkout & test")
    asked = reader(3000)
    analyst = Analyst(asked, known)
    segments = SegmentAnalyst(asked, analyst)
    of = (chosen, ENVIRONMENT, MOMENT)
    return Documents(
        result_document(await analyst.analyse(*of)),
        daily_document(await segments.over_time(*of)),
        segmented_document(await segments.by_segment(*of, by)) if by else None,
    )


def grid_of(report: Report, title: str) -> Grid:
    section = next(each for each in report.sections if each.title == title)
    return next(each for each in section.blocks if isinstance(each, Grid))


def texts_of(report: Report) -> Iterator[str]:
    """Every text that a reader of either form has to find, in its order."""
    yield report.title
    yield report.where
    for section in report.sections:
        if section.blocks:
            yield section.title
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield block.text
            elif isinstance(block, Facts):
                yield from (text for pair in block.pairs for text in pair)
            elif isinstance(block, Listing):
                yield from (block.title, block.text)
            elif isinstance(block, Pictures):
                yield from (text for each in block.drawings for text in _labels(each))
            else:
                yield from _texts_of_grid(block)


def _texts_of_grid(grid: Grid) -> Iterator[str]:
    yield grid.caption
    yield from (each.title for each in grid.headings)
    for row in grid.rows:
        for cell in row.cells:
            if isinstance(cell, Drawing):
                yield from _labels(cell)
            else:
                yield cell.text
                yield cell.below
                if isinstance(cell, Badge):
                    yield cell.sign
        yield row.note


def _labels(drawing: Drawing) -> Iterator[str]:
    return (each.text for each in drawing.marks if isinstance(each, Label))


def words(grid: Grid, column: int) -> list[str]:
    return [each.cells[column].text for each in grid.rows if isinstance(each.cells[column], Words | Badge)]  # type: ignore[union-attr]
