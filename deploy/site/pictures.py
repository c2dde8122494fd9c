"""Diagrams of pages as drawings that stand in the page, since a browser has no Mermaid without a network."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.site.errors import SiteError

_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LABEL = re.compile(r"\|([^|]+)\||[\[({]+([^\[\](){}]+)[\])}]+")
_TEXT = re.compile(r"<(?:text|tspan)[^>]*>([^<]+)<")
DRAWING = "path-of-data.drawing.svg"
"""The drawing of the one diagram that pages have."""


def with_drawings(text: str, assets: Path) -> str:
    """The page with the drawing in the place of a diagram. Raises `SiteError` where it lacks one of the words."""

    def drawing(found: re.Match[str]) -> str:
        drawn = (assets / DRAWING).read_text(encoding="utf-8")
        if missing := words(found[1]) - set(_TEXT.findall(drawn)):
            raise SiteError(f"{DRAWING} lacks {', '.join(sorted(missing))}, which the diagram has")
        return f'<figure class="drawing">\n{drawn.strip()}\n</figure>'

    return _MERMAID.sub(drawing, text)


def words(diagram: str) -> set[str]:
    """What the boxes and arrows of a Mermaid diagram say, line by line."""
    told = {line.strip() for label in _LABEL.findall(diagram) for line in re.split(r"<br ?/?>", "".join(label))}
    return {each for each in told if each}
