"""What a long audit log costs: lists, searches and writes with few entries and with many, and their ratio.

The many are of one organization, spread over a year, with fifty people, three hundred keys and some reasons.
"""

from __future__ import annotations

import time

import asyncpg

from benchmarks.control_plane_load import Client, Operation
from devstack.services import Credentials

_FILL = """
WITH head AS (SELECT organization_id, number FROM audit_heads ORDER BY number DESC LIMIT 1),
    environment AS (SELECT e.id, e.project_id FROM environments e JOIN head USING (organization_id) LIMIT 1)
INSERT INTO audit_entries (organization_id, number, at, actor_kind, actor_id, actor_name, project_id,
    environment_versions, entity, entity_key, action, before, after, previous_hash, hash, reason)
SELECT head.organization_id, head.number + n, now() - (($1::int - n) * interval '1 minute'), 'user',
    'person-' || n % 50, 'person-' || n % 50 || '@example.com', environment.project_id,
    jsonb_build_object(environment.id, n), 'flag_settings',
    'filler-' || n % 300 || '/production', 'update', '{"enabled":false}', '{"enabled":true}', sha256(n::text::bytea),
    sha256(n::text::bytea), CASE WHEN n % 10 = 0 THEN 'OPS-' || n || ' roll out' END
FROM head, environment, generate_series(1, $1::int) AS n
"""
_REPEATS = 100
_HEAD = """
UPDATE audit_heads h SET number = last.number, hash = last.hash FROM (
    SELECT organization_id, number, hash FROM audit_entries ORDER BY number DESC LIMIT 1
) last WHERE h.organization_id = last.organization_id
"""
SEARCHES = {
    "list 50 entries": "",
    "… of a person": f"&by={Credentials().admin_email}",
    "… of a project by its key": "&project=p",
    "… of an environment": "&project=p&environment=production",
    "… of a key": "&entity_key=thing/production",
    "… whose key begins so": "&key_prefix=thing",
    "… of an action, in a week": "&action=create&since=2026-01-01T00:00:00Z&until=2026-01-08T00:00:00Z",
    "… with a word in the reason": "&reason=ops-100",
}


async def measure_audit(client: Client, edit: Operation, url: str, entries: int) -> None:
    """Prints the table."""
    few = await _medians(client, edit)
    started = time.perf_counter()
    client.close()  # The server would give it up for idle meanwhile.
    await _fill(url, entries)
    print(f"\n{entries:,} audit entries more, in {time.perf_counter() - started:.0f} s")
    many = await _medians(client, edit)
    print(f"{'operation':<34}{'few, p50 ms':>14}{'many, p50 ms':>14}{'ratio':>8}")
    for name, before in few.items():
        print(f"{name:<34}{before * 1000:>14.1f}{many[name] * 1000:>14.1f}{many[name] / before:>8.2f}", flush=True)


async def _medians(client: Client, edit: Operation) -> dict[str, float]:
    # The server ends connections that nobody uses for some seconds.
    client.close()
    medians = {}
    for name, query in SEARCHES.items():

        async def read(client: Client, _: int, query: str = query) -> None:
            await client.call("GET", f"/organizations/b/audit?limit=50{query}")

        medians[name] = await _median(client, read)
    medians["switch a flag"] = await _median(client, edit)
    return medians


async def _median(client: Client, once: Operation) -> float:
    taken = []
    for number in range(_REPEATS):
        started = time.perf_counter()
        await once(client, number)
        taken.append(time.perf_counter() - started)
    return sorted(taken)[_REPEATS // 2]


async def _fill(url: str, entries: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(_FILL, entries, timeout=600)
    await connection.execute(_HEAD)
    await connection.execute("VACUUM ANALYZE audit_entries, audit_entry_environments, audit_entry_words", timeout=600)
    await connection.close()
