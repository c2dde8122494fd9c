"""Sheets of A4 across, filled from the top; a sheet that is full is followed by the next."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.reports.content import shortened
from analytics.reports.drawings import INK, MUTED, Label, Mark
from analytics.reports.fonts import shown, wrapped
from analytics.reports.typefaces import Face

WIDTH, HEIGHT, MARGIN = 842.0, 595.0, 34.0
LINE = 1.32
"""The height of a line, in sizes of its font."""
_FOOT = 14.0


class Paper:
    """`at` is how far the present sheet is filled; `sections` are told by title, number of the sheet and place."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._sheets: list[list[Mark]] = []
        self.sections: list[tuple[str, int, float]] = []
        self.left, self.right = MARGIN, WIDTH - MARGIN
        self.turn()

    def turn(self) -> None:
        """Begins the next sheet."""
        self._sheets.append([])
        self.at = MARGIN

    @property
    def room(self) -> float:
        return HEIGHT - MARGIN - _FOOT - self.at

    @property
    def fresh(self) -> bool:
        return self.at == MARGIN

    def need(self, height: float) -> bool:
        """Begins a sheet if this one has no room for so much; whether it did."""
        if self.room >= height or self.fresh:
            return False
        self.turn()
        return True

    def begin(self, section: str) -> None:
        """Remembers on which sheet, and how far down, a section begins."""
        self.sections.append((section, len(self._sheets) - 1, self.at))

    def skip(self, height: float) -> None:
        self.at += height

    def draw(self, marks: Iterable[Mark]) -> None:
        self._sheets[-1].extend(marks)

    def text(self, text: str, size: float, colour: str = INK, face: Face = "regular") -> None:
        """Lines from the left to the right margin."""
        for line in wrapped(shown(text), size, self.right - self.left, face):
            self.need(LINE * size)
            self.skip(LINE * size)
            self.draw([Label((self.left, self.at - 0.3 * size), line, size, colour, face=face)])

    def finished(self) -> list[list[Mark]]:
        """All sheets, with their numbers."""
        for number, sheet in enumerate(self._sheets, 1):
            foot = HEIGHT - MARGIN + 6.0
            sheet.extend(
                (
                    Label((self.left, foot), shortened(self._title, 100), 6.5),
                    Label((self.right, foot), f"{number} / {len(self._sheets)}", 6.5, MUTED, "end"),
                )
            )
        return self._sheets
