"""How publishing stands, as the database tells it to every process, whether its relay leads, is blocked or there is
none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from service_kit.clock import Clock
from service_kit.problems import Unavailable

from control_plane.database import Connection, Database
from control_plane.publishing.blocks import REASONS
from control_plane.publishing.lease import LeaseState, lease_state
from control_plane.publishing.telemetry import PublishingTelemetry

LOOK_SECONDS = 1.0
LATE_SECONDS = 30.0
"""A change that waits longer than this is told by readiness."""


@dataclass(frozen=True, slots=True)
class Status:
    """At one moment. `waiting_since`: when the oldest change that isn't published was made. `blocked` counts
    environments by reason."""

    waiting_since: datetime | None
    lease: LeaseState
    blocked: dict[str, int]


async def read_status(tx: Connection) -> Status:
    waiting_since = await tx.fetchval("SELECT min(created_at) FROM outbox")
    blocked = await tx.fetch("SELECT reason, count(*) AS environments FROM publication_blocks GROUP BY reason")
    lease = await lease_state(tx)
    return Status(waiting_since, lease, {each["reason"]: each["environments"] for each in blocked})


class PublishingStatus:
    """Looks every second, for metrics and readiness. Between looks, and while the database is away, ages go on."""

    def __init__(self, database: Database, clock: Clock, telemetry: PublishingTelemetry) -> None:
        self._database = database
        self._clock = clock
        self._telemetry = telemetry
        self._status: Status | None = None
        telemetry.unpublished_age.set_function(self.age_seconds)

    async def keep_looking(self) -> None:
        """Until it is cancelled, with a database that it opens and closes itself."""
        try:
            await self._database.open()
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._database.close()

    async def look(self) -> None:
        try:
            async with self._database.transaction() as tx:
                status = await read_status(tx)
        except Unavailable:
            self._telemetry.status_failures.inc()
            return
        self._status = status
        reasons = set(status.blocked) | ({"epoch_behind"} if status.lease.blocked_epoch is not None else set())
        for reason in REASONS:
            self._telemetry.blocked.labels(reason).set(reason in reasons)
        self._telemetry.blocked_environments.set(sum(status.blocked.values()))
        self._telemetry.led.set(status.lease.led)

    def age_seconds(self) -> float:
        """Of the oldest change that isn't published, 0 without one."""
        if self._status is None or self._status.waiting_since is None:
            return 0.0
        return max(0.0, self._clock.now() / 1000 - self._status.waiting_since.timestamp())

    async def check(self) -> str | None:
        """None, or what is wrong, in a sentence."""
        status = self._status
        if status is None:
            return "not known yet"
        lease = status.lease
        if lease.blocked_epoch is not None:
            return (
                f"nothing is published: what was published is of epoch {lease.blocked_epoch}, this database knows "
                f"{lease.epoch}; see `control_plane recover --show`"
            )
        if status.blocked:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(status.blocked.items()))
            return f"environments are not published ({reasons}); see `control_plane recover --show`"
        if not lease.led:
            return "no relay leads"
        age = self.age_seconds()
        return f"a change has been waiting to be published for {age:.0f} s" if age > LATE_SECONDS else None
