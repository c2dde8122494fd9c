"""`make down`: stop what `make up` started; the data stays for the next time."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from .run_files import ADDRESS_FILE, SHELL_FILE, STACK_FOLDER, is_locked, lock_file, wait_unlocked

_STOP_SECONDS = 60.0


def stop_daemon(folder: Path) -> bool:
    """Stop the stack in this folder, ready or not; False when it would not stop."""
    if not is_locked(folder):
        return True
    with suppress(ProcessLookupError, ValueError):
        os.kill(int(lock_file(folder).read_text("ascii")), signal.SIGTERM)
    return wait_unlocked(folder, _STOP_SECONDS)


def main() -> int:
    """Stop the stack; 0 when nothing runs any more."""
    was_running = is_locked(STACK_FOLDER)
    stopped = stop_daemon(STACK_FOLDER)
    for file in (ADDRESS_FILE, SHELL_FILE):
        file.unlink(missing_ok=True)
    if not stopped:
        print(f"The stack in {STACK_FOLDER} did not stop within {_STOP_SECONDS:g} s.", file=sys.stderr)
        return 1
    print("The stack is stopped; its data stays." if was_running else "Nothing was running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
