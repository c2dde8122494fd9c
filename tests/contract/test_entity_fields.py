"""A field of an entity stands in its table, its row, what creates and changes it, its view and its audit document.

Where it is left out on purpose, the reason stands in `entity_faces.py`: a new column that is nowhere else fails, and so
does an exception that no longer is one.
"""

from __future__ import annotations

import asyncio

import pytest
from control_plane.database import Database
from control_plane.flags.schemas import SettingsPatch
from control_plane.flags.settings_service import COPIED
from service_kit.clock import SystemClock

from devstack.parts import Postgres
from tests.contract.entity_faces import ENTITIES, OTHER_TABLES, Entity


async def migrated_columns(url: str) -> dict[str, set[str]]:
    database = await Database.connect(url, SystemClock(), pool_size=1)
    await database.migrate()
    async with database.connection() as connection:
        records = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    await database.close()
    found: dict[str, set[str]] = {}
    for record in records:
        found.setdefault(record["table_name"], set()).add(record["column_name"])
    return found


@pytest.fixture(scope="module")
def columns(postgres_server: Postgres) -> dict[str, set[str]]:
    """The columns of each table of a migrated database."""
    found = asyncio.run(migrated_columns(postgres_server.create_database("entity_fields")))
    postgres_server.drop_database("entity_fields")
    return found


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_each_field_is_everywhere_or_left_out_for_a_reason(entity: Entity, columns: dict[str, set[str]]) -> None:
    faces = entity.faces(columns[entity.table])
    missing = {
        name: {face for face, names in faces.items() if name not in names} for name in set().union(*faces.values())
    }
    expected: dict[str, set[str]] = {name: set() for name in missing}
    for each in entity.left_out:
        for name in each.fields.split():
            assert name in missing, f"no face has {name}: {each}"
            expected[name] |= faces.keys() & each.faces.split()
    assert missing == expected


def test_every_table_holds_an_entity_or_says_what_it_is_for(columns: dict[str, set[str]]) -> None:
    assert set(columns) == {entity.table for entity in ENTITIES} | set(OTHER_TABLES)


def test_settings_are_copied_whole() -> None:
    given = {"default_serve" if name == "default" else name for name in SettingsPatch.model_fields}
    assert set(COPIED) == given - {"enabled", "report_exposures", "exposure_attributes", "on_experiments"}
