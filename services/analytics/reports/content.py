"""What a report says, before it is a page or a PDF: sections of paragraphs, tables and pictures.

Both renderers show all of it and add nothing; no figure is computed behind this point.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from analytics.reports.drawings import Drawing

Tone = Literal["good", "bad", "unclear", "waiting", "plain"]
SYMBOLS: dict[Tone, str] = {"good": "▲", "bad": "▼", "unclear": "○", "waiting": "…", "plain": "–"}
"""Beside each colour stands a sign, for who sees no colours and for paper without."""
_KEPT = frozenset({"\u200c", "\u200d"})


@dataclass(frozen=True, slots=True)
class Words:
    """A cell of text; `below` stands smaller under it."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A word for a state, with its colour and sign. `symbol`: another sign than the tone's."""

    text: str
    tone: Tone
    symbol: str = ""
    below: str = ""

    @property
    def sign(self) -> str:
        return self.symbol or SYMBOLS[self.tone]


Cell = Words | Badge | Drawing


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a table's column. `share`: of the table's width, against the others."""

    title: str
    share: float
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The first cell names the row. `note`: a line below it, over the whole width."""

    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `caption` says how to read it."""

    caption: str
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what belongs to each."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of one size, beside each other where there is room."""

    drawings: tuple[Drawing, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Text of machines, such as the inputs of a metric."""

    title: str
    text: str


Block = Paragraph | Facts | Grid | Pictures | Listing


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    where: str
    sections: tuple[Section, ...]


def plain(text: str) -> str:
    """A name as text of one line: what moves the text around it or is no character is left out."""
    return "".join(
        " " if character in "\t\n\r\v\f" else character
        for character in text
        if character in "\t\n\r\v\f" or character in _KEPT or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    ).strip()


def shortened(name: str, longest: int = 46) -> str:
    """A name where there is room for so many characters."""
    text = plain(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
