"""Tables and cells in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CODE = re.compile(r"(`+)(?:.+?)\1(?!`)")


def cell(text: str) -> str:
    """Text as one cell: on one line, with nothing that divides or is markup of HTML."""
    line = " ".join(text.split())
    outside, end = [], 0
    for found in _CODE.finditer(line):
        outside += [_plain(line[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*outside, _plain(line[end:])])


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def code(text: str) -> str:
    """A name or a value as code; nothing stays nothing."""
    return f"`{' '.join(text.split())}`" if text else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An empty text where there are no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines) + "\n"
