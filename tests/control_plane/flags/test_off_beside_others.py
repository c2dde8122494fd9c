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


async def test_many_who_switch_the_same_flag_get_through(tenant: Any, database: Database, settings: str) -> None:
    """On, off and other edits at the same time: each follows the others, and every version is counted."""
    before = (await stored(database)).version
    answers = await asyncio.gather(
        *(tenant.api("PUT", f"{settings}/enabled", {"enabled": number % 3 == 0}) for number in range(24))
    )
    assert {each.status_code for each in answers} == {200}
    assert {each.json()["version"] for each in answers} == set(range(before + 1, before + 25))


async def test_an_edit_that_an_off_has_overtaken_is_of_an_old_version(
    tenant: Any, database: Database, settings: str
) -> None:
    """It is told what it is told of any other version, and the off stays."""
    etag = (await tenant.api("GET", settings)).headers["etag"]
    headers = {"If-Match": etag}
    edits = [tenant.api("PATCH", settings, {"report_exposures": True}, headers=headers) for _ in range(4)]
    offs = [tenant.api("PUT", f"{settings}/enabled", {"enabled": False}) for _ in range(4)]
    answers = await asyncio.gather(*(each for pair in zip(edits, offs, strict=True) for each in pair))
    assert {each.status_code for each in answers[1::2]} == {200}
    assert {each.status_code for each in answers[::2]} <= {200, 412}
    assert (await stored(database)).enabled is False
