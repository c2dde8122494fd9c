"""Leadership by a lease row: one holder at a time by the database's clock, and a higher epoch for each new holder."""

from __future__ import annotations

from uuid import UUID, uuid4

from control_plane.database import Database

LEASE_SECONDS = 4.0
_HOLD = """
UPDATE leases SET
    epoch = CASE WHEN holder = $2 THEN epoch ELSE epoch + 1 END,
    holder = $2,
    expires_at = clock_timestamp() + make_interval(secs => $3)
WHERE name = $1 AND (holder = $2 OR holder IS NULL OR expires_at < clock_timestamp())
RETURNING epoch
"""


class Lease:
    """A row that one process holds. What it protects must still be fenced by the epoch: a process may be paused."""

    def __init__(self, database: Database, name: str = "relay", seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self.holder: UUID = uuid4()

    async def hold(self) -> int | None:
        """Takes or renews the lease: its epoch, or None while somebody else holds it. Raises `Unavailable`."""
        async with self._database.transaction(seconds=self._seconds / 2) as tx:
            epoch: int | None = await tx.fetchval(_HOLD, self._name, self.holder, self._seconds)
        return epoch

    async def release(self) -> None:
        """Lets the next one begin at once."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE leases SET holder = NULL, expires_at = clock_timestamp() WHERE name = $1 AND holder = $2",
                self._name,
                self.holder,
            )
