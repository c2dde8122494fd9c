"""Who would hold a lease, and whether each reaches NATS: as they say in the database, by its clock."""

from __future__ import annotations

from uuid import UUID

from control_plane.database import Database

FRESH_SECONDS = 2.5
"""For how long what a candidate said counts: it says it each second."""
STEADY_SECONDS = 5.0
"""For how long a candidate must have reached NATS without a gap before a lease is left to it. After an outage of NATS
itself the leader is back before that, and nobody hands a lease to and fro while connections come and go."""
_SAY = """
WITH said AS (
    INSERT INTO lease_candidates AS own (name, holder, said_at, reaches_since)
    VALUES ($1, $2, clock_timestamp(), CASE WHEN $3 THEN clock_timestamp() END)
    ON CONFLICT (name, holder) DO UPDATE SET said_at = clock_timestamp(), reaches_since = CASE
        WHEN NOT $3 THEN NULL
        WHEN own.said_at > clock_timestamp() - make_interval(secs => $4)
            THEN COALESCE(own.reaches_since, clock_timestamp())
        ELSE clock_timestamp()
    END
), forgotten AS (
    DELETE FROM lease_candidates WHERE holder <> $2 AND said_at < clock_timestamp() - interval '1 minute'
)
SELECT EXISTS (
    SELECT FROM lease_candidates WHERE name = $1 AND holder <> $2
        AND said_at > clock_timestamp() - make_interval(secs => $4)
        AND reaches_since <= clock_timestamp() - make_interval(secs => $5)
)
"""


class Candidates:
    """Those of one lease, seen by `holder`, who is one of them. Who says nothing, as older versions do, is none."""

    def __init__(self, database: Database, holder: UUID, name: str = "relay") -> None:
        self._database = database
        self._holder = holder
        self._name = name

    async def say(self, *, reaches: bool) -> bool:
        """Says whether this one reaches NATS; answers whether another one does, and has for a while. Raises
        `Unavailable`."""
        async with self._database.transaction(seconds=FRESH_SECONDS / 2) as tx:
            another: bool = await tx.fetchval(_SAY, self._name, self._holder, reaches, FRESH_SECONDS, STEADY_SECONDS)
        return another

    async def withdraw(self) -> None:
        """Nothing is left to this one any more. Raises `Unavailable`."""
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM lease_candidates WHERE name = $1 AND holder = $2", self._name, self._holder)
