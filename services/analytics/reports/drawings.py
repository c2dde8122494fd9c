"""Pictures as marks in points, y downwards; an SVG, a page of a PDF and a PNG are drawn from the same marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analytics.reports.typefaces import Face

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
INK, MUTED, FAINT = "#1c2430", "#5f6b7a", "#c9d0da"
GOOD, BAD, UNCLEAR = "#1a7f56", "#b3362f", "#3d6db5"
SERIES = ("#2f6fde", "#b8621b", "#1a7f56", "#7d4cc0", "#b3362f", "#5f6b7a")
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (3, 3), (8, 3))


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon. `edge`: its outline, if any."""

    points: tuple[Point, ...]
    colour: str
    opacity: float = 1.0
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle with an outline."""

    centre: Point
    radius: float
    colour: str
    edge: str


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `at` is on its baseline."""

    at: Point
    text: str
    size: float = 7.0
    colour: str = MUTED
    anchor: Anchor = "start"
    face: Face = "regular"


Mark = Stroke | Area | Disc | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """`alt` says in words what is seen."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    alt: str


def moved(mark: Mark, x: float, y: float) -> Mark:
    if isinstance(mark, Label):
        return replace(mark, at=(mark.at[0] + x, mark.at[1] + y))
    if isinstance(mark, Disc):
        return replace(mark, centre=(mark.centre[0] + x, mark.centre[1] + y))
    return replace(mark, points=tuple((across + x, down + y) for across, down in mark.points))


def narrowed(drawing: Drawing, room: float) -> Drawing:
    """No wider than `room`; its height and its text keep their size."""
    factor = room / drawing.width
    if factor >= 1:
        return drawing
    return replace(drawing, width=room, marks=tuple(_narrowed(each, factor) for each in drawing.marks))


def _narrowed(mark: Mark, factor: float) -> Mark:
    if isinstance(mark, Label):
        return replace(mark, at=(mark.at[0] * factor, mark.at[1]))
    if isinstance(mark, Disc):
        return replace(mark, centre=(mark.centre[0] * factor, mark.centre[1]))
    return replace(mark, points=tuple((across * factor, down) for across, down in mark.points))


def rectangle(left: float, top: float, width: float, height: float) -> tuple[Point, ...]:
    return ((left, top), (left + width, top), (left + width, top + height), (left, top + height))


def stacked(drawings: Sequence[Drawing], alt: str, columns: int = 1, gap: float = 8.0) -> Drawing:
    """Several drawings of one size as one, row by row."""
    if not drawings:
        return Drawing(360, 40, (Label((8, 24), "There is nothing to show yet."),), alt)
    width, height = max(each.width for each in drawings), max(each.height for each in drawings)
    rows = -(-len(drawings) // columns)
    marks = tuple(
        moved(mark, gap + number % columns * (width + gap), gap + number // columns * (height + gap))
        for number, each in enumerate(drawings)
        for mark in each.marks
    )
    across = min(columns, len(drawings))
    return Drawing(gap + across * (width + gap), gap + rows * (height + gap), marks, alt)
