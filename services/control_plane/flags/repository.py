"""The rows of flag settings."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg

from control_plane.database import Connection, RowKind
from control_plane.entities.table import Scope
from control_plane.flags.models import FlagRow, SettingsRow

_FLAG_COLUMNS = tuple(each.name for each in fields(FlagRow))
_COLUMNS = tuple(each.name for each in fields(SettingsRow))
_CHANGING = _COLUMNS[3:]
_LISTED = ", ".join(_COLUMNS)
_INSERT = f"INSERT INTO flag_settings ({_LISTED})"
_OVER = (
    "ON CONFLICT (environment_id, flag_id) DO UPDATE SET "
    f"{', '.join(f'{each} = excluded.{each}' for each in _CHANGING if each != 'version')}, "
    "version = counted_on(flag_settings.version, excluded.version) "
    "WHERE flag_settings.organization_id = excluded.organization_id"
)
_SAVE = f"{_INSERT} VALUES ({', '.join(f'${index}' for index in range(1, len(_COLUMNS) + 1))}) {_OVER}"
# In one order, as all who lock more than one of them.
SETTINGS = RowKind(
    f"{_INSERT} SELECT {_LISTED} FROM json_populate_recordset(null::flag_settings, $1) "  # noqa: S608 - our own columns
    f"ORDER BY environment_id, flag_id {_OVER}",
    # A trigger counts what they take up.
    tables=("flag_settings", "usage_counts"),
)

# As `flag_and_settings` reads them; `f` and `s` are the two tables.
FLAG_AND_SETTINGS = ", ".join(
    [*(f"f.{each} AS flag_{each}" for each in _FLAG_COLUMNS), *(f"s.{each} AS settings_{each}" for each in _COLUMNS)]
)
_OWNED = "share_owned(f.organization_id, $4, f.key) AS owned"
_IN_ENVIRONMENT = (
    f"SELECT {FLAG_AND_SETTINGS}, {_OWNED} FROM flags f "  # noqa: S608 - column names of our own
    "LEFT JOIN flag_settings s ON s.flag_id = f.id AND s.environment_id = $4 "
    "WHERE f.organization_id = $1 AND f.project_id = $2 AND f.key = $3"
)
# A lock on what may be absent needs a query of its own.
_HELD_IN_ENVIRONMENT = (
    f"SELECT {FLAG_AND_SETTINGS}, {_OWNED} FROM flags f LEFT JOIN LATERAL ("  # noqa: S608 - column names of our own
    "SELECT * FROM flag_settings WHERE flag_id = f.id AND environment_id = $4 FOR NO KEY UPDATE) s ON true "
    "WHERE f.organization_id = $1 AND f.project_id = $2 AND f.key = $3"
)
_WITH_SETTINGS = (
    f"SELECT {FLAG_AND_SETTINGS}, beside.told AS beside FROM flags f "  # noqa: S608 - column names of our own
    "LEFT JOIN LATERAL (SELECT {beside} AS told) beside ON true LEFT JOIN flag_settings s ON s.flag_id = f.id "
    "WHERE f.organization_id = $1 AND f.project_id = $2 AND f.key = $3"
)
Kept = Literal["flag", "settings"]
"""Nobody deletes the flag, or nobody writes the settings."""
_KEEPING: dict[Kept, str] = {"flag": f"{_IN_ENVIRONMENT} FOR KEY SHARE OF f", "settings": _HELD_IN_ENVIRONMENT}


class StoredInEnvironment(NamedTuple):
    """A flag, what was set of it in one environment (None where nothing was), and whether a rollout that runs owns
    something of what it serves there."""

    flag: FlagRow
    settings: SettingsRow | None
    owned: bool


def flag_and_settings(record: asyncpg.Record) -> tuple[FlagRow, SettingsRow | None]:
    """None where nobody has set anything yet."""
    flag = FlagRow(**{name: record[f"flag_{name}"] for name in _FLAG_COLUMNS})
    if record["settings_flag_id"] is None:
        return flag, None
    return flag, SettingsRow(**{name: record[f"settings_{name}"] for name in _COLUMNS})


async def find_in_environment(
    tx: Connection, scope: Scope, key: str, environment_id: UUID, keep: Kept | None = None
) -> StoredInEnvironment | None:
    """The flag with its settings in one environment, None when there is no such flag. What is kept is so until the
    transaction has ended."""
    asked = _KEEPING[keep] if keep else _IN_ENVIRONMENT
    about = {(key, environment_id)}
    records = await tx.fetch_beside(about, asked, scope.organization_id, scope.project_id, key, environment_id)
    return StoredInEnvironment(*flag_and_settings(records[0]), records[0]["owned"]) if records else None


class StoredWithSettings(NamedTuple):
    """A flag with what was set of it, by environment id, and what was asked beside it."""

    flag: FlagRow
    settings: dict[UUID, SettingsRow]
    beside: Any


async def find_with_settings(tx: Connection, scope: Scope, key: str, beside: str) -> StoredWithSettings | None:
    """None when there is no such flag. `beside`: an expression about the flag `f`; `$1` is the organization."""
    asked = _WITH_SETTINGS.format(beside=beside)
    records = await tx.fetch(asked, scope.organization_id, scope.project_id, key)
    if not records:
        return None
    found = [flag_and_settings(record) for record in records]
    settings = {each.environment_id: each for _, each in found if each is not None}
    return StoredWithSettings(found[0][0], settings, records[0]["beside"])


async def settings_of(tx: Connection, flag: FlagRow) -> dict[UUID, SettingsRow]:
    """What was set of this flag, by environment id."""
    records = await tx.fetch(
        f"SELECT {_LISTED} FROM flag_settings WHERE organization_id = $1 AND flag_id = $2",  # noqa: S608
        flag.organization_id,
        flag.id,
    )
    return {record["environment_id"]: SettingsRow(**record) for record in records}


async def settings_by_environment(tx: Connection, flag: FlagRow) -> dict[str, SettingsRow]:
    """What was set of this flag, by environment key; in archived environments, too."""
    columns = ", ".join(f"s.{each}" for each in _COLUMNS)
    records = await tx.fetch(
        f"SELECT e.key, {columns} FROM flag_settings s JOIN environments e ON e.id = s.environment_id "  # noqa: S608
        "WHERE s.organization_id = $1 AND s.flag_id = $2 ORDER BY e.key",
        flag.organization_id,
        flag.id,
    )
    return {record["key"]: SettingsRow(**{name: record[name] for name in _COLUMNS}) for record in records}


async def save_settings(tx: Connection, settings: SettingsRow) -> None:
    """Writes all columns, the version included, which is one more than that which was read: what somebody else has
    written since is not written over. Raises PostgreSQL's serialization failure (`database_busy`)."""
    await tx.execute(_SAVE, *(getattr(settings, each) for each in _COLUMNS))


def save_settings_later(tx: Connection, settings: SettingsRow) -> None:
    """As `save_settings`, with the record of the write."""
    tx.later(_SAVE, *(getattr(settings, each) for each in _COLUMNS))


def keep_settings_back(tx: Connection, flag: FlagRow, settings: SettingsRow) -> None:
    """As `save_settings`, with those of other flags and as late as can be."""
    row = {each: getattr(settings, each) for each in _COLUMNS}
    tx.keep_back(SETTINGS, row, flag.id, (flag.key, settings.environment_id))
