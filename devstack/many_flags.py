"""Thousands of flags in a project, as copies of one of them: requests of their own would take minutes."""

from __future__ import annotations

import asyncio

import asyncpg

COUNT_MAX = 50_000

_COPY_FLAGS = """
WITH one AS (
    SELECT f AS flag FROM flags f JOIN projects p ON p.id = f.project_id WHERE p.key = $1 AND f.key = $2
), copies AS (
    INSERT INTO flags
    SELECT (jsonb_populate_record(one.flag, jsonb_build_object(
        'id', gen_random_uuid(), 'key', $2 || '-' || lpad(n::text, 5, '0'), 'name', (one.flag).name || ' ' || n,
        'tags', ARRAY['team-' || n % 7]))).*
    FROM one, generate_series(1, $3::int) AS n
    ON CONFLICT (project_id, key) DO NOTHING
    RETURNING id
)
INSERT INTO flag_settings
SELECT (jsonb_populate_record(s, jsonb_build_object('flag_id', copies.id))).*
FROM copies, flag_settings s WHERE s.flag_id = (SELECT (flag).id FROM one)
"""


def copy_flag(url: str, project: str, flag: str, count: int) -> None:
    """Adds `FLAG-00001` to `FLAG-<count>`, each with the flag's settings and a tag out of seven.

    They are in the database alone: edges know one when it is changed. `project` is a key. Raises LookupError."""
    asyncio.run(_copy(url, project, flag, count))


async def _copy(url: str, project: str, flag: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        known = await connection.fetchval(
            "SELECT count(*) FROM flags f JOIN projects p ON p.id = f.project_id WHERE p.key = $1 AND f.key = $2",
            project,
            flag,
        )
        if known != 1:
            raise LookupError(f"{known} flags {flag!r} in projects {project!r}")
        await connection.execute(_COPY_FLAGS, project, flag, min(count, COUNT_MAX))
        await connection.execute("ANALYZE flags, flag_settings")
    finally:
        await connection.close()
