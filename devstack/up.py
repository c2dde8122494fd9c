"""`make up`: the stack and the services in the background, with the demo's data; addresses in build/devstack.json,
and for a shell in build/devstack.env.

The first time, the data comes from the same replay as in `make demo`, and a shop is made beside it: projects, a team,
flags, experiments, changes in review. Later runs find all of it in the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from rich.console import Console

from examples.cookie_cats.errors import ReplayError
from examples.cookie_cats.stages import Stages

from .down import stop_daemon
from .run_files import ADDRESS_FILE, STACK_FOLDER, Daemon, running_daemon
from .seed import seed, write_addresses

_START_SECONDS = 180.0
_POLL_SECONDS = 0.1


def bring_up(console: Console, *, empty: bool = False) -> Daemon | None:
    """The stack that runs now, with its data; None when it doesn't, and the console says why. `empty`: no data."""
    stages = Stages(console)
    daemon = running_daemon(STACK_FOLDER)
    started_here = daemon is None
    if daemon is None:
        with stages.stage("Starting the stack and the services"):
            daemon = _start_daemon(console)
        if daemon is None:
            return None
    try:
        if empty:
            write_addresses(daemon.addresses)
        else:
            seed(daemon, stages)
    except BaseException as error:
        if started_here:
            stop_daemon(STACK_FOLDER)
        if not isinstance(error, ReplayError):
            raise
        console.print(
            f"{error}\nLogs: {STACK_FOLDER}/*/log.txt; after `make clean` it begins anew.",
            style="red",
            markup=False,
            highlight=False,
        )
        return None
    console.print(
        f"The stack runs; addresses and keys are in {ADDRESS_FILE}. `make down` stops it.\n"
        f"Sign in at {daemon.addresses.origin}/ as {daemon.addresses.admin_email} with the password in that file.",
        highlight=False,
        soft_wrap=True,
    )
    return daemon


def main() -> int:
    """0 when it runs with its data."""
    parser = argparse.ArgumentParser(prog="make up", description="The stack in the background, with the demo's data.")
    parser.add_argument("--empty", action="store_true", help="without data, as a new installation is")
    return 0 if bring_up(Console(), empty=parser.parse_args().empty) else 1


def _start_daemon(console: Console) -> Daemon | None:
    STACK_FOLDER.mkdir(parents=True, exist_ok=True)
    log = STACK_FOLDER / "daemon.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack.daemon", str(STACK_FOLDER)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        daemon = _ready_daemon(process)
    except BaseException:
        process.terminate()
        raise
    if daemon is None:
        process.terminate()
        console.print(f"The stack did not start (log: {log}):\n{log.read_text('utf-8', 'replace')}", markup=False)
    return daemon


def _ready_daemon(process: subprocess.Popen[bytes]) -> Daemon | None:
    """Wait for the daemon to announce itself; None when it ends first or the time is up."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        daemon = running_daemon(STACK_FOLDER)
        if daemon is not None and daemon.pid == process.pid:
            return daemon
        time.sleep(_POLL_SECONDS)
    return None


if __name__ == "__main__":
    sys.exit(main())
