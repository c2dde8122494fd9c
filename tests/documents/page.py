"""A page of the documentation, as what its reader does with it: files to save, commands to run, what is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`[^\n]*:\n\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_SHELLS = ("bash", "sh")
_SERVERS = ("python3 -m http.server", "node server")


@dataclass(frozen=True)
class Page:
    """The blocks of one page, in their order."""

    commands: list[str]
    """Each block of shell commands."""
    files: dict[str, str]
    """Blocks that a line such as "`main.py`, an application:" names, by path."""
    outputs: list[str]
    """Blocks without a language and a name: what the commands print."""

    def serving(self) -> list[tuple[list[str], str]]:
        """For each server that its commands start: the blocks before it, and the line that starts it."""
        found: list[tuple[list[str], str]] = []
        before: list[str] = []
        for block in self.commands:
            *lines, last = block.strip().splitlines()
            if not last.startswith(_SERVERS):
                before.append(block)
                continue
            found.append(([*before, "\n".join(lines)], last))
            before = []
        return found


def read(path: str) -> Page:
    """The page at this path below the root of the checkout."""
    return parsed((ROOT / path).read_text(encoding="utf-8"))


def parsed(text: str) -> Page:
    """The page with this text."""
    page = Page([], {}, [])
    for block in _BLOCK.finditer(text):
        if block["file"]:
            page.files[block["file"]] = block["text"]
        elif block["language"] in _SHELLS:
            page.commands.append(block["text"])
        elif not block["language"]:
            page.outputs.append(block["text"])
    return page
