"""What row-level security costs: the same transactions in one run, in turns, with it and without.

With it they work as the role that it holds to its tenants, without as a superuser. One connection each, an embedded
PostgreSQL, 20 tenants of 500 flags each."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

from control_plane.access import ProjectScope
from control_plane.database import Connection, Database, of_tenants, request_connections
from control_plane.entities.lists import ListFilter
from control_plane.flags.models import FLAGS
from service_kit.clock import SystemClock
from service_kit.pagination import PageRequest

from benchmarks.report import Report, accept_json
from devstack.stack import Stack

_FILL = """
SET session_replication_role = replica;
INSERT INTO organizations (key, name) SELECT 'o' || n, 'O' FROM generate_series(1, 20) AS n;
INSERT INTO projects (organization_id, key, name) SELECT id, 'p', 'P' FROM organizations;
INSERT INTO flags (id, organization_id, project_id, key, name, description, tags, type, variations, off_variation,
        default_serve, client_visible, archived, version, created_at, updated_at)
    SELECT gen_random_uuid(), organization_id, id, 'flag-' || n, 'F', '', '{}', 'boolean',
        '[{"key": "on", "value": true}, {"key": "off", "value": false}]', 'off', '{"variation": "on"}', false, false, 1,
        now(), now() FROM projects, generate_series(1, 500) AS n;
ANALYZE;
"""
Work = Callable[[Connection, ProjectScope], Awaitable[object]]


async def _nothing(_: Connection, __: ProjectScope) -> None:
    return


async def _read(tx: Connection, scope: ProjectScope) -> object:
    return await FLAGS.find(tx, scope, "flag-77")


async def _list(tx: Connection, scope: ProjectScope) -> object:
    return await FLAGS.page(tx, scope, PageRequest(limit=50, after=None), ListFilter())


async def _write(tx: Connection, scope: ProjectScope) -> object:
    return await tx.execute(
        "UPDATE flags SET updated_at = now() WHERE organization_id = $1 AND project_id = $2 AND key = 'flag-77'",
        scope.organization_id,
        scope.project_id,
    )


WORK: dict[str, Work] = {
    "a transaction with nothing in it": _nothing,
    "read a flag": _read,
    "list 50 flags": _list,
    "write a row": _write,
}


NOT_VARIED = ("the tenant that asks", "the row that is read and written", "connections (one each)")


async def measure(url: str, repeats: int, report: Report) -> None:
    owner = await Database.connect(url, SystemClock(), pool_size=1)
    await owner.migrate()
    async with owner.connection() as connection:
        await connection.execute(_FILL)
        row = await connection.fetchrow("SELECT organization_id, id FROM projects LIMIT 1")
        await connection.execute("SET session_replication_role = origin")
    assert row is not None
    scope = ProjectScope(row["organization_id"], row["id"], "p")
    tenants: list[UUID] = [scope.organization_id, *(uuid4() for _ in range(2))]
    tenancy = of_tenants(tenants, uuid4())
    guarded = Database(url, SystemClock(), request_connections(1))
    await guarded.open()
    print(f"{'transaction':<36}{'without µs':>12}{'with µs':>12}{'ratio':>8}")
    for name, work in WORK.items():
        taken: dict[bool, list[float]] = {False: [], True: []}
        for number in range(2 * repeats):
            is_guarded = bool(number % 2)
            started = time.perf_counter()
            if is_guarded:
                async with guarded.transaction(tenancy=tenancy) as tx:
                    await work(tx, scope)
            else:
                async with owner.transaction() as tx:
                    await work(tx, scope)
            taken[is_guarded].append(time.perf_counter() - started)
        without, within = (statistics.median(taken[each]) * 1e6 for each in (False, True))
        print(f"{name:<36}{without:>12.0f}{within:>12.0f}{within / without:>8.2f}", flush=True)
        report.add(row=name, without_us=round(without), with_us=round(within), ratio=round(within / without, 3))
    await guarded.close()
    await owner.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    accept_json(parser)
    given = parser.parse_args()
    report = Report("tenants", NOT_VARIED)
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), ("postgres",)) as stack:
        asyncio.run(measure(stack.postgres.create_database("tenants"), given.repeats, report))
    report.finish(given.json)


if __name__ == "__main__":
    main()
