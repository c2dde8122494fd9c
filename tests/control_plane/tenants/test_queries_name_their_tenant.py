"""Each query of a request names its organization: row-level security stands behind that, and is not what is relied on.

A day in which every operation is called says what there is to say."""

from __future__ import annotations

import re
from collections.abc import Sequence

import asyncpg
from control_plane.database import Database

from tests.control_plane.tenants.rows_of_tenants import tables_of
from tests.upgrades.day import live
from tests.upgrades.recording import Statement

NAMED = re.compile(r"organization_id\s*(=|IN\b)", re.IGNORECASE)
BY_ITSELF = {"FROM memberships WHERE user_id = $1": "a person is told of, or signed out, wherever they belong"}
"""Parts of statements that name no organization, and what holds them to one."""


def of_requests(said: Sequence[Statement]) -> set[str]:
    """What is said in transactions that work for tenants."""
    found, within = set(), False
    for each in said:
        if each.sql.startswith("BEGIN"):
            within = "verdict_app" in each.sql
        elif each.sql in ("COMMIT", "ROLLBACK"):
            within = False
        elif within:
            found.add(each.sql)
    return found


async def test_each_query_names_its_organization(database: Database, postgres_url: str) -> None:
    said, _, _ = await live(database)
    session = await asyncpg.connect(postgres_url)
    owned = [each.name for each in await tables_of(session) if each.owner == "organization_id"]
    await session.close()
    reading = re.compile(rf"\b(?:FROM|JOIN|UPDATE)\s+(?:{'|'.join(owned)})\b", re.IGNORECASE)
    nameless = {sql for sql in of_requests(said) if reading.search(sql) and not NAMED.search(sql)}
    assert {sql for sql in nameless if not any(part in sql for part in BY_ITSELF)} == set()
    assert len(of_requests(said)) > 100
