"""Where rows live: on the one ClickHouse, or those of each user on one shard of several.

With shards there are two databases. In the settings' own each shard has its rows, in the tables that migrations make.
In the one beside it stands a `Distributed` table of each name, which reads all shards and sends each row to its own. No
query names a database, so each reads all shards. What a query does user by user stands between `ON_SHARD` and
`TOGETHER`: that is done on each shard, of its own rows, and only what comes out of it travels.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from analytics.warehouse.settings import WarehouseSettings

ON_SHARD, TOGETHER = "(/* on each shard */", "/* together */)"
_ROWS, _OVER_ROWS = "/* rows */\n", "/* over rows */\n"
_USER, _ENVIRONMENT = "cityHash64(user_key)", "cityHash64(environment_id)"
PLACED_BY: Mapping[str, str] = {
    "events_exposure": _USER,
    "events_metric": _USER,
    "events_usage": _ENVIRONMENT,
    "experiments_snapshot": "cityHash64(experiment_id)",
    "export_batches": "cityHash64(export_id)",
    "export_runs": "cityHash64(export_id)",
    "exported_events": "cityHash64(event_key)",
    "exports": "cityHash64(export_id)",
    "exposure_counts": "cityHash64(flag)",
    "exposure_firsts": _USER,
    "losses": "cityHash64(detail)",
    "overridden_users": _USER,
    "schema_migrations": "cityHash64(name)",
    "sdk_key_uses": "cityHash64(sdk_key_id)",
    "sheet_epochs": _ENVIRONMENT,
    "sheet_layers": _USER,
    "sheet_marks": "cityHash64(sheet)",
    "sheet_versions": "cityHash64(sheet)",
    "split_units": _USER,
    "touched_users": _USER,
    "unit_sheets": _USER,
    "usage_hours": _ENVIRONMENT,
    "usage_minutes": _ENVIRONMENT,
}
"""By table, which shard a row is sent to: the remainder of this by the number of shards. Copies of an event, and the
writes of an export that must know of each other, meet on one shard; a table that another one feeds goes with that, or
is one whose parts on several shards add up."""
_ALL_ROWS = "SELECT * FROM unit_rows"
_PART = re.compile(f"{re.escape(ON_SHARD)}(.*?){re.escape(TOGETHER)}", re.DOTALL)
_SYSTEM = re.compile(r"\b(FROM|JOIN) (system\.(?:columns|disks|parts|tables))\b")
_READ = re.compile(r"\b(FROM|JOIN) (\w+)")


def on_shard(text: str) -> str:
    """A query as a table of another one, done where the rows are."""
    return f"{ON_SHARD}\n{text}\n{TOGETHER}"


def over_rows(expressions: str, body: str) -> str:
    """`body` over the common table expressions in front of it, of which `unit_rows` is one, a row of it per user."""
    return f"{_ROWS}WITH\n{expressions}\n{_OVER_ROWS}{body}"


def placed(sql: str, settings: WarehouseSettings) -> str:
    """The statement for where its rows live."""
    if not settings.sharded:
        return unmarked(sql)
    expressions = ""
    if _ROWS in sql:
        before, _, rest = sql.partition(_ROWS)
        expressions, _, body = rest.partition(_OVER_ROWS)
        sql = before + body
    sql = _SYSTEM.sub(lambda each: f"{each[1]} cluster('{settings.cluster}', {each[2]})", sql)
    found = [
        _of_shards(expressions + part, settings) if number % 2 else _reading_rows(part, expressions, settings)
        for number, part in enumerate(_PART.split(sql))
    ]
    return "".join(found)


def unmarked(sql: str) -> str:
    """The statement over all rows together."""
    for mark in (_ROWS, _OVER_ROWS):
        sql = sql.replace(mark, "")
    return sql.replace(ON_SHARD, "(").replace(TOGETHER, ")")


def _of_shards(text: str, settings: WarehouseSettings) -> str:
    """On a shard there is no other database than that of its rows to look for them."""
    names = PLACED_BY
    local = _READ.sub(lambda each: f"{each[1]} {settings.database}.{each[2]}" if each[2] in names else each[0], text)
    return f"cluster('{settings.cluster}', view(\n{local.strip()}\n))"


def _reading_rows(text: str, expressions: str, settings: WarehouseSettings) -> str:
    if not expressions:
        return text
    rows = _of_shards(expressions + _ALL_ROWS, settings)
    return text.replace("FROM unit_rows", f"FROM {rows}")


def stored(table: str, settings: WarehouseSettings) -> str:
    """The table of the rows themselves, on every node that has some: what can be altered and deleted from."""
    on_cluster = f" ON CLUSTER {settings.cluster}" if settings.cluster else ""
    return f"{settings.database}.{table}{on_cluster}" if settings.sharded else f"{table}{on_cluster}"


def distributed(tables: Collection[str], settings: WarehouseSettings) -> dict[str, str]:
    """The statement that makes each of the tables that read all shards."""
    cluster, own = settings.cluster, settings.database
    return {
        table: f"CREATE OR REPLACE TABLE {settings.asked_database}.{table} ON CLUSTER {cluster} AS {own}.{table}\n"
        f"ENGINE = Distributed('{cluster}', '{own}', '{table}', {PLACED_BY[table]})"
        for table in sorted(tables)
    }
