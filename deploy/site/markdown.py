"""GitHub's Markdown as Python-Markdown reads it: lists are indented by four, and begin after an empty line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_ITEM = re.compile(r"^( *)([-*+]|\d+[.)])( +)(?=\S)")
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})")
_CODE_OR_TEXT = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)", re.DOTALL)
_STEP = 4


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """The text with everything changed that stands in no block of code."""
    parts: list[str] = []
    for inside, lines in _parts(text.split("\n")):
        part = "\n".join(lines)
        parts.append(part if inside else change(part))
    return "\n".join(parts)


def _parts(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines, and whether they are a block of code with its fences."""
    run: list[str] = []
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if fence:
            run.append(line)
            if found and found[2].startswith(fence) and line.strip() == found[2]:
                yield True, run
                run, fence = [], ""
        elif found:
            if run:
                yield False, run
            run, fence = [line], found[2]
        else:
            run.append(line)
    if run:
        yield bool(fence), run


def pipes_in_code(text: str) -> str:
    """Rows of tables with `\\|` inside code as a plain pipe: Python-Markdown knows that it divides nothing there."""

    def row(line: str) -> str:
        if not line.lstrip().startswith("|"):
            return line
        return _CODE_OR_TEXT.sub(lambda found: found[0].replace("\\|", "|"), line)

    return outside_fences(text, lambda part: "\n".join(row(line) for line in part.split("\n")))


class _Lists:
    """The items that are open at a line: where the text of each begins, the outermost first."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def close(self, indent: int) -> None:
        """Close what a line that begins here is no part of."""
        while self.offsets and indent < self.offsets[-1]:
            self.offsets.pop()

    def moved(self, indent: int) -> int:
        """Where a line that begins here stands for Python-Markdown."""
        inside = indent - self.offsets[-1] if self.offsets else indent
        return _STEP * len(self.offsets) + max(inside, 0)


def regular_lists(text: str) -> str:
    """Lists as deep as they are meant, each after an empty line."""
    lists, written = _Lists(), list[str]()
    fence, move = "", 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        found = _FENCE.match(line)
        if fence:
            written.append(line if not line.strip() else " " * max(indent + move, 0) + line.lstrip(" "))
            if found and found[2].startswith(fence) and line.strip() == found[2]:
                fence = ""
            continue
        after_text = bool(written and written[-1].strip())
        item = _ITEM.match(line)
        if item and (lists.offsets or not after_text or item[2] in ("-", "*", "+", "1.", "1)")):
            if after_text and not lists.offsets:
                written.append("")
            lists.close(indent)
            written.append(" " * lists.moved(indent) + line.lstrip(" "))
            lists.offsets.append(item.end())
            continue
        if line.strip() and not (after_text and lists.offsets and not found and not line.startswith(("#", "|"))):
            lists.close(indent)
        if found:
            fence, move = found[2], lists.moved(indent) - indent
        if line.strip():
            written.append(" " * lists.moved(indent) + line.lstrip(" "))
        else:
            written.append("")
    return "\n".join(written)
