"""Reads a PDF by the format's own rules: its table of objects, its pages, the text on them."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_SHOWN = re.compile(rb"/Span << /ActualText <feff([0-9a-f]*)> >> BDC|/([RBM]) [\d.]+ Tf [-\d. ]+ Td <([0-9a-f]*)> Tj")


@dataclass(frozen=True, slots=True)
class ReadPdf:
    """`pages`: the texts of each page, in the order in which they are written."""

    pages: list[list[str]]
    titles: list[str]

    @property
    def text(self) -> str:
        return "".join(each for page in self.pages for each in page)


def read_pdf(content: bytes) -> ReadPdf:
    """Raises AssertionError where the file is not what its table says."""
    objects = _objects(content)
    fonts = _fonts(objects)
    root = objects[int(_only(rb"/Root (\d+) 0 R", content))]
    pages = objects[int(_only(rb"/Pages (\d+) 0 R", root))]
    kids = [int(each) for each in re.findall(rb"(\d+) 0 R", _only(rb"/Kids \[([^\]]*)\]", pages))]
    assert len(kids) == int(_only(rb"/Count (\d+)", pages))
    outline = [each for each in objects.values() if b"/Dest [" in each and b"/Parent" in each]
    return ReadPdf(
        [_texts(_stream(objects[int(_only(rb"/Contents (\d+) 0 R", objects[kid]))]), fonts) for kid in kids],
        [bytes.fromhex(_only(rb"/Title <feff([0-9a-f]*)>", each).decode()).decode("utf-16-be") for each in outline],
    )


def _objects(content: bytes) -> dict[int, bytes]:
    assert content.startswith(b"%PDF-1.7")
    at = int(_only(rb"startxref\n(\d+)\n%%EOF\n$", content))
    offsets = re.findall(rb"(\d{10}) 00000 n ", content[at:])
    found = {}
    for number, offset in enumerate(offsets, 1):
        start = int(offset)
        head = b"%d 0 obj\n" % number
        assert content.startswith(head, start)
        end = int(offsets[number]) if number < len(offsets) else at
        found[number] = content[start + len(head) : end]
    return found


def _fonts(objects: dict[int, bytes]) -> dict[bytes, dict[str, str]]:
    page = next(each for each in objects.values() if b"/Type /Page " in each)
    found = {}
    for name, number in re.findall(rb"/([RBM]) (\d+) 0 R", page):
        meaning = _stream(objects[int(_only(rb"/ToUnicode (\d+) 0 R", objects[int(number)]))]).decode()
        pairs = re.findall(r"^<([0-9a-f]{4})> <([0-9a-f]+)>$", meaning, re.MULTILINE)
        found[name] = {code: bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}
    return found


def _texts(content: bytes, fonts: dict[bytes, dict[str, str]]) -> list[str]:
    texts = []
    for spoken, font, codes in _SHOWN.findall(content):
        if font:
            glyphs = codes.decode()
            texts.append("".join(fonts[font][glyphs[at : at + 4]] for at in range(0, len(glyphs), 4)))
        else:
            texts.append(bytes.fromhex(spoken.decode()).decode("utf-16-be"))
    return texts


def _stream(found: bytes) -> bytes:
    start = found.index(b"stream\n") + 7
    length = int(_only(rb"/Length (\d+)", found))
    return zlib.decompress(found[start : start + length])


def _only(pattern: bytes, content: bytes) -> bytes:
    matched = re.search(pattern, content)
    assert matched is not None, pattern
    return matched.group(1)
