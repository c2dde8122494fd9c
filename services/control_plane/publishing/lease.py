"""Leadership by a lease row: one holder at a time by the database's clock, and a higher epoch for each new term."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from control_plane.database import Connection, Database

LEASE_SECONDS = 4.0
_HOLD = """
UPDATE leases SET holder = $2, expires_at = clock_timestamp() + make_interval(secs => $3)
WHERE name = $1 AND (holder = $2 OR holder IS NULL OR expires_at < clock_timestamp())
RETURNING epoch
"""
_STATE = """
SELECT epoch, blocked_epoch, holder IS NOT NULL AND expires_at > clock_timestamp() AS led FROM leases WHERE name = $1
"""
_LIFT = """
UPDATE leases SET epoch = GREATEST(epoch, $2) + 1, holder = NULL, expires_at = clock_timestamp(),
    blocked_epoch = NULL, blocked_since = NULL WHERE name = $1 RETURNING epoch
"""
_LEAVE = """
WITH mine AS (
    UPDATE leases SET holder = NULL, expires_at = clock_timestamp() WHERE name = $1 AND holder = $2 RETURNING name
)
SELECT pg_notify($3, '') FROM mine
"""
_BEGIN = "UPDATE leases SET epoch = epoch + 1 WHERE name = $1 AND holder = $2 RETURNING epoch"


@dataclass(frozen=True, slots=True)
class LeaseState:
    """`led`: somebody holds it. `blocked_epoch` is the stream's, where it is above `epoch`."""

    epoch: int
    blocked_epoch: int | None
    led: bool


async def lease_state(tx: Connection, name: str = "relay") -> LeaseState:
    row = await tx.fetchrow(_STATE, name)
    assert row is not None  # noqa: S101 - a migration inserts it
    return LeaseState(**row)


async def lock_lease(tx: Connection, name: str = "relay") -> None:
    """Nobody holds, renews or ends a term until the transaction ends."""
    await tx.execute("SELECT FROM leases WHERE name = $1 FOR UPDATE", name)


async def lift_epoch(tx: Connection, epoch: int, name: str = "relay") -> int:
    """Ends the present term, and lets the next ones begin above this epoch and the lease's own; answers above which."""
    lifted: int = await tx.fetchval(_LIFT, name, epoch)
    return lifted


class Lease:
    """A row that one process holds. What it protects must still be fenced by the epoch: a process may be paused.

    Holding it raises no epoch: only a term that may write takes the next one, so that the row's epoch stays one that
    this database has let onto the stream.
    """

    def __init__(self, database: Database, name: str = "relay", seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self._term: int | None = None
        self.holder: UUID = uuid4()

    async def hold(self) -> int | None:
        """Takes or renews the lease: the epoch of the last term, or None while somebody else holds it.

        Raises `Unavailable`."""
        async with self._database.transaction(seconds=self._seconds / 2) as tx:
            epoch: int | None = await tx.fetchval(_HOLD, self._name, self.holder, self._seconds)
        return epoch

    async def begin(self, last: int) -> int | None:
        """The epoch to write under: the last one if that was this holder's own, else the next. None when the lease has
        gone meanwhile. Raises `Unavailable`."""
        if last != self._term:
            async with self._database.transaction() as tx:
                self._term = await tx.fetchval(_BEGIN, self._name, self.holder)
        return self._term

    async def leave(self, channel: str) -> bool:
        """Leaves it to others, who are told on the channel; False where it was nobody's or somebody else's. Raises
        `Unavailable`."""
        async with self._database.transaction() as tx:
            return bool(await tx.fetch(_LEAVE, self._name, self.holder, channel))

    async def release(self) -> None:
        """Lets the next one begin at once."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE leases SET holder = NULL, expires_at = clock_timestamp() WHERE name = $1 AND holder = $2",
                self._name,
                self.holder,
            )
