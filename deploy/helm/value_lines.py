"""What values.yaml says of each value: its path, default and the sentence above it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.helm.charts import CHART

_TOLD = "# -- "
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z]\w*):(?P<rest> .*)?$")


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One documented value. `told`: empty where nothing stands above it."""

    path: str
    default: Any
    told: str


def value_lines(chart: Path = CHART) -> list[ValueLine]:
    """Each value that is told of, and each leaf that isn't, in the file's order."""
    text = (chart / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    lines: list[ValueLine] = []
    parents: list[tuple[int, str]] = []
    told, inside = "", -1
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(_TOLD):
            told = stripped.removeprefix(_TOLD)
            continue
        found = _KEY.match(line)
        if found is None:
            continue
        indent, key = len(found["indent"]), found["key"]
        if 0 <= inside < indent:
            continue
        inside = -1
        parents = [each for each in parents if each[0] < indent]
        path = ".".join([*(name for _, name in parents), key])
        default = _at(values, path)
        if told or not isinstance(default, dict):
            lines.append(ValueLine(path, default, told))
            # What stands below a value that is told of as a whole is its default.
            inside = indent
        else:
            parents.append((indent, key))
        told = ""
    return lines


def table(chart: Path = CHART) -> str:
    """The lines as a table of Markdown."""
    rows = ["| value | default | |", "|---|---|---|"]
    for each in value_lines(chart):
        default = json.dumps(each.default, separators=(", ", ": ")) if each.default not in ("", [], {}) else ""
        rows.append(f"| `{each.path}` | {f'`{default}`' if default else ''} | {each.told} |")
    return "\n".join(rows)


def _at(values: dict[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found[name]
    return found
