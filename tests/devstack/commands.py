"""`up` and `down`, run as a user runs them, in a folder of the test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

UP_SECONDS = 280


def run(command: str, folder: Path) -> str:
    """What `python -m devstack.COMMAND` says; it must succeed."""
    module, *arguments = command.split()
    done = subprocess.run(
        [sys.executable, "-m", f"devstack.{module}", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=UP_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
