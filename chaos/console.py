"""Says what a run is doing: one line that changes on a terminal, a calm line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

_CALM_SECONDS = 30.0


class ProgressReporter:
    """Stages one after another."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._title = ""
        self._told = 0.0

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Tells the title, and at the end how long it took."""
        started = self._told = time.monotonic()
        self._title = title
        if self._console.is_terminal:
            with self._console.status(title) as self._status:
                yield
            self._status = None
        else:
            yield
        self._console.print(f"{title}: {time.monotonic() - started:.1f} s", highlight=False)

    def progress(self, text: str) -> None:
        """How far the stage is."""
        if self._status is not None:
            self._status.update(f"{self._title}: {text}")
        elif time.monotonic() - self._told >= _CALM_SECONDS:
            self._told = time.monotonic()
            self._console.print(f"  {text}", highlight=False)
