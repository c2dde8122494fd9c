"""However long the log is, a page costs what it shows: each filter has an index, also behind row-level security."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from control_plane.changes.search import Search, newest_statement
from control_plane.database import Connection, Database

ENTRIES = 30_000
ROWS_READ_MAX = 1_000
# What is rare stands at the old end, where reading from the newest on would come last.
_FILL = """
INSERT INTO audit_entries (organization_id, number, at, actor_kind, actor_id, actor_name, project_id,
    environment_versions, entity, entity_key, action, previous_hash, hash, reason, behalf_kind, behalf_id, behalf_name)
SELECT $1, n, '2025-01-01Z'::timestamptz + n * interval '5 minutes',
    CASE WHEN n % 5000 = 7 AND n < 15000 THEN 'token' ELSE 'user' END,
    CASE WHEN n = 17 THEN $2 ELSE 'person-' || n % 50 END,
    CASE WHEN n = 17 THEN 'rare@example.com' ELSE 'p' || n % 50 END,
    CASE WHEN n < 40 THEN $3::uuid ELSE ($4::uuid[])[1 + n % 4] END,
    CASE WHEN n < 40 THEN jsonb_build_object($5::text, n) ELSE jsonb_build_object(($6::text[])[1 + n % 3], n) END,
    CASE WHEN n = 18 THEN 'holdout' ELSE 'flag' END, CASE WHEN n = 19 THEN 'rare-key' ELSE 'flag-' || n % 300 END,
    CASE WHEN n = 20 THEN 'undo' ELSE 'update' END, sha256(n::text::bytea), sha256(n::text::bytea),
    CASE WHEN n = 21 THEN 'OPS-4711: roll back' WHEN n % 5 = 0 THEN 'roll out more' END,
    CASE WHEN n = 22 THEN 'user' END, CASE WHEN n = 22 THEN $2 END, CASE WHEN n = 22 THEN 'maker' END
FROM generate_series(1, $7::int) n
"""
RARE, PROJECT, ENVIRONMENT = uuid4(), uuid4(), uuid4()
OTHERS = [uuid4() for _ in range(4)]
USUAL = [uuid4() for _ in range(3)]
SEARCHES: dict[str, tuple[dict[str, Any], list[str], int]] = {
    "everything": ({}, [], 50),
    "of a rare person, by id": ({"actor_id": str(RARE)}, [], 1),
    "of a rare person, by e-mail": ({"actor_name": "rare@example.com"}, [], 1),
    "of programs": ({"actor_kind": "token"}, [], 3),
    "on somebody's behalf": ({"behalf_id": str(RARE)}, [], 1),
    "a rare kind": ({"entity": "holdout"}, [], 1),
    "a usual kind": ({"entity": "flag"}, [], 50),
    "a key": ({"entity": "flag", "entity_key": "rare-key"}, [], 1),
    "keys that begin so": ({"key_prefix": "rare"}, [], 1),
    "usual keys that begin so": ({"key_prefix": "flag-"}, [], 50),
    "a rare action": ({"action": "undo"}, [], 1),
    "an old month": ({"since": datetime(2025, 1, 1, tzinfo=UTC), "until": datetime(2025, 1, 3, tzinfo=UTC)}, [], 50),
    "an old project": ({"project_id": PROJECT}, [], 39),
    "an old environment": ({"environment_id": ENVIRONMENT}, [], 39),
    "a usual environment": ({"environment_id": USUAL[0]}, [], 50),
    "a rare word": ({"words": "ops"}, ["ops"], 1),
    "two words": ({"words": "out roll"}, ["roll", "out"], 50),
    "a word in an environment": ({"words": "ops", "environment_id": ENVIRONMENT}, ["ops"], 1),
    "of some projects": ({"projects": frozenset([PROJECT, OTHERS[0]])}, [], 50),
    "of one project": ({"projects": frozenset([PROJECT])}, [], 39),
    "an action in an environment": ({"action": "undo", "environment_id": ENVIRONMENT}, [], 1),
}


async def fill(connection: Connection, organization: UUID) -> None:
    await connection.execute("SET LOCAL statement_timeout = 0")
    await connection.execute(
        "INSERT INTO organizations (id, key, name) VALUES ($1, $2, 'Long')", organization, f"long-{organization}"
    )
    others = [str(each) for each in USUAL]
    await connection.execute(_FILL, organization, str(RARE), PROJECT, OTHERS, str(ENVIRONMENT), others, ENTRIES)
    await connection.execute("ANALYZE audit_entries, audit_entry_environments, audit_entry_words")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def rows_read(node: dict[str, Any]) -> int:
    return int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))


async def test_a_page_reads_little_more_than_it_shows(database: Database) -> None:
    organization = uuid4()
    async with database.transaction(seconds=math.inf) as tx:
        await fill(tx, organization)
    for name, (wanted, words, count) in SEARCHES.items():
        search = Search(organization_id=organization, **wanted)
        for before in (None, (datetime(2025, 4, 1, tzinfo=UTC), 2**40)):
            sql, values = newest_statement(search, words, before, 50)
            async with database.transaction() as tx:
                await tx.execute("SET LOCAL ROLE verdict_app")
                await tx.execute("SELECT set_config('verdict.tenants', $1, true)", f"{{{organization}}}")
                await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
                [explained] = await tx.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", *values)
            plan = explained["Plan"]
            assert plan["Actual Rows"] == count, name
            read = [(each["Node Type"], rows_read(each)) for each in nodes(plan) if "Relation Name" in each]
            assert not [kind for kind, _ in read if kind == "Seq Scan"], (name, read)
            assert sum(rows for _, rows in read) <= ROWS_READ_MAX, (name, read)


def test_the_searches_use_each_filter() -> None:
    used = set(itertools.chain.from_iterable(wanted for wanted, _, _ in SEARCHES.values()))
    assert used == set(Search.__dataclass_fields__) - {"organization_id"}
