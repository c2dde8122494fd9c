"""Numbered migrations, rendered for a single node or a cluster, each applied once and safe to repeat.

ClickHouse has no transactional DDL, so every statement is idempotent (`IF NOT EXISTS`), and two processes may
run the same migration at the same time. The slower one may then make again what the faster one has ended; whoever
migrates ends that once more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import TablesMissing, WarehouseError
from analytics.warehouse.placement import stored
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.shards import require_shards, spread

_FOLDER = Path(__file__).with_name("migrations")
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
EVENT_TABLES = ("events_exposure", "events_metric")

_JOURNAL = """CREATE TABLE IF NOT EXISTS schema_migrations $on_cluster
(
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${replicated}ReplacingMergeTree
ORDER BY number"""
_LOSSES = """CREATE TABLE IF NOT EXISTS losses $on_cluster
(
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    settled UInt8,
    detail String
)
ENGINE = ${replicated}MergeTree
ORDER BY at"""
"""What `warehouse.losses` keeps; beside the migrations, because it tells of them too."""
_MADE = re.compile(r"^CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)", re.MULTILINE)
_TABLE_MADE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)", re.MULTILINE)
_FILLED = re.compile(r"INSERT INTO (\w+)")
_DROPPED = re.compile(r"^DROP (?:TABLE|VIEW) IF EXISTS (\w+)", re.MULTILINE)
_FEED = re.compile(r"^CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+).* TO (\w+)", re.MULTILINE)


class MigrationChanged(WarehouseError):
    """A migration that was applied has another text now; write a new one instead."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered file of SQL. `checksum` is of the unrendered text, so it doesn't depend on the settings."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def made(self) -> frozenset[str]:
        """The tables and views that it makes."""
        return frozenset(_MADE.findall(self.text))

    @property
    def rows_of(self) -> frozenset[str]:
        """Those that hold rows themselves."""
        return frozenset(_TABLE_MADE.findall(self.text))

    @property
    def dropped(self) -> frozenset[str]:
        """The tables and views that it ends."""
        return frozenset(_DROPPED.findall(self.text))

    def statements(self, settings: WarehouseSettings) -> list[str]:
        """The statements for a single node or for the settings' cluster."""
        return [part.strip() for part in render(_COMMENT.sub("", self.text), settings).split(";\n") if part.strip()]


def render(text: str, settings: WarehouseSettings) -> str:
    """Fills in what differs between a single node and a cluster."""
    cluster = settings.cluster
    return Template(text).substitute(
        on_cluster=f"ON CLUSTER {cluster}" if cluster else "",
        replicated="Replicated" if cluster else "",
        deduplication_window="replicated_deduplication_window" if cluster else "non_replicated_deduplication_window",
    )


def known_migrations() -> list[Migration]:
    """Every migration in its order; the numbers are 1, 2, 3, … without gaps."""
    found: list[Migration] = []
    for path in sorted(_FOLDER.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None or int(match[1]) != len(found) + 1:
            raise ValueError(f"{path.name}: migrations are numbered 0001, 0002, … without gaps")
        found.append(Migration(int(match[1]), match[2], path.read_text()))
    return found


@cache
def standing_tables() -> frozenset[str]:
    """The tables and views that are there once everything was applied."""
    tables = frozenset({"losses"})
    for migration in known_migrations():
        tables = (tables | migration.made) - migration.dropped
    return tables


@cache
def tables_of_rows() -> frozenset[str]:
    """Of those, and of the journal, the tables that hold rows themselves; the others are views that feed them."""
    made = frozenset({"losses"}).union(*(each.rows_of for each in known_migrations()))
    return (made & standing_tables()) | {"schema_migrations"}


@cache
def ended_tables() -> frozenset[str]:
    """The tables and views that a migration has ended for good."""
    return frozenset[str]().union(*(each.made for each in known_migrations())) - standing_tables()


@cache
def _feeds() -> dict[str, str]:
    return {view: table for each in known_migrations() for view, table in _FEED.findall(each.text)}


def broken_feeds(there: Collection[str]) -> list[str]:
    """Of the views that are there, those whose table is not: with one of them no row can be stored."""
    return sorted(view for view, table in _feeds().items() if view in there and table not in there)


async def tables_there(warehouse: Warehouse) -> dict[str, str]:
    """Of all tables that a migration knows, those that are there (on each shard), each with an identity that another
    table of the same name does not have. Raises WarehouseError."""
    try:
        rows = await warehouse.rows(
            "SELECT name, toString(arraySort(groupUniqArray(uuid))) AS identity FROM system.tables"
            " WHERE database = {database:String} AND name IN {names:Array(String)}"
            " GROUP BY name HAVING count() = {shards:UInt32}",
            {
                "database": warehouse.settings.database,
                "names": sorted(standing_tables() | ended_tables()),
                "shards": warehouse.settings.shards,
            },
        )
    except TablesMissing:
        return {}
    return {row["name"]: row["identity"] for row in rows}


async def missing_tables(warehouse: Warehouse) -> frozenset[str]:
    """Of the tables that there should be, those that are not there. Raises WarehouseError."""
    return standing_tables() - (await tables_there(warehouse)).keys()


async def applied_migrations(warehouse: Warehouse) -> dict[int, str]:
    """Names of those that the journal has, by number. Raises WarehouseError."""
    rows = await warehouse.rows("SELECT DISTINCT number, name FROM schema_migrations ORDER BY number", {})
    return {row["number"]: row["name"] for row in rows}


async def holds_nothing_loaded(warehouse: Warehouse) -> bool:
    """Whether nothing of what a message of the stream may bring is there: exposures, metric events, usage, of which
    raw rows go after days and sums stay. Raises WarehouseError."""
    tables = (*EVENT_TABLES, "events_usage", "usage_hours")
    counted = " + ".join(f"(SELECT count() FROM {table})" for table in tables)  # noqa: S608 - names of our own
    rows = await warehouse.rows(f"SELECT {counted} AS loaded", {})
    return not rows[0]["loaded"]


async def migrate(warehouse: Warehouse) -> list[Migration]:
    """Creates the database, applies what is missing, sets the retention; returns what it applied.

    A migration whose tables have been lost is applied again, and so are those behind it, which build on them.
    """
    await warehouse.create_database()
    own = warehouse.of_own_tables()
    try:
        fresh = await _applied(warehouse, own)
    finally:
        if own is not warehouse:
            await own.close()
    warehouse.migrated = True
    return fresh


async def _applied(warehouse: Warehouse, own: Warehouse) -> list[Migration]:
    settings = warehouse.settings
    if settings.sharded:
        await require_shards(warehouse)
    for beside in (_JOURNAL, _LOSSES):
        await own.command(render(beside, settings))
    await _read_by_all(warehouse, {"schema_migrations", "losses"})
    rows = await warehouse.rows("SELECT number, checksum FROM schema_migrations", {})
    applied = {row["number"]: row["checksum"] for row in rows}
    missing = await missing_tables(warehouse)
    fresh: list[Migration] = []
    made: set[str] = set()
    for migration in known_migrations():
        made |= migration.rows_of & standing_tables()
        if migration.number in applied and not fresh and not migration.made & missing:
            if applied[migration.number] != migration.checksum:
                raise MigrationChanged(f"migration {migration.number:04} differs from the one that was applied")
            continue
        for statement in migration.statements(settings):
            if settings.sharded and (filled := _FILLED.match(statement)):
                # A statement of rows runs on no cluster: it goes through the tables that read all shards.
                if filled[1] in made:
                    await spread(warehouse, made)
                    await warehouse.command(statement)
            else:
                await own.command(statement)
        await warehouse.insert(
            "schema_migrations",
            {
                "number": ("UInt32", [migration.number]),
                "name": ("String", [migration.name]),
                "checksum": ("String", [migration.checksum]),
            },
        )
        fresh.append(migration)
    await _end_leftovers(own)
    await _read_by_all(warehouse, tables_of_rows())
    await _set_retention(warehouse)
    return fresh


async def _read_by_all(warehouse: Warehouse, tables: Collection[str]) -> None:
    if warehouse.settings.sharded:
        await spread(warehouse, tables)


async def _end_leftovers(warehouse: Warehouse) -> None:
    left = ended_tables() & (await tables_there(warehouse)).keys()
    for migration in known_migrations() if left else []:
        for statement in migration.statements(warehouse.settings):
            if (dropped := _DROPPED.match(statement)) and dropped[1] in left:
                await warehouse.command(statement)


async def _set_retention(warehouse: Warehouse) -> None:
    days = warehouse.settings.retention_days
    wanted = f"toIntervalDay({days})"
    rows = await warehouse.rows(
        "SELECT DISTINCT name, engine_full FROM system.tables"
        " WHERE database = {database:String} AND name IN {tables:Array(String)}",
        {"database": warehouse.settings.database, "tables": list(EVENT_TABLES)},
    )
    for row in rows:
        present = " TTL " in row["engine_full"]
        if days and wanted not in row["engine_full"]:
            change = f"MODIFY TTL toDateTime(received_at) + {wanted}"
        elif not days and present:
            change = "REMOVE TTL"
        else:
            continue
        await warehouse.command(f"ALTER TABLE {stored(row['name'], warehouse.settings)} {change}")
