"""How long the database is waited for: by a request, and by the relay, which has connections of its own."""

from __future__ import annotations

from dataclasses import dataclass

from control_plane.database.tenancy import ACCOUNTS_ROLE, APP, SYSTEM


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `work` is all of one piece of work: its connection, its statements and its commit."""

    connect: float = 3.0
    statement: float = 6.0
    lock: float = 4.0
    work: float = 8.0


@dataclass(frozen=True, slots=True)
class Connections:
    """What a pool opens at most, what it keeps open, what the server calls it by, and the role that it works as; None
    is the login's own. `idle`: the seconds after which the server ends a transaction that does nothing, with its locks.
    `each`: how many of them the requests of one organization have at once; None: all.
    """

    most: int = 10
    kept: int = 1
    name: str = "control_plane"
    role: str | None = None
    idle: float = 30.0
    each: int | None = None


def request_connections(most: int) -> Connections:
    """They see nothing by themselves: each transaction says whose rows it works on."""
    return Connections(most=most, role=APP, each=_all_but_a_quarter(most))


def _all_but_a_quarter(most: int) -> int:
    """Nobody waits for the work of one organization alone."""
    return most - most // 4


ACCOUNT_CONNECTIONS = Connections(most=4, kept=0, name="control_plane accounts", role=ACCOUNTS_ROLE, each=3)
"""Who asks is found in one round trip, so by connections that are for nothing else."""
RELAY_CONNECTIONS = Connections(most=6, kept=2, name="control_plane relay", role=SYSTEM)
"""One to work with and one to hold the lease beside it: both are kept, so that nobody else takes their place.
Further ones for environments side by side, and for one that is read whole."""
OPERATOR_CONNECTIONS = Connections(most=2, name="control_plane command", role=SYSTEM)
STATUS_CONNECTIONS = Connections(most=1, kept=1, name="control_plane status", role=SYSTEM)
"""For metrics and readiness, which tell how publishing stands while requests use up the pool."""
SCHEDULE_CONNECTIONS = Connections(most=2, kept=1, name="control_plane schedule", role=SYSTEM, idle=5.0)
"""One to take steps with and one to hold the lease beside it. A scheduler that is frozen in the middle of a step keeps
the next one from its project hardly longer than the lease does."""
WEBHOOK_CONNECTIONS = Connections(most=3, kept=1, name="control_plane webhooks", role=SYSTEM)
"""For following the audit log and noting attempts; none is held while a receiver is waited for."""
