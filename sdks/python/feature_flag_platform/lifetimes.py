"""Lifetimes: what becomes of clients when their process forks, and when it ends.

A child process has the parent's memory and none of its threads, so each client begins anew there. It neither closes nor
frees what it got from the parent: connections are still the parent's.
"""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Any, Protocol

EXIT_SECONDS = 5.0


class Living(Protocol):
    """A client, as far as forks and exits concern it."""

    def _forked(self) -> None:
        """Is called in a child process before any other code there; takes no lock that the parent may have held."""

    def close(self, timeout: float) -> bool:
        """Sends what is left within `timeout` seconds, and ends."""


_clients: weakref.WeakSet[Any] = weakref.WeakSet()
_left_behind: list[Any] = []
"""What the parent's connections hang on: kept, so that nothing closes them."""


def watch(client: Living) -> None:
    """From now on the client is told, for as long as somebody else holds it."""
    _clients.add(client)


def leave_behind(part: Any) -> None:
    """A part of the parent's that must not be finalised here."""
    _left_behind.append(part)


def _in_child() -> None:
    for client in list(_clients):
        client._forked()


def _at_exit() -> None:
    for client in list(_clients):
        client.close(EXIT_SECONDS)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
