"""`python -m chaos`: sow faults, hold the promises against the ledger; exit status 1 if any is broken."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console

from devstack.processes import PartFailedError

from .console import ProgressReporter
from .plan import Plan
from .promises import print_promises
from .run import run

_FOLDER = Path("build/chaos")
_INTERRUPTED = 130


def _plan(arguments: list[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long faults are sown (%(default)s)")
    parser.add_argument("--kills", type=int, help="one every three seconds if not given")
    parser.add_argument("--events", type=int, help="250 a second if not given")
    parser.add_argument("--edits", type=int, default=100, help="edits of flags while bus and control plane die")
    parser.add_argument("--users", type=int, default=1000, help="users asked for with everything down")
    parser.add_argument("--takeovers", type=int, default=8, help="of the scheduler and of the monitor (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed sows the same faults (%(default)s)")
    given = parser.parse_args(arguments)
    kills = given.kills if given.kills is not None else max(10, round(given.seconds / 3))
    events = given.events if given.events is not None else round(given.seconds * 250)
    if given.seconds <= 0 or kills < 1 or events < 1 or given.edits < 4 or given.users < 1 or given.takeovers < 2:
        parser.error("seconds, kills, events and users must be positive, edits at least 4, takeovers at least 2")
    return Plan(given.seconds, kills, events, given.seed, given.edits, given.users, takeovers=given.takeovers)


def main() -> int:
    """0 if every promise was kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan = _plan(sys.argv[1:])
    console = Console()
    try:
        promises = asyncio.run(run(plan, _FOLDER, ProgressReporter(console)))
    except PartFailedError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return _INTERRUPTED
    print_promises(console, promises)
    console.print(f"Report: {_FOLDER / 'report.json'}", highlight=False)
    return 0 if all(each.met for each in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
