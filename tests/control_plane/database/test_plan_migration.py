"""Plans and guardrails that an earlier version stored, after migration 31."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from control_plane.database import Database, migrate
from control_plane.database.migrate import read_migrations
from service_kit.clock import SystemClock

OLD = {
    "alpha": 0.05,
    "mode": "fixed",
    "planned_looks": None,
    "planned_units": None,
    "correction": "holm",
    "cuped": False,
}
PLANS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "fixed-without-size": (OLD | {"planned_looks": 3}, OLD | {"mode": "always_valid"}),
    "fixed-with-size": (OLD | {"planned_units": 900}, OLD | {"planned_units": 900}),
    "group": (OLD | {"mode": "group", "planned_units": 900, "planned_looks": 3},) * 2,
    "always-valid-with-looks": (OLD | {"mode": "always_valid", "planned_looks": 3}, OLD | {"mode": "always_valid"}),
    "uncorrected": (OLD | {"mode": "always_valid", "correction": "none"}, OLD | {"mode": "always_valid"}),
}
METRICS: list[dict[str, Any]] = [
    {"metric": "b", "role": "guardrail", "margin": 0.0},
    {"metric": "a", "role": "goal", "margin": None},
    {"metric": "c", "role": "guardrail", "margin": 0.02},
]


@pytest.fixture
async def database(empty_postgres_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(empty_postgres_url, SystemClock(), pool_size=2)
    yield database
    await database.close()


async def test_plans_without_an_end_are_always_valid_and_a_margin_of_zero_is_none(database: Database) -> None:
    async with database.connection() as connection:
        await migrate(connection, [each for each in read_migrations() if each.number < 31])
        organization, project, environment = (uuid.uuid4() for _ in range(3))
        await connection.execute("SET session_replication_role = replica")
        for key, (plan, _) in PLANS.items():
            await connection.execute(
                "INSERT INTO experiments (id, organization_id, project_id, environment_id, environment, key, name, "
                "description, hypothesis, tags, flag, mode, status, variations, control, traffic, holdouts, metrics, "
                "plan, archived, version, created_at, updated_at) VALUES (gen_random_uuid(), $1, $2, $3, 'production', "
                "$4, '', '', '', '{}', 'f', 'assigns', 'running', '[]', 'a', 10000, '{}', $5, $6, false, 1, "
                "now(), now())",
                organization,
                project,
                environment,
                key,
                METRICS if key == "group" else [],
                plan,
            )
        await migrate(connection, [each for each in read_migrations() if each.number <= 31])
        rows = {row["key"]: row for row in await connection.fetch("SELECT key, plan, metrics FROM experiments")}
    assert {key: row["plan"] for key, row in rows.items()} == {key: after for key, (_, after) in PLANS.items()}
    assert rows["group"]["metrics"] == [{**METRICS[0], "margin": None}, *METRICS[1:]]
    assert rows["uncorrected"]["metrics"] == []
