"""`make logs`: what the parts of the stack write, their last lines first and then as it comes, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from .run_files import STACK_FOLDER
from .running_parts import RunningPart, UnknownPartError, part_named, read_parts

_POLL_SECONDS = 0.2


class LogReader:
    """Reads one file on; begins anew where the file was cut. `before`: what stands in front of each line."""

    def __init__(self, path: Path, before: str) -> None:
        self._path = path
        self._before = before
        self._at = 0
        self._rest = ""

    def last(self, lines: int) -> list[str]:
        """The last lines that stand there; `further` goes on after them."""
        kept = deque(self.further(), maxlen=lines)
        return list(kept)

    def further(self) -> list[str]:
        """Whole lines that came since the last call."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                self._at = min(self._at, size) if size >= self._at else 0
                file.seek(self._at)
                text = self._rest + file.read().decode("utf-8", "replace")
                self._at = file.tell()
        except FileNotFoundError:
            return []
        *whole, self._rest = text.split("\n")
        return [self._before + line for line in whole]


def readers(parts: Sequence[RunningPart]) -> list[LogReader]:
    """One of each part; its name stands before its lines where there are several."""
    width = max((len(each.name) for each in parts), default=0)
    return [
        LogReader(Path(each.log), f"{each.name:<{width}} | " if len(parts) > 1 else "") for each in parts if each.log
    ]


def show(parts: Sequence[RunningPart], lines: int, *, follow: bool, output: TextIO) -> None:
    """Returns at once, or when the stack is gone where it follows."""
    open_files = readers(parts)
    for each in open_files:
        _write(output, each.last(lines))
    while follow and read_parts(STACK_FOLDER):
        time.sleep(_POLL_SECONDS)
        for each in open_files:
            _write(output, each.further())


def _write(output: TextIO, lines: Sequence[str]) -> None:
    output.writelines(f"{line}\n" for line in lines)
    output.flush()


def main() -> int:
    """0 when there was something to show; 1 when no part is called so."""
    parser = argparse.ArgumentParser(prog="make logs", description=__doc__)
    parser.add_argument("service", nargs="?", default="", help="one part alone, as `make ps` names it, or a word of it")
    parser.add_argument("--lines", type=int, default=20, help="how many of each part at first")
    parser.add_argument("--no-follow", dest="follow", action="store_false", help="end after those")
    options = parser.parse_args()
    parts = read_parts(STACK_FOLDER)
    if not parts:
        print("Nothing runs; `make up` starts it.")
        return 0
    try:
        chosen = [part_named(parts, options.service)] if options.service else parts
    except UnknownPartError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        show(chosen, options.lines, follow=options.follow, output=sys.stdout)
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
