"""A drawing as PNG."""

from __future__ import annotations

import io
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from analytics.reports.content import plain
from analytics.reports.drawings import Anchor, Area, Disc, Drawing, Label, Mark, Stroke
from analytics.reports.fonts import font, shown

_ALIGNED: dict[Anchor, Literal["left", "center", "right"]] = {"start": "left", "middle": "center", "end": "right"}
_INCH = 72.0


def as_png(drawing: Drawing) -> bytes:
    """Twice as fine as its points."""
    figure = Figure(figsize=(drawing.width / _INCH, drawing.height / _INCH), dpi=_INCH)
    FigureCanvasAgg(figure)
    onto = Affine2D().scale(1 / _INCH, -1 / _INCH).translate(0, drawing.height / _INCH) + figure.dpi_scale_trans
    for mark in drawing.marks:
        figure.add_artist(_artist(mark, onto))
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=2 * _INCH, metadata={"Description": shown(plain(drawing.alt))})
    return target.getvalue()


def _artist(mark: Mark, onto: Transform) -> Artist:
    if isinstance(mark, Label):
        return _text(mark, onto)
    if isinstance(mark, Stroke):
        across, down = zip(*mark.points, strict=True)
        line = Line2D(across, down, color=mark.colour, linewidth=mark.width, transform=onto)
        if mark.dashes:
            line.set_linestyle((0, tuple(each / mark.width for each in mark.dashes)))
        return line
    if isinstance(mark, Area):
        return Polygon(
            mark.points,
            closed=True,
            facecolor=(mark.colour, mark.opacity),
            edgecolor=mark.edge or "none",
            linewidth=0.5 if mark.edge else 0.0,
            transform=onto,
        )
    return _circle(mark, onto)


def _circle(disc: Disc, onto: Transform) -> Artist:
    return Circle(disc.centre, disc.radius, facecolor=disc.colour, edgecolor=disc.edge, linewidth=1.2, transform=onto)


def _text(label: Label, onto: Transform) -> Artist:
    properties = font(label.face).copy()
    properties.set_size(label.size)
    return Text(
        *label.at,
        shown(label.text),
        color=label.colour,
        fontproperties=properties,
        horizontalalignment=_ALIGNED[label.anchor],
        verticalalignment="baseline",
        parse_math=False,
        transform=onto,
    )
