"""`make dev`: the stack with its data, services that begin again when their sources change, pages that follow what is
saved; until Ctrl-C, which also stops a stack that was started here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from rich.console import Console

from .down import stop_daemon
from .run_files import STACK_FOLDER, is_locked
from .running_parts import RunningPart, read_parts
from .up import bring_up

_POLL_SECONDS = 0.5
_STOP_SECONDS = 10.0
_WATCHED = {".py", ".sql", ".csv"}
_OF_ANALYTICS = ("analytics", "loader", "monitor", "exporter")
_PROCESSES = {
    "services/control_plane": ("control_plane",),
    "services/edge_evaluator": ("edge_evaluator",),
    "services/event_ingestor": ("event_ingestor",),
    "services/analytics": _OF_ANALYTICS,
    "libs": ("control_plane", "edge_evaluator", "event_ingestor", *_OF_ANALYTICS),
}
"""The processes that run the sources of a folder."""

Times = dict[Path, int]
"""When each source was changed last, in nanoseconds."""


def sources(root: Path) -> Times:
    """Those of services and libraries below a checkout."""
    found: Times = {}
    for folder in _PROCESSES:
        for path in (root / folder).rglob("*"):
            if path.suffix in _WATCHED:
                # A file may go while one looks: editors write another one and rename it.
                with suppress(FileNotFoundError):
                    found[path] = path.stat().st_mtime_ns
    return found


def touched(root: Path, before: Times, after: Times) -> set[str]:
    """Names of the processes whose sources differ."""
    changed = {path for path, _ in before.items() ^ after.items()}
    return {
        name
        for folder, names in _PROCESSES.items()
        if any(path.is_relative_to(root / folder) for path in changed)
        for name in names
    }


def restart(parts: Iterable[RunningPart], names: set[str]) -> list[str]:
    """End these processes; the daemon starts them again. Returns those that ran."""
    found = [each for each in parts if each.name in names]
    for each in found:
        with suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGTERM)
    return [each.name for each in found]


def watch(root: Path, console: Console, pages: subprocess.Popen[bytes] | None) -> None:
    """Returns when the stack is gone, or the pages' server has ended."""
    known = sources(root)
    while is_locked(STACK_FOLDER) and (pages is None or pages.poll() is None):
        time.sleep(_POLL_SECONDS)
        now = sources(root)
        names = touched(root, known, now)
        known = now
        if names:
            console.print(f"Sources have changed: {', '.join(restart(read_parts(STACK_FOLDER), names))} again")


def _pages(root: Path) -> subprocess.Popen[bytes] | None:
    """Vite's server in front of the stack; None where Node is missing, which the script says."""
    if subprocess.run([root / "web/scripts/node"], check=False).returncode:
        return None
    return subprocess.Popen(["npm", "run", "--silent", "dev"], cwd=root / "web", start_new_session=True)


def _end(pages: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pages.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        pages.wait(_STOP_SECONDS)


def main() -> int:
    """0 after Ctrl-C; 1 when the stack did not start."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console, root = Console(), Path.cwd()
    with ExitStack() as undo:
        try:
            if not is_locked(STACK_FOLDER):
                undo.callback(stop_daemon, STACK_FOLDER)
            if bring_up(console) is None:
                return 1
            pages = _pages(root)
            if pages is not None:
                undo.callback(_end, pages)
            console.print("Sources are watched; Ctrl-C ends it.", highlight=False)
            watch(root, console, pages)
        except KeyboardInterrupt:
            console.print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
