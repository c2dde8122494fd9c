"""What one organization has under way is bounded, and refused to it alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from control_plane.database import Database
from service_kit import fair_requests

from tests.control_plane.conftest import Api, Tenant, new_tenant
from tests.waiting import until

CONNECTIONS = 12


async def flags_of(tenant: Tenant) -> httpx.Response:
    return await tenant.api("GET", f"/projects/{tenant.project}/flags")


async def test_the_loud_one_is_refused_and_the_quiet_one_waits(
    admin: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the database is free, so whatever is asked waits."""
    loud, quiet = await new_tenant(admin, "loud"), await new_tenant(admin, "quiet")
    monkeypatch.setattr(fair_requests, "UNDER_WAY_MAX", {"address": 100, "organization": 3})
    async with AsyncExitStack() as held:
        for _ in range(CONNECTIONS):
            await held.enter_async_context(database.transaction())
        asked = [asyncio.create_task(flags_of(loud)) for _ in range(5)]
        await until(lambda: sum(each.done() for each in asked) == 2)
        waits = asyncio.create_task(flags_of(quiet))
    assert (await waits).status_code == 200
    answers = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 429, 429]
    refused = next(each for each in answers if each.status_code == 429)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert (refused.json()["code"], refused.json()["limit"]) == (
        "too_many_requests",
        "requests_under_way_per_organization",
    )
    # Their places are free again.
    assert (await flags_of(loud)).status_code == 200
