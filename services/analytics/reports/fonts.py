"""How wide text is, and what of it can be drawn: by the typefaces of a PDF, else as outlines of the fonts there are."""

from __future__ import annotations

from functools import lru_cache

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ft2font import LoadFlags

from analytics.reports.typefaces import FACES, Face, typeface

# Names of metrics are text: a dollar sign begins no formula.
rcParams["text.parse_math"] = False
_OTHERS = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Emoji",
    "Droid Sans Fallback",
)
MISSING = "▯"
"""In the place of a character that no font has."""
_JOINERS = "\u200c\u200d"
_MEASURED_AT = 100.0


@lru_cache(maxsize=3)
def font(face: Face) -> FontProperties:
    """The typeface, then what is installed for other scripts."""
    family, weight = FACES[face]
    installed = {each.name for each in fontManager.ttflist}
    return FontProperties(family=[family, *(each for each in _OTHERS if each in installed)], weight=weight)


def shown(text: str) -> str:
    """The text with signs for what can't be drawn."""
    if typeface("regular").writes(text):
        return text
    known = _characters()
    return "".join(each if ord(each) in known else "" if each in _JOINERS else MISSING for each in text)


@lru_cache(maxsize=50_000)
def width(text: str, size: float, face: Face) -> float:
    """In points; of scripts whose characters join, a little more than they take."""
    made = typeface(face)
    if made.writes(text):
        return made.width(text) * size
    return sum(made.width(each) if each in made.glyphs else _advance(each, face) for each in text) * size


def wrapped(text: str, size: float, room: float, face: Face = "regular") -> list[str]:
    """Lines that are no wider than `room`; a word that is wider is cut."""
    lines: list[str] = []
    line, taken = "", 0.0
    blank = width(" ", size, face)
    for word in text.split(" "):
        needed = width(word, size, face)
        if line and taken + blank + needed <= room:
            line, taken = f"{line} {word}", taken + blank + needed
            continue
        if line:
            lines.append(line)
        line, taken = word, needed
        while taken > room and len(line) > 1:
            cut = _cut(line, size, room, face)
            lines.append(line[:cut])
            line = line[cut:]
            taken = width(line, size, face)
    return [*lines, line]


def _cut(word: str, size: float, room: float, face: Face) -> int:
    """How many characters have room, at least one."""
    taken = 0.0
    for number, each in enumerate(word):
        taken += width(each, size, face)
        if taken > room:
            return max(number, 1)
    return len(word)


@lru_cache(maxsize=10_000)
def _advance(character: str, face: Face) -> float:
    """At size 1, between two bars, as a blank alone has no width."""
    measuring = get_font(_paths(face))
    measuring.set_size(_MEASURED_AT, 72)
    measuring.set_text(f"|{character}|", 0.0, flags=LoadFlags.NO_HINTING)
    with_it = measuring.get_width_height()[0]
    measuring.set_text("||", 0.0, flags=LoadFlags.NO_HINTING)
    return float(with_it - measuring.get_width_height()[0]) / 64 / _MEASURED_AT


@lru_cache(maxsize=3)
def _paths(face: Face) -> tuple[str, ...]:
    wanted = font(face)
    return tuple(
        str(findfont(FontProperties(family=[each], weight=wanted.get_weight()))) for each in wanted.get_family()
    )


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    return frozenset(code for path in _paths("regular") for code in get_font(path).get_charmap())
