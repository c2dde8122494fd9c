"""The sockets of one port, one for each worker (`SO_REUSEPORT`): the system shares connections out among them.

The supervisor holds them all, so that what waits in the socket of a worker that died is not refused: its neighbours
take it.
"""

from __future__ import annotations

import socket

Sockets = tuple[tuple[socket.socket, ...], ...]
"""By worker, one for each address of the port."""


def bound(host: str, port: int, workers: int) -> Sockets:
    """Bound, not yet listening. Raises OSError."""
    found: list[tuple[socket.socket, ...]] = []
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    chosen: dict[tuple[int, str], int] = {}
    for _ in range(workers):
        mine = []
        for family, _, _, _, address in addresses:
            where = (family, str(address[0]))
            mine.append(_socket(family, (address[0], chosen.get(where, port), *address[2:])))
            chosen[where] = mine[-1].getsockname()[1]
        found.append(tuple(mine))
    return tuple(found)


def _socket(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def close(sockets: Sockets, *, besides: int | None = None) -> None:
    """Closes this process's copies, all but those of worker `besides`."""
    for number, mine in enumerate(sockets):
        if number != besides:
            for each in mine:
                each.close()
