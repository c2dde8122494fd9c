"""A table on paper: columns by their shares, rows as high as their cells, the head again on each sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.reports.content import Badge, Cell, Grid, Heading, Row, Tone
from analytics.reports.drawings import (
    BAD,
    FAINT,
    GOOD,
    INK,
    MUTED,
    UNCLEAR,
    Drawing,
    Label,
    Mark,
    Stroke,
    moved,
    narrowed,
)
from analytics.reports.fonts import shown, wrapped
from analytics.reports.paper import LINE, Paper
from analytics.reports.typefaces import Face

_SIZE, _SMALL = 8.0, 6.8
_PAD, _GUTTER = 3.5, 7.0
_LINES_MAX = 30
_COLOURS: dict[Tone, str] = {"good": GOOD, "bad": BAD, "unclear": UNCLEAR, "waiting": MUTED, "plain": MUTED}


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    colour: str
    face: Face = "regular"


@dataclass(frozen=True, slots=True)
class _Column:
    heading: Heading
    left: float
    width: float


def write_table(paper: Paper, grid: Grid) -> None:
    columns = _columns(grid, paper.left, paper.right)
    first = _height(grid.rows[0], columns) if grid.rows else 0.0
    caption = wrapped(shown(grid.caption), _SMALL + 0.7, paper.right - paper.left)
    paper.need(LINE * 8 * len(caption) + 24.0 + min(first, 120.0))
    paper.text(grid.caption, _SMALL + 0.7, MUTED)
    _write_head(paper, columns)
    for row in grid.rows:
        if paper.need(_height(row, columns) + _note_height(paper, row)):
            _write_head(paper, columns)
        _write_row(paper, row, columns)
    paper.skip(8.0)


def _columns(grid: Grid, left: float, right: float) -> list[_Column]:
    whole = sum(each.share for each in grid.headings)
    room, columns = right - left, []
    for each in grid.headings:
        taken = room * each.share / whole
        columns.append(_Column(each, left, taken - _GUTTER))
        left += taken
    return columns


def _write_head(paper: Paper, columns: list[_Column]) -> None:
    heads = [wrapped(each.heading.title, _SMALL, each.width, "bold") for each in columns]
    high = max(map(len, heads)) * LINE * _SMALL
    paper.skip(_PAD)
    for column, lines in zip(columns, heads, strict=True):
        top = paper.at + high - len(lines) * LINE * _SMALL
        shown_lines = [_Line(each, _SMALL, MUTED, "bold") for each in lines]
        paper.draw(_placed(shown_lines, column, top))
    paper.skip(high + 2.0)
    paper.draw([Stroke(((paper.left, paper.at), (paper.right, paper.at)), MUTED, 0.7)])


def _write_row(paper: Paper, row: Row, columns: list[_Column]) -> None:
    top = paper.at + _PAD
    for number, (cell, column) in enumerate(zip(row.cells, columns, strict=True)):
        if isinstance(cell, Drawing):
            paper.draw([moved(mark, column.left, top) for mark in narrowed(cell, column.width).marks])
        else:
            paper.draw(_placed(_lines(cell, column, first=number == 0), column, top))
    paper.skip(_height(row, columns))
    for line in _note(paper, row):
        paper.need(LINE * _SMALL)
        paper.skip(LINE * _SMALL)
        paper.draw([Label((paper.left, paper.at - 2.0), line, _SMALL)])
    paper.skip(_PAD if row.note else 0.0)
    paper.draw([Stroke(((paper.left, paper.at), (paper.right, paper.at)), FAINT, 0.5)])


def _height(row: Row, columns: list[_Column]) -> float:
    heights = []
    for number, (cell, column) in enumerate(zip(row.cells, columns, strict=True)):
        if isinstance(cell, Drawing):
            heights.append(cell.height)
        else:
            heights.append(sum(LINE * each.size for each in _lines(cell, column, first=number == 0)))
    return max(heights) + 2 * _PAD


def _note(paper: Paper, row: Row) -> list[str]:
    return wrapped(shown(row.note), _SMALL, paper.right - paper.left) if row.note else []


def _note_height(paper: Paper, row: Row) -> float:
    return LINE * _SMALL * len(_note(paper, row)) + _PAD


def _lines(cell: Cell, column: _Column, *, first: bool) -> list[_Line]:
    if isinstance(cell, Drawing):
        return []
    colour = _COLOURS[cell.tone] if isinstance(cell, Badge) else INK
    text = f"{cell.sign} {cell.text}" if isinstance(cell, Badge) else cell.text
    face: Face = "bold" if first or isinstance(cell, Badge) else "regular"
    found = [_Line(each, _SIZE, colour, face) for each in wrapped(shown(text), _SIZE, column.width, face)]
    if cell.below:
        found += [_Line(each, _SMALL, MUTED) for each in wrapped(shown(cell.below), _SMALL, column.width)]
    if len(found) > _LINES_MAX:
        found = [*found[: _LINES_MAX - 1], replace(found[_LINES_MAX - 1], text="…")]
    return found


def _placed(lines: list[_Line], column: _Column, top: float) -> list[Mark]:
    marks: list[Mark] = []
    numeric = column.heading.numeric
    across = column.left + column.width if numeric else column.left
    for each in lines:
        top += LINE * each.size
        at = (across, top - 0.3 * each.size)
        marks.append(Label(at, each.text, each.size, each.colour, "end" if numeric else "start", each.face))
    return marks
