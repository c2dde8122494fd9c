"""Free loopback ports that stay free while their server is down for a moment, also for others on this machine."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_FIRST_PORT = 15_000
_TRIES = 200
_given: set[int] = set()
# Not the common generator: whoever seeds that would be given the ports of everybody else who does.
_chance = random.SystemRandom()
_locks: dict[int, int] = {}
"""By process: a child that was forked has no lock of its parent's."""


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on, and that no other process is given while this one lives.

    The port lies below the range from which the system takes ports for outgoing connections: a server that is
    killed and started again finds its port still free. One process never gives a port twice. A server listens only
    seconds after its port was chosen; until then a lock on the port's byte of a file keeps it from test runs and
    stacks beside this one, and ends with the process, however that ends. Raises `OSError` when no port is free.
    """
    end = _first_ephemeral_port()
    for _ in range(_TRIES):
        port = _chance.randrange(_FIRST_PORT, end)
        if port not in _given and _is_ours(port) and is_free(port):
            _given.add(port)
            return port
    raise OSError("no free loopback port found")


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _is_ours(port: int) -> bool:
    """Whether the port's byte is locked by this process now. It stays so: closing the file would end all its locks."""
    try:
        fcntl.lockf(_lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):  # Either says that somebody else has it.
        return False
    return True


def _lock_file() -> int:
    """One file of each user's: another user's can't be opened everywhere, and ports of two users rarely meet."""
    process = os.getpid()
    if process not in _locks:
        path = Path(tempfile.gettempdir()) / f"verdict-ports-{os.getuid()}"
        _locks[process] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return _locks[process]


def _first_ephemeral_port() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
    return first if first > _FIRST_PORT + 1_000 else 32_768
