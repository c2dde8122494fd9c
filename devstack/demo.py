"""`make demo`: everything started afresh, the main job on real data, the answers compared with the known ones."""

from __future__ import annotations

import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from examples.cookie_cats.errors import ReplayError
from examples.cookie_cats.replay import replay
from examples.cookie_cats.stages import Stages

from .daemon import addresses_of
from .interruption import run_interruptibly
from .one_origin import Gateway
from .processes import PartFailedError
from .run_files import is_locked
from .services import Credentials, Services
from .stack import Stack

_OUTPUT = Path("build/demo")
_INTERRUPTED = 130


def main() -> int:
    """Run the demo; 0 only if every known answer was found again."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    stages = Stages(console)
    folder = _OUTPUT / "stack"
    if is_locked(folder):
        console.print(f"Another demo is running in {folder}.")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with ExitStack() as undo:
            with stages.stage("Starting PostgreSQL, NATS, Redis and ClickHouse"):
                stack = undo.enter_context(Stack(folder))
            with stages.stage("Starting the services"):
                services = undo.enter_context(Services(folder, stack, Credentials()))
                gateway = undo.enter_context(Gateway(folder, services))
            replayed = run_interruptibly(replay(addresses_of(services, gateway), stages, _OUTPUT))
        console.print(
            f"The pages stood at {gateway.url}/ while this ran; `make up` keeps them, and names their address.",
            highlight=False,
        )
        return 0 if replayed.agrees else 1
    except (PartFailedError, ReplayError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        console.print(f"Logs: {folder}/*/log.txt", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
