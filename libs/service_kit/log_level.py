"""`python -m service_kit.log_level more | back`: tells each process of Verdict's in this container, or of this user, to
log one level more (from INFO on: DEBUG), or what its settings say. It needs no restart and no file to write to.

A process hears SIGUSR1 as more and SIGUSR2 as back, so `kill` does as well where there is one.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

SIGNALS = {"more": signal.SIGUSR1, "back": signal.SIGUSR2}
_PROGRAMS = ("control_plane", "edge_evaluator", "event_ingestor", "analytics")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service_kit.log_level", description=__doc__)
    parser.add_argument("change", choices=SIGNALS)
    parser.add_argument("process", nargs="*", type=int, help="these alone, by their ids")
    options = parser.parse_args()
    told = []
    for process in listening(Path("/proc")):
        if not options.process or process in options.process:
            os.kill(process, SIGNALS[options.change])
            told.append(process)
    if not told:
        raise SystemExit("no process of Verdict's hears that here")
    sys.stdout.write(f"{options.change}: told {' '.join(map(str, told))}\n")


def listening(processes: Path) -> list[int]:
    """Processes of ours that would not end by the signal: those that hear both."""
    found = []
    for each in sorted(processes.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            ours = each.stat().st_uid == os.getuid() and int(each.name) != os.getpid()
            if ours and _is_of_verdict((each / "cmdline").read_bytes()) and _hears((each / "status").read_text()):
                found.append(int(each.name))
        except OSError:
            # It has ended meanwhile.
            continue
    return found


def _is_of_verdict(command: bytes) -> bool:
    words = [word.rsplit("/", 1)[-1].split(".", 1)[0] for word in command.decode(errors="replace").split("\0")[:3]]
    return any(word in _PROGRAMS for word in words)


def _hears(status: str) -> bool:
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return all(int(caught, 16) >> (number - 1) & 1 for number in SIGNALS.values())


if __name__ == "__main__":
    main()
