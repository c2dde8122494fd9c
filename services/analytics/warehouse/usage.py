"""Usage as it is stored: hours that are made out of minutes, and what is read of them.

Times are seconds of the epoch, as ClickHouse keeps them; `start <= time < stop` in whole hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from bucketing.limits import FLAG_VARIATIONS_MAX
from service_kit.clock import Clock
from service_kit.logs import get_logger

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.sql import query

HOUR = 3600
VARIATIONS_MAX = FLAG_VARIATIONS_MAX
"""Of a flag, told one by one: as many as a flag may have. Combinations of a remote config may be more."""
OTHERS = "…"
"""In place of a variation: all further ones. No variation has this key."""
MINUTES_KEPT_DAYS = 13
"""A day less than the table keeps: of an hour that is older, minutes may be gone."""
_LOOKED_BACK_SECONDS = 3 * 86_400
_OVERLAP_SECONDS = 120
_log = get_logger("usage")


class RollUp:
    """Makes each hour anew of which something was stored since the last time. Several may do it at once."""

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._since = 0

    async def run(self) -> list[int]:
        """The hours that were made. Raises WarehouseError; they are made the next time then."""
        now = self._clock.now() // 1000
        since = self._since or now - _LOOKED_BACK_SECONDS
        asked = {"since": since * 1000, "oldest": now - MINUTES_KEPT_DAYS * 86_400}
        hours = [row["hour"] for row in await self._warehouse.rows(query("usage_touched_hours"), asked)]
        for hour in hours:
            await self._warehouse.command(query("usage_roll_up"), {"hour": hour})
        self._since = now - _OVERLAP_SECONDS
        return hours

    async def look(self) -> None:
        """The same in the background: what is away is tried again."""
        try:
            await self.run()
        except WarehouseError as error:
            _log.warning("usage is not put together, trying again", error=str(error))


@dataclass(frozen=True, slots=True)
class UsageScope:
    """Which environment and time is asked about. `organization` and `environment` are ids."""

    organization: str
    environment: str
    start: int
    stop: int

    def parameters(self) -> dict[str, object]:
        return {
            "organization": self.organization,
            "environment": self.environment,
            "start": self.start,
            "stop": self.stop,
        }


class UsageReader:
    """Raises WarehouseError."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def flags(self, scope: UsageScope, flags: Collection[str], after: str, limit: int) -> list[Row]:
        """flag, evaluations, named, named_at, asked_at (0: never), by key; of these flags, or of all for none."""
        asked = scope.parameters() | {"flags": sorted(flags), "after": after, "limit": limit}
        return await self._warehouse.rows(query("usage_flags"), asked)

    async def points(
        self, scope: UsageScope, flags: Collection[str], width: int, *, minutes: bool = False
    ) -> list[Row]:
        """flag, variation, reason, error, point, evaluations, named. `width`: of a point, in seconds; out of `minutes`
        where it is no whole hours. Variations beyond `VARIATIONS_MAX` of a flag stand together as `OTHERS`."""
        asked = scope.parameters() | {"flags": sorted(flags), "width": width, "variations_max": VARIATIONS_MAX}
        return await self._warehouse.rows(query("usage_minute_points" if minutes else "usage_points"), asked)

    async def sdks(self, scope: UsageScope, flag: str) -> list[Row]:
        """sdk, evaluations, asked_at."""
        return await self._warehouse.rows(query("usage_sdks"), scope.parameters() | {"flag": flag})

    async def unknown(self, scope: UsageScope, after: str, limit: int) -> list[Row]:
        """flag, evaluations, first_at, last_at, last_sdk, sdks."""
        return await self._warehouse.rows(query("usage_unknown"), scope.parameters() | {"after": after, "limit": limit})

    async def evidence(
        self, organization: str, environments: Collection[str], flags: Collection[str], start: int
    ) -> tuple[list[Row], list[Row]]:
        """By environment, flag and variation: named_at, bulk_at (0: never), named and in_bulk since `start`, last_sdk;
        and by environment: first_at, last_at of anything that was told."""
        asked = {"organization": organization, "environments": sorted(environments)}
        of_flags = {"flags": sorted(flags), "start": start, "variations_max": VARIATIONS_MAX}
        counts = self._warehouse.rows(query("usage_evidence"), asked | of_flags)
        found, recorded = await asyncio.gather(counts, self._warehouse.rows(query("usage_recorded"), asked))
        return found, recorded
