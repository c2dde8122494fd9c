"""Free loopback ports that stay free while their server is down for a moment."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

_FIRST_PORT = 15_000
_TRIES = 200
_given: set[int] = set()
# Not the common generator: whoever seeds that would be given the ports of everybody else who does.
_chance = random.SystemRandom()


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on.

    The port lies below the range from which the system takes ports for outgoing connections: a server that is
    killed and started again finds its port still free. One process never gives a port twice, and tests that run side
    by side choose from ranges of their own: a server listens only seconds after its port was chosen. Raises `OSError`
    when no port is free.
    """
    first, end = _range()
    for _ in range(_TRIES):
        port = _chance.randrange(first, end)
        if port not in _given and is_free(port):
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


def _range() -> tuple[int, int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    width = (_first_ephemeral_port() - _FIRST_PORT) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return _FIRST_PORT + worker * width, _FIRST_PORT + (worker + 1) * width


def _first_ephemeral_port() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
    return first if first > _FIRST_PORT + 1_000 else 32_768
