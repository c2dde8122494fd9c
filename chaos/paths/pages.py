"""What the documents say of faults: the table of faults, and the runbook of each alert."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.observability.catalogue import ROOT

FAULTS_PAGE = ROOT / "docs/operations/faults.md"
RUNBOOKS = ROOT / "docs/operations/runbooks"
_TABLE = "## Which fault leads where"
_BLOCK = re.compile(r"^(?:Once (\w+) answers:\n\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault, the figures that it moves, the alerts that ask these, and the dashboards that show them."""

    fault: str
    figures: tuple[str, ...]
    alerts: tuple[str, ...]
    dashboards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageCommand:
    """A block of a runbook: `bash`, `sql` or `promql`. `once`: the store that has to answer, where the page says so."""

    language: str
    text: str
    once: str = ""


def fault_rows() -> list[FaultRow]:
    """The rows of the table of faults, in its order."""
    part = FAULTS_PAGE.read_text(encoding="utf-8").split(_TABLE)[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in part.splitlines() if row.startswith("| ")]
    return [
        FaultRow(
            fault,
            tuple(re.findall(r"`(\w+)`", figures)),
            tuple(re.findall(r"\[(\w+)\]", told)),
            tuple(board.split(", ")),
        )
        for fault, figures, told, board in cells[1:]
    ]


def first_commands(alert: str) -> list[PageCommand]:
    """Those of an alert's runbook."""
    text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    return [PageCommand(language, block, once) for once, language, block in _BLOCK.findall(text)]


def users_notice(alert: str) -> str:
    """What the index of runbooks says of it."""
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    [said] = re.findall(rf"^\| \[{alert}\]\({alert}\.md\) \| \w+ \| (.+) \|$", index, re.MULTILINE)
    return str(said)
