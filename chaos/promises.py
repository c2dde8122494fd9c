"""What is promised, the figure that was measured, and whether it was kept; as a table and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Promise:
    """`shown_by` says what was done to it, `figure` what was found."""

    name: str
    shown_by: str
    figure: str
    met: bool


def print_promises(console: Console, promises: Sequence[Promise]) -> None:
    """One row each, and a line that sums them up."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_lines=False)
    table.add_column("Promise")
    table.add_column("Shown by")
    table.add_column("Figure")
    table.add_column("Met", no_wrap=True)
    for each in promises:
        table.add_row(each.name, each.shown_by, each.figure, "[green]yes[/green]" if each.met else "[red]NO[/red]")
    console.print(table)
    broken = [each.name for each in promises if not each.met]
    if broken:
        console.print(f"{len(broken)} of {len(promises)} promises broken: {'; '.join(broken)}", style="red")
    else:
        console.print(f"All {len(promises)} promises kept.", style="green")


def write_report(path: Path, promises: Sequence[Promise], facts: Mapping[str, object]) -> None:
    """Replaces the file; `facts` are about the run as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {**facts, "promises": [asdict(each) for each in promises], "met": all(each.met for each in promises)}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
