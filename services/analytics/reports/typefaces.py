"""The typefaces of a PDF, cut down to the scripts that are written letter by letter."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties, findfont

Face = Literal["regular", "bold", "mono"]
FACES: dict[Face, tuple[str, str]] = {
    "regular": ("DejaVu Sans", "normal"),
    "bold": ("DejaVu Sans", "bold"),
    "mono": ("DejaVu Sans Mono", "normal"),
}
_RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x370, 0x3FF),
    (0x400, 0x45F),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x2044),
    (0x20A0, 0x20BF),
    (0x2100, 0x2126),
    (0x2190, 0x2195),
    (0x2260, 0x2265),
    (0x25A0, 0x25FF),
    (0x2713, 0x2717),
)
_ALSO = (0xAD, 0x2212, 0x221E, 0x26A0)
_SOFT_HYPHEN = 0xAD


@dataclass(frozen=True, slots=True)
class Typeface:
    """`glyphs` by character, `advances` in thousandths of the size by glyph; `program` is the font itself."""

    name: str
    glyphs: Mapping[str, int]
    advances: Mapping[int, int]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    program: bytes

    def writes(self, text: str) -> bool:
        return all(each in self.glyphs for each in text)

    def width(self, text: str) -> float:
        """At size 1."""
        thousandths = sum(self.advances[self.glyphs[each]] for each in text)
        return thousandths / 1000

    def encoded(self, text: str) -> str:
        """The text as the hexadecimal numbers of its glyphs."""
        return "".join(f"{self.glyphs[each]:04x}" for each in text)


@lru_cache(maxsize=3)
def typeface(face: Face) -> Typeface:
    """Made once; a tenth of a second each."""
    family, weight = FACES[face]
    source: Any = TTFont(str(findfont(FontProperties(family=[family], weight=weight))), recalcTimestamp=False)
    wanted = {*_ALSO, *(code for low, high in _RANGES for code in range(low, high + 1))} - {_SOFT_HYPHEN}
    options = Options(layout_features=[], hinting=False, glyph_names=False, notdef_outline=True)
    options.drop_tables += ["FFTM", "GSUB", "GPOS", "GDEF", "kern", "name", "post", "OS/2"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(source)
    per_em: int = source["head"].unitsPerEm

    def thousandths(value: float) -> int:
        return round(value * 1000 / per_em)

    glyphs = {chr(code): source.getGlyphID(name) for code, name in source.getBestCmap().items() if code in wanted}
    advances = {source.getGlyphID(name): thousandths(each[0]) for name, each in source["hmtx"].metrics.items()}
    head, hhea = source["head"], source["hhea"]
    target = io.BytesIO()
    source.save(target)
    return Typeface(
        name=f"{family.replace(' ', '')}-{weight.title()}",
        glyphs=glyphs,
        advances=advances,
        box=(thousandths(head.xMin), thousandths(head.yMin), thousandths(head.xMax), thousandths(head.yMax)),
        ascent=thousandths(hhea.ascent),
        descent=thousandths(hhea.descent),
        program=target.getvalue(),
    )
