"""Stages with a progress bar on a terminal, and with two calm lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]
_REDRAW_SECONDS = 0.1


class Stages:
    """Tells the user what is going on, one stage after another; `seconds` keeps how long each took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """One stage; the yielded function reports that so many more of `total` are done."""
        started = time.monotonic()
        if self.console.is_terminal:
            with self._bar(title, total) as advance:
                yield advance
        else:
            self.console.print(f"{title} …", highlight=False)
            yield _say_nothing
        self.seconds[title] = seconds = time.monotonic() - started
        amount = "" if total is None else f"{total:,} "
        mark = "[green]✓[/green]" if self.console.is_terminal else " "
        self.console.print(f"{mark} {title}: {amount}in {seconds:.1f} s", highlight=False)

    def say(self, text: str) -> None:
        """One line between the stages."""
        self.console.print(text, highlight=False)

    @contextmanager
    def _bar(self, title: str, total: int | None) -> Iterator[Advance]:
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(title, total=total)
            done = 0
            redrawn = time.monotonic()

            def advance(count: int) -> None:
                nonlocal done, redrawn
                done += count
                now = time.monotonic()
                if now - redrawn > _REDRAW_SECONDS:
                    redrawn = now
                    progress.update(task, completed=done)

            yield advance
            progress.update(task, completed=done)


def _say_nothing(count: int) -> None:
    """Elsewhere than on a terminal only the beginning and the end of a stage are told."""
    del count
