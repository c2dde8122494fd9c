"""`python -m chaos.alert_paths`: causes each fault, and walks to its alert, its runbook, its dashboard, its end.

Exit status 1 if an alert that should fire doesn't, another one does, a command of a page fails, or no panel shows a
figure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from devstack.processes import PartFailedError

from .paths.faults import FAULTS
from .paths.page_rows import page_rows
from .paths.stage import Stage, staged
from .paths.walk import Fault, Walked, ended, walk

_FOLDER = Path("build/alert-paths")


def main(words: Sequence[str] | None = None) -> int:
    """0 if every path led to its end."""
    parser = argparse.ArgumentParser(prog="chaos.alert_paths", description=__doc__)
    parser.add_argument(
        "--pace",
        type=float,
        default=10.0,
        help="durations, ages and counts of the rules are divided by it (%(default)s)",
    )
    parser.add_argument("--only", nargs="*", choices=[each.key for each in FAULTS], help="these faults")
    parser.add_argument(
        "--end-seconds", type=float, default=400.0, help="how long the last alerts are waited for (%(default)s)"
    )
    parser.add_argument("--folder", type=Path, default=_FOLDER)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was seen to this file")
    parser.add_argument(
        "--rows", type=Path, nargs="+", metavar="FILE", help="print the page's rows of such files, and end"
    )
    given = parser.parse_args(words)
    if given.rows:
        print("\n".join(page_rows([json.loads(each.read_text("utf-8")) for each in given.rows], FAULTS)))
        return 0
    by_key = {each.key: each for each in FAULTS}
    chosen = [by_key[each] for each in given.only or by_key]
    console = Console()
    try:
        walked = asyncio.run(_walk_all(chosen, given, console))
    except PartFailedError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    return 0 if all(each.met for each in walked) else 1


async def _walk_all(chosen: Sequence[Fault], given: argparse.Namespace, console: Console) -> list[Walked]:
    shutil.rmtree(given.folder, ignore_errors=True)
    walked: list[Walked] = []
    async with staged(given.folder, given.pace) as stage:
        for each in chosen:
            walked.append(await walk(stage, each))
            _tell(console, walked[-1])
            _keep(given.json, stage, walked)
        await _until_ended(stage, walked, given.end_seconds)
        _keep(given.json, stage, walked)
    for one in walked:
        console.print(f"{one.fault}: ended {one.ended_after_seconds}", highlight=False)
    return walked


def _keep(file: Path | None, stage: Stage, walked: Sequence[Walked]) -> None:
    """After each fault, so that what was seen outlasts an interruption."""
    for each in walked:
        ended(stage, each)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(_document(walked, stage.pace), indent=1) + "\n", "utf-8")


async def _until_ended(stage: Stage, walked: Sequence[Walked], seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        for each in walked:
            ended(stage, each)
        open_ones = [each for each in walked if None in each.ended_after_seconds.values()]
        if not open_ones or time.monotonic() > until:
            return
        await asyncio.sleep(1)


def _tell(console: Console, walked: Walked) -> None:
    console.print(f"{'met' if walked.met else 'NOT MET'}  {walked.fault}: {walked.done}", highlight=False, markup=False)
    for alert, seconds in walked.fired_after_seconds.items():
        console.print(
            f"    {alert}: {'did not fire' if seconds is None else f'fired after {seconds} s'}", highlight=False
        )
    if walked.fired_with_it:
        console.print(f"    with it: {', '.join(walked.fired_with_it)}", highlight=False)
    if walked.fired_besides:
        console.print(f"    BESIDES: {', '.join(walked.fired_besides)}", highlight=False)
    for alert, told in walked.commands.items():
        for each in told:
            if each.outcome == "failed":
                console.print(f"    {alert} FAILED {each.command}: {each.said}", highlight=False, markup=False)
    for figure, titles in walked.panels.items():
        if not titles:
            console.print(f"    NO PANEL shows {figure}", highlight=False)
    if walked.error:
        console.print(f"    {walked.error}", style="red", markup=False, highlight=False)


def _document(walked: Sequence[Walked], pace: float) -> dict[str, Any]:
    return {
        "pace": pace,
        "met": all(each.met for each in walked),
        "walked": [{**asdict(each), "met": each.met} for each in walked],
    }


if __name__ == "__main__":
    sys.exit(main())
