"""A flag that is on in production, and whoever takes the steps of its rollouts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from control_plane.app import rollouts_of
from control_plane.database import EVERY_TENANT, Database
from control_plane.quotas import Quotas, QuotaTelemetry
from control_plane.rollouts.records import RolloutParts
from control_plane.rollouts.scheduler import RolloutScheduler
from control_plane.rollouts.telemetry import RolloutTelemetry
from service_kit.telemetry import new_registry

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "new", "value": True}, {"key": "old", "value": False}],
    "off_variation": "old",
    "default": {"variation": "old"},
}
STEPS = [{"share": 10, "hold_seconds": 600}, {"share": 50, "hold_seconds": 600}, {"share": 100}]
ROLLOUT = {"key": "ship-it", "flag": "checkout", "variation": "new", "plan": {"steps": STEPS}}


@pytest.fixture
async def settings(tenant: Any) -> str:
    """The path of the flag's settings."""
    await tenant.api.ok("POST", f"/projects/{tenant.project}/flags", FLAG)
    path = f"/projects/{tenant.project}/flags/checkout/environments/production"
    await tenant.api.ok("PUT", f"{path}/enabled", {"enabled": True})
    return path


@pytest.fixture
async def rollouts(tenant: Any, settings: str) -> str:
    """Where rollouts are."""
    return f"{tenant.path}/rollouts"


@pytest.fixture
def parts() -> RolloutParts:
    return rollouts_of(Quotas({}, 0.05, QuotaTelemetry(new_registry())))


@pytest.fixture
def schedule(database: Database, parts: RolloutParts) -> Callable[..., Awaitable[None]]:
    """One look of the scheduler, in a term."""
    scheduler = RolloutScheduler(database, parts, RolloutTelemetry(new_registry()))

    async def look(epoch: int | None = None) -> None:
        if epoch is None:
            async with database.transaction(tenancy=EVERY_TENANT) as tx:
                epoch = await tx.fetchval("SELECT epoch FROM leases WHERE name = 'schedule'")
        await scheduler.take_all(epoch or 0)

    return look
