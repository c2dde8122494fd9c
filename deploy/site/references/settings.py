"""The reference of the settings, from the file that holds them all: .env.example."""

from __future__ import annotations

import re

from deploy.site.references.tables import cell, code, table

_ABOUT = """\
Every process is told by variables of its environment, and refuses what it can't use with a sentence of what is wrong.
What the chart sets stands in [its values](../operations/chart.md)."""
_SECTION = re.compile(r"^# --- (.+?) -*$")
_SETTING = re.compile(r"^(#?)([A-Z][A-Z0-9_]+)=(.*)$")


def settings_page(text: str) -> str:
    """A table for each section; a setting without a comment of its own belongs to the one before."""
    parts = ["# Settings", _ABOUT]
    rows: list[list[str]] = []
    said: list[str] = []
    for line in text.splitlines():
        section, setting = _SECTION.match(line), _SETTING.match(line)
        if section:
            parts.append(table(("setting", "default", "meaning"), rows))
            parts.append(f"## {section[1][:1].upper()}{section[1][1:]}")
            rows, said = [], []
        elif setting:
            default = setting[3] if setting[1] or setting[3] else ""
            needed = "" if setting[1] or setting[3] else "set it"
            rows.append([code(setting[2]), code(default) or needed, cell(" ".join(said))])
            said = []
        elif line.startswith("# "):
            said.append(line.removeprefix("# "))
        elif not line:
            said = []
    parts.append(table(("setting", "default", "meaning"), rows))
    return "\n\n".join(each for each in parts if each) + "\n"
