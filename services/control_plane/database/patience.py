"""How long the database is waited for: by a request, and by the relay, which has connections of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `work` is all of one piece of work: its connection, its statements and its commit."""

    connect: float = 3.0
    statement: float = 6.0
    lock: float = 4.0
    work: float = 8.0


@dataclass(frozen=True, slots=True)
class Connections:
    """What a pool opens at most, what it keeps open, and what the server calls it by."""

    most: int = 10
    kept: int = 1
    name: str = "control_plane"


RELAY_CONNECTIONS = Connections(most=2, kept=2, name="control_plane relay")
"""One to work with and one to hold the lease beside it. Both are kept, so that nobody else takes their place."""
STATUS_CONNECTIONS = Connections(most=1, kept=1, name="control_plane status")
"""For metrics and readiness, which tell how publishing stands while requests use up the pool."""
