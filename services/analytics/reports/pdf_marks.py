"""Marks as the operators of a PDF's page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from matplotlib.path import Path
from matplotlib.textpath import TextPath

from analytics.reports.drawings import Area, Disc, Label, Mark, Point, Stroke
from analytics.reports.fonts import font, shown, width
from analytics.reports.pdf_file import pdf_text
from analytics.reports.typefaces import Face, Typeface, typeface

RESOURCES: dict[Face, str] = {"regular": "/R", "bold": "/B", "mono": "/M"}
_BACK = {"start": 0.0, "middle": 0.5, "end": 1.0}
_ROUND = 0.5523
"""How far the handles of a quarter circle's curve are, in radii."""


class PageContent:
    """What stands on a page of this height. `opacities` by the name of their state, which the page has to know."""

    def __init__(self, marks: Iterable[Mark], height: float) -> None:
        self._height = height
        self.opacities: dict[str, float] = {}
        self._operators = [self._mark(each) for each in marks]

    @property
    def data(self) -> bytes:
        return "\n".join(self._operators).encode("ascii")

    def _mark(self, mark: Mark) -> str:
        if isinstance(mark, Label):
            return self._label(mark)
        if isinstance(mark, Stroke):
            dashes = " ".join(f"{each:g}" for each in mark.dashes)
            return f"{_colour(mark.colour)} RG {mark.width:g} w [{dashes}] 0 d {self._line(mark.points)} S"
        if isinstance(mark, Area):
            return self._area(mark)
        return self._disc(mark)

    def _area(self, area: Area) -> str:
        edge = f"{_colour(area.edge)} RG .5 w [] 0 d " if area.edge else ""
        fill = f"{edge}{_colour(area.colour)} rg {self._line(area.points)} h {'B' if area.edge else 'f'}"
        if area.opacity >= 1:
            return fill
        state = f"/O{round(100 * area.opacity)}"
        self.opacities[state] = area.opacity
        return f"q {state} gs {fill} Q"

    def _disc(self, disc: Disc) -> str:
        (x, y), r = disc.centre, disc.radius
        handle = r * _ROUND
        corners = [
            ((x + r, y - handle), (x + handle, y - r), (x, y - r)),
            ((x - handle, y - r), (x - r, y - handle), (x - r, y)),
            ((x - r, y + handle), (x - handle, y + r), (x, y + r)),
            ((x + handle, y + r), (x + r, y + handle), (x + r, y)),
        ]
        curves = " ".join(f"{' '.join(self._coordinates(each) for each in corner)} c" for corner in corners)
        colours = f"{_colour(disc.colour)} rg {_colour(disc.edge)} RG 1.2 w [] 0 d"
        return f"{colours} {self._coordinates((x + r, y))} m {curves} h B"

    def _label(self, label: Label) -> str:
        text = shown(label.text)
        if not text:
            return ""
        x, y = label.at
        x -= _BACK[label.anchor] * width(text, label.size, label.face)
        operators = []
        for run, written in _runs(text, typeface(label.face)):
            operators.append(self._written(label, run, (x, y)) if written else self._outlined(label, run, (x, y)))
            x += width(run, label.size, label.face)
        return "\n".join(operators)

    def _written(self, label: Label, text: str, at: Point) -> str:
        return (
            f"BT {_colour(label.colour)} rg {RESOURCES[label.face]} {label.size:g} Tf"
            f" {self._coordinates(at)} Td <{typeface(label.face).encoded(text)}> Tj ET"
        )

    def _outlined(self, label: Label, text: str, at: Point) -> str:
        """Of scripts that are not written letter by letter; the text goes with it for who searches or listens."""
        drawn = TextPath((0.0, 0.0), text, size=label.size, prop=font(label.face))
        said = f"/Span << /ActualText {pdf_text(text)} >> BDC"
        curves = " ".join(_segments(drawn))
        return f"{said} q 1 0 0 1 {self._coordinates(at)} cm {_colour(label.colour)} rg {curves} f Q EMC"

    def _line(self, points: Iterable[Point]) -> str:
        return " ".join(f"{self._coordinates(each)} {'l' if number else 'm'}" for number, each in enumerate(points))

    def _coordinates(self, point: Point) -> str:
        return f"{point[0]:.2f} {self._height - point[1]:.2f}"


def _runs(text: str, made: Typeface) -> Iterator[tuple[str, bool]]:
    """From left to right the parts that the typeface writes, and those that it doesn't with the blanks inside them."""
    kinds = "".join("." if made.writes(each) and each != " " else " " if each == " " else "x" for each in text)
    for found in re.finditer(r"x(?:[x ]*x)?|[. ]+", kinds):
        yield text[found.start() : found.end()], not found.group().startswith("x")


def _segments(path: Path) -> Iterable[str]:
    """Quadratic curves become cubic ones: the format has no others."""
    x = y = 0.0
    for values, code in path.iter_segments(curves=True, simplify=False):
        points = [float(each) for each in values]
        if code == Path.CLOSEPOLY:
            yield "h"
            continue
        if code == Path.CURVE3:
            across, down, *end = points
            points = [
                x + 2 * (across - x) / 3,
                y + 2 * (down - y) / 3,
                end[0] + 2 * (across - end[0]) / 3,
                end[1] + 2 * (down - end[1]) / 3,
                *end,
            ]
        x, y = points[-2:]
        operator = "m" if code == Path.MOVETO else "l" if code == Path.LINETO else "c"
        yield f"{' '.join(f'{each:.2f}' for each in points)} {operator}"


def _colour(code: str) -> str:
    return " ".join(f"{int(code[at : at + 2], 16) / 255:.3g}" for at in (1, 3, 5))
