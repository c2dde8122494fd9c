"""A drawing as the `<svg>` of a page: text stays text, and the title says what is seen."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from analytics.reports.content import plain
from analytics.reports.drawings import Area, Disc, Drawing, Label, Mark, Point, Stroke


def as_svg(drawing: Drawing) -> str:
    alt = escape(plain(drawing.alt))
    size = f'width="{_number(drawing.width)}" height="{_number(drawing.height)}"'
    box = f"0 0 {_number(drawing.width)} {_number(drawing.height)}"
    marks = "".join(_mark(each) for each in drawing.marks)
    return f'<svg role="img" aria-label="{alt}" {size} viewBox="{box}"><title>{alt}</title>{marks}</svg>'


def _mark(mark: Mark) -> str:
    if isinstance(mark, Stroke):
        dashes = f' stroke-dasharray="{" ".join(map(_number, mark.dashes))}"' if mark.dashes else ""
        return (
            f'<polyline points="{_points(mark.points)}" fill="none" stroke="{mark.colour}"'
            f' stroke-width="{_number(mark.width)}"{dashes}/>'
        )
    if isinstance(mark, Area):
        edge = f' stroke="{mark.edge}" stroke-width=".5"' if mark.edge else ""
        opacity = f' fill-opacity="{_number(mark.opacity)}"' if mark.opacity < 1 else ""
        return f'<polygon points="{_points(mark.points)}" fill="{mark.colour}"{opacity}{edge}/>'
    if isinstance(mark, Disc):
        x, y = map(_number, mark.centre)
        colours = f'fill="{mark.colour}" stroke="{mark.edge}" stroke-width="1.4"'
        return f'<circle cx="{x}" cy="{y}" r="{_number(mark.radius)}" {colours}/>'
    return _label(mark)


def _label(label: Label) -> str:
    x, y = map(_number, label.at)
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    weight = ' font-weight="600"' if label.face == "bold" else ""
    text = escape(label.text)
    return (
        f'<text x="{x}" y="{y}" font-size="{_number(label.size)}" fill="{label.colour}"{anchor}{weight}>{text}</text>'
    )


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
