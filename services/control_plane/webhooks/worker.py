"""The work behind webhooks: follows the audit log, keeps attempts going in two lanes, and takes old deliveries away.

Receivers that fail or are slow have a lane of their own: however many of them there are, and however long each takes,
the others' lane is free. In both, a webhook and an organization have their share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from service_kit.logs import get_logger
from service_kit.problems import NotFound
from service_kit.tasks import end, together

from control_plane.database import Database
from control_plane.webhooks import deliveries_repository
from control_plane.webhooks.delivery import Deliverer
from control_plane.webhooks.follower import AuditFollower
from control_plane.webhooks.models import Delivery
from control_plane.webhooks.receiver import ATTEMPT_SECONDS
from control_plane.webhooks.telemetry import WebhookTelemetry

LOOK_SECONDS = 1.0
CLAIM_SECONDS = ATTEMPT_SECONDS + 45
"""Longer than an attempt with all that stands around it may take."""
_TIDY_SECONDS = 600.0
_TIDY_ROWS = 5000
DELIVERIES_KEPT = 10_000
"""Of a webhook; what waits is kept beyond it."""
_log = get_logger("webhooks")


@dataclass(frozen=True, slots=True)
class Lane:
    """How many attempts run at once: in all of this process, of a webhook and of an organization in all processes."""

    slow: bool
    most: int
    of_webhook: int
    of_organization: int


def lanes(at_once: int) -> tuple[Lane, Lane]:
    """For so many attempts at once, half of them at receivers that are well."""
    half = max(1, at_once // 2)
    share = max(1, half // 4)
    return Lane(False, half, min(4, share), share), Lane(True, half, 1, share)


class WebhookWorker:
    """Runs in any number of processes at once; a delivery is claimed by one of them."""

    def __init__(
        self,
        *,
        database: Database,
        deliverer: Deliverer,
        telemetry: WebhookTelemetry,
        at_once: int = 64,
        days_kept: int = 14,
    ) -> None:
        self._database = database
        self._deliverer = deliverer
        self._telemetry = telemetry
        self._lanes = lanes(at_once)
        self._kept = timedelta(days=days_kept)
        self._follower = AuditFollower(database)
        self._wakes = {lane: asyncio.Event() for lane in self._lanes}

    async def run(self) -> None:
        """Until it is cancelled. What is under way then is attempted again when its claim has ended."""
        await together(self._follow(), self._tidy(), *(self._keep_sending(lane) for lane in self._lanes))

    async def turn(self) -> int:
        """Follows, then attempts what is due now, once; answers how many attempts that made."""
        await self._follower.turn()
        made = 0
        for lane in self._lanes:
            claimed = await self._claim(lane, lane.most)
            await asyncio.gather(*(self._deliver(*each) for each in claimed))
            made += len(claimed)
        return made

    async def tidy(self) -> int:
        """Takes away what is old or too much; answers how many deliveries."""
        async with self._database.transaction() as tx:
            removed = await deliveries_repository.remove_old(tx, tx.now - self._kept, _TIDY_ROWS)
        async with self._database.transaction() as tx:
            return removed + await deliveries_repository.remove_surplus(tx, DELIVERIES_KEPT)

    async def _follow(self) -> None:
        while True:
            with _told("the audit log could not be followed"):
                if queued := await self._follower.turn():
                    self._telemetry.queued.inc(queued)
                    for wake in self._wakes.values():
                        wake.set()
                async with self._database.transaction() as tx:
                    number, overdue = await deliveries_repository.waiting(tx)
                self._telemetry.waiting.set(number)
                self._telemetry.overdue.set(overdue)
            await asyncio.sleep(LOOK_SECONDS)

    async def _tidy(self) -> None:
        while True:
            with _told("old deliveries could not be taken away"):
                await self.tidy()
            await asyncio.sleep(_TIDY_SECONDS)

    async def _keep_sending(self, lane: Lane) -> None:
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                free = lane.most - len(running)
                with _told("deliveries could not be claimed"):
                    claimed = await self._claim(lane, free) if free else []
                    running |= {asyncio.create_task(self._deliver(*each)) for each in claimed}
                running = await self._until_there_is_more(lane, running)
        finally:
            await end(running)

    async def _until_there_is_more(self, lane: Lane, running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Until an attempt has ended, something was queued, or it is time to look; answers what still runs."""
        woken = asyncio.create_task(self._wakes[lane].wait())
        try:
            await asyncio.wait({woken, *running}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([woken])
        self._wakes[lane].clear()
        return {task for task in running if not task.done()}

    async def _claim(self, lane: Lane, wanted: int) -> list[tuple[Delivery, UUID]]:
        mark = uuid4()
        shares = (lane.of_webhook, lane.of_organization, wanted)
        async with self._database.transaction() as tx:
            claimed = await deliveries_repository.claim(tx, mark, slow=lane.slow, shares=shares, seconds=CLAIM_SECONDS)
        return [(each, mark) for each in claimed]

    async def _deliver(self, delivery: Delivery, mark: UUID) -> None:
        # A webhook that is deleted meanwhile takes its deliveries with it.
        with suppress(NotFound), _told("a delivery was not noted"):
            await self._deliverer.deliver(delivery, mark)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """A failure is told to the log, and what was to be done is done at the next look."""
    try:
        yield
    except NotFound:
        raise
    except Exception as error:
        _log.warning(what, error=type(error).__name__, said=str(error)[:200])
