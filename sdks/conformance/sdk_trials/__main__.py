"""`python -m sdk_trials --driver "COMMAND" [--kind server|client] [NAME…]`: tries an SDK.

Prints a line for each promise. Exit 1 when one is not kept.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from sdk_trials.suite import run_all, trials


def main() -> int:
    """The number of faults, as an exit status."""
    parser = argparse.ArgumentParser(prog="python -m sdk_trials", description="Holds an SDK to docs/sdks.md.")
    parser.add_argument("--driver", required=True, help="the command that starts the SDK's driver")
    parser.add_argument("--kind", choices=("server", "client"), default="server", help="of its SDK key")
    parser.add_argument("--workers", type=int, default=4, help="trials at a time")
    parser.add_argument("names", nargs="*", help="of trials; by default all")
    arguments = parser.parse_args()
    chosen = [one for one in trials(arguments.kind) if not arguments.names or one.name in arguments.names]
    failed = 0
    for outcome in run_all(chosen, shlex.split(arguments.driver), arguments.kind, arguments.workers):
        failed += bool(outcome.fault)
        told, one = "FAILED" if outcome.fault else "ok", outcome.trial
        print(f"{told:7}{outcome.seconds:6.1f} s  {one.name}: {one.promise}")
        for line in outcome.fault.splitlines():
            print(f"{'':17}{line}")
    print(f"{len(chosen) - failed} of {len(chosen)} promises kept")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
