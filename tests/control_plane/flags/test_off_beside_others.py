"""Switching off waits for no other write of the project, and no other write undoes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from control_plane.database import Database
from control_plane.flags.models import SettingsRow
from control_plane.flags.repository import save_settings
from service_kit.problems import Unavailable

from tests.upgrades.story import FLAG
from tests.waiting import until

HELD = "SELECT FROM projects FOR UPDATE"


@pytest.fixture
async def settings(tenant: Any) -> str:
    """The path of a flag's settings; it is on."""
    flags = f"/projects/{tenant.project}/flags"
    await tenant.api.ok("POST", flags, FLAG | {"key": "a"})
    path = f"{flags}/a/environments/production"
    await tenant.api.ok("PUT", f"{path}/enabled", {"enabled": True})
    return path


async def stored(database: Database) -> SettingsRow:
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM flag_settings")
    assert row is not None
    names = SettingsRow.__dataclass_fields__
    return SettingsRow(**{name: row[name] for name in names})


@pytest.mark.parametrize("way", ["quick", "as a change"])
async def test_it_passes_a_write_that_holds_the_project(
    tenant: Any, database: Database, settings: str, way: str
) -> None:
    async with database.transaction() as tx:
        await tx.execute(HELD)
        if way == "quick":
            answer = await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
        else:
            answer = await tenant.api.changed("PATCH", settings, {"enabled": False})
        assert answer["enabled"] is False
        assert answer["environment_versions"].keys() == {"production"}
    assert (await tenant.api.ok("GET", settings))["enabled"] is False


async def test_what_was_read_before_does_not_undo_it(tenant: Any, database: Database, settings: str) -> None:
    read = await stored(database)
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    with pytest.raises(Unavailable, match="busy"):
        async with database.transaction() as tx:
            await save_settings(tx, replace(read, version=read.version + 1, enabled=True))
    assert (await stored(database)).enabled is False


async def test_it_follows_a_write_of_the_same_settings(tenant: Any, database: Database, settings: str) -> None:
    read = await stored(database)
    async with database.transaction() as tx:
        await tx.execute(HELD)
        await save_settings(tx, replace(read, version=read.version + 1, report_exposures=True))
        switching = asyncio.create_task(tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False}))

        async def waits() -> bool:
            async with database.connection() as connection:
                return bool(
                    await connection.fetchval(
                        "SELECT count(*) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                )

        await until(waits)
    answer = await switching
    assert (answer["enabled"], answer["report_exposures"], answer["version"]) == (False, True, read.version + 2)


async def test_an_old_version_is_refused_as_ever(tenant: Any, database: Database, settings: str) -> None:
    etag = (await tenant.api("GET", settings)).headers["etag"]
    await tenant.api.changed("PATCH", settings, {"report_exposures": True})
    answer = await tenant.api("PUT", f"{settings}/enabled", {"enabled": False}, headers={"If-Match": etag})
    assert answer.status_code == 412
    assert (await stored(database)).enabled is True
