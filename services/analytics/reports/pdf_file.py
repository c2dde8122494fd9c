"""The file format: numbered objects, a table of where they stand, the trailer. Nothing in it is of the moment."""

from __future__ import annotations

import zlib

from analytics.reports.typefaces import Typeface


class PdfFile:
    """Objects are numbered from 1 in the order they are added."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        """The number of an object that is said later."""
        self._objects.append(b"null")
        return len(self._objects)

    def put(self, number: int, content: str) -> None:
        self._objects[number - 1] = content.encode("ascii")

    def add(self, content: str) -> int:
        number = self.reserve()
        self.put(number, content)
        return number

    def add_stream(self, data: bytes, entries: str = "") -> int:
        packed = zlib.compress(data, 6)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries} >>\nstream\n"
        self._objects.append(head.encode("ascii") + packed + b"\nendstream")
        return len(self._objects)

    def add_typeface(self, made: Typeface) -> int:
        """A font whose codes are the numbers of its glyphs, with the characters that they stand for."""
        program = self.add_stream(made.program, f"/Length1 {len(made.program)}")
        box = " ".join(map(str, made.box))
        descriptor = self.add(
            f"<< /Type /FontDescriptor /FontName /{made.name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0"
            f" /Ascent {made.ascent} /Descent {made.descent} /CapHeight {made.ascent} /StemV 80"
            f" /FontFile2 {program} 0 R >>"
        )
        used = sorted(set(made.glyphs.values()))
        widths = " ".join(f"{glyph} [{made.advances[glyph]}]" for glyph in used)
        descendant = self.add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{made.name} /FontDescriptor {descriptor} 0 R"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            f" /CIDToGIDMap /Identity /DW 600 /W [{widths}] >>"
        )
        meaning = self.add_stream(_characters_of(made).encode("ascii"))
        return self.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{made.name} /Encoding /Identity-H"
            f" /DescendantFonts [{descendant} 0 R] /ToUnicode {meaning} 0 R >>"
        )

    def written(self, root: int, information: int) -> bytes:
        parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
        offsets, at = [], len(parts[0])
        for number, content in enumerate(self._objects, 1):
            part = f"{number} 0 obj\n".encode("ascii") + content + b"\nendobj\n"
            offsets.append(at)
            parts.append(part)
            at += len(part)
        table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
        size = len(self._objects) + 1
        parts.append(
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root {root} 0 R"
            f" /Info {information} 0 R >>\nstartxref\n{at}\n%%EOF\n".encode("ascii")
        )
        return b"".join(parts)


def pdf_text(text: str) -> str:
    """A text outside of a page's content."""
    return f"<feff{text.encode('utf-16-be').hex()}>"


def _characters_of(made: Typeface) -> str:
    meanings: dict[int, str] = {}
    for character, glyph in made.glyphs.items():
        meanings.setdefault(glyph, character)
    lines = [f"<{glyph:04x}> <{each.encode('utf-16-be').hex()}>" for glyph, each in sorted(meanings.items())]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    mapped = "\n".join("\n".join((f"{len(each)} beginbfchar", *each, "endbfchar")) for each in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{mapped}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )
