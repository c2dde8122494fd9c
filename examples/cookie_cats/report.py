"""What the user sees at the end: a table, the comparison with the known answers, and a picture of the lifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from .known_answers import Check
from .players import ARMS


@dataclass(frozen=True)
class Outcome:
    """One metric: its value in each arm, and the lift of gate_40 over gate_30 (0.01 is one percent)."""

    title: str
    control: float
    treatment: float
    lift: float
    lift_low: float
    lift_high: float
    p: float
    method: str
    is_rate: bool


def print_outcomes(console: Console, outcomes: Sequence[Outcome], confidence: float) -> None:
    """Print one row per metric; `confidence` is that of the intervals (0.95)."""
    table = Table(title="gate_40 against gate_30", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Metric", no_wrap=True)
    for heading in (*ARMS, "Lift", f"{confidence:.0%} interval", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Method")
    for outcome in outcomes:
        shown = "{:.2%}" if outcome.is_rate else "{:.2f}"
        interval = f"{outcome.lift_low:+.2%} … {outcome.lift_high:+.2%}"
        table.add_row(
            outcome.title,
            shown.format(outcome.control),
            shown.format(outcome.treatment),
            f"{outcome.lift:+.2%}",
            interval,
            f"{outcome.p:.4f}",
            outcome.method,
        )
    console.print(table)


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print every known answer beside what was found."""
    table = Table(title="Known answers")
    table.add_column("Figure")
    table.add_column("Expected", justify="right")
    table.add_column("Found", justify="right")
    table.add_column("")
    for check in checks:
        mark = "[green]agrees[/green]" if check.agrees else "[red]differs[/red]"
        table.add_row(check.name, check.expected, check.found or "nothing", mark)
    console.print(table)


def draw_lifts(outcomes: Sequence[Outcome], confidence: float, file: Path) -> None:
    """Write a picture (PNG) of each metric's lift with its interval around the line of no effect."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # half a second, only needed here
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 1.2 + 0.7 * len(outcomes)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for row, outcome in enumerate(outcomes):
        clear = not outcome.lift_low <= 0 <= outcome.lift_high
        colour = "#c0392b" if clear and outcome.lift < 0 else "#1e8449" if clear else "#566573"
        axes.plot([100 * outcome.lift_low, 100 * outcome.lift_high], [row, row], color=colour, linewidth=3)
        axes.plot([100 * outcome.lift], [row], marker="o", markersize=8, color=colour)
        axes.annotate(
            f"{outcome.lift:+.2%}  (p = {outcome.p:.4f})",
            (100 * outcome.lift, row),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(outcomes)), [outcome.title for outcome in outcomes])
    axes.set_ylim(len(outcomes) - 0.5, -0.7)
    axes.set_xlabel(f"Lift of gate_40 over gate_30 in percent, with {confidence:.0%} intervals")
    axes.set_title("Cookie Cats: the first gate at level 40 instead of 30", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(file, dpi=130)
