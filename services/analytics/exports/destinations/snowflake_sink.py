"""Snowflake: a batch is put on a temporary stage, copied into a table of this attempt's own, and merged by key.

Repeating a batch merges the same rows again and adds none. Each row carries the generation that brought it; when a
full export has ended, the rows of older generations are deleted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exports.datasets import DATASETS, Dataset
from analytics.exports.destinations.port import Attempt, BatchRows, Delivery, Outcome
from analytics.exports.destinations.snowflake_errors import snowflake_error
from analytics.exports.errors import DestinationError, DestinationRefused

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

GENERATION = "export_generation"
_STAGE, _TEST_TABLE, _INCOMING = "VERDICT_EXPORT_STAGE", "VERDICT_CONNECTION_TEST", "VERDICT_INCOMING"
_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "NUMBER(19,0)",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("ms", tz="UTC"): "TIMESTAMP_TZ(3)",
}


class Tables(NamedTuple):
    """The schema that the tables stand in."""

    database: str
    schema: str


class SnowflakeSink:
    """One connection, opened when it is first needed."""

    def __init__(self, tables: Tables, connect: Callable[[], SnowflakeConnection], secrets: Collection[str]) -> None:
        self._tables = tables
        self._connect = connect
        self._secrets = secrets
        self._connection: SnowflakeConnection | None = None
        self._made: set[str] = set()
        self._attempt = Attempt("", 0, "0.0", frozenset())

    def test(self) -> None:
        table = self._name(f"{_TEST_TABLE}_{token_hex(4)}")
        self._run(f"CREATE TRANSIENT TABLE {table} (A NUMBER)")
        self._run(f"CREATE TEMPORARY STAGE IF NOT EXISTS {self._name(_STAGE)}")
        self._run(f"DROP TABLE IF EXISTS {table}")

    def begin(self, attempt: Attempt) -> None:
        """Drops the incoming tables of this export's earlier attempts: a worker that still has one can't merge it."""
        self._attempt = attempt
        found = self._run(
            f"SELECT TABLE_NAME FROM {self._tables.database}.INFORMATION_SCHEMA.TABLES"  # noqa: S608
            " WHERE TABLE_SCHEMA = %s AND STARTSWITH(TABLE_NAME, %s)",
            (self._tables.schema.upper(), self._incoming_prefix()),
        )
        for (name,) in found:
            self._run(f"DROP TABLE IF EXISTS {self._name(name)}")

    def deliver(self, cargo: BatchRows, still_mine: Callable[[], None]) -> Delivery:
        dataset = cargo.dataset
        self._prepare(dataset)
        generation = pa.array([self._attempt.generation] * cargo.rows.num_rows, pa.int64())
        rows = cargo.rows.append_column(GENERATION, generation)
        with tempfile.TemporaryDirectory(prefix="verdict-export-") as folder:
            file = Path(folder) / f"{dataset.name}.parquet"
            pq.write_table(rows, file, compression="snappy", coerce_timestamps="ms")
            size = file.stat().st_size
            self._run(f"PUT 'file://{file}' @{self._name(_STAGE)} AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
        incoming = self._incoming(dataset)
        self._run(f"TRUNCATE TABLE {incoming}")
        self._run(
            f"COPY INTO {incoming} FROM @{self._name(_STAGE)}/{file.name}"
            " FILE_FORMAT=(TYPE=PARQUET USE_LOGICAL_TYPE=TRUE) MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE FORCE=TRUE"
        )
        still_mine()
        self._run(_merge(self._table(dataset), incoming, dataset))
        return Delivery("", size)

    def discard(self, delivered: Delivery) -> None:
        """Merged rows are right whoever merged them."""

    def finish(self, outcome: Outcome) -> None:
        if not outcome.full:
            return
        for name in outcome.manifest["datasets"]:
            dataset = DATASETS[name]
            self._prepare(dataset)
            self._run(
                f"DELETE FROM {self._table(dataset)}"  # noqa: S608
                f" WHERE ENVIRONMENT_ID = %s AND {GENERATION.upper()} < %s",
                (outcome.environment_id, outcome.generation),
            )

    def close(self) -> None:
        if self._connection is None:
            return
        for name in self._made:
            with suppress(DestinationError):
                self._run(f"DROP TABLE IF EXISTS {self._incoming(DATASETS[name])}")
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _prepare(self, dataset: Dataset) -> None:
        if dataset.name in self._made:
            return
        columns = ", ".join([*column_types(dataset), f"{GENERATION.upper()} NUMBER(19,0)"])
        self._run(f"CREATE TABLE IF NOT EXISTS {self._table(dataset)} ({columns})")
        self._run(f"CREATE OR REPLACE TRANSIENT TABLE {self._incoming(dataset)} ({columns})")
        self._run(f"CREATE TEMPORARY STAGE IF NOT EXISTS {self._name(_STAGE)}")
        self._made.add(dataset.name)

    def _name(self, name: str) -> str:
        return f"{self._tables.database}.{self._tables.schema}.{name}".upper()

    def _table(self, dataset: Dataset) -> str:
        return self._name(f"VERDICT_{dataset.name}")

    def _incoming(self, dataset: Dataset) -> str:
        claim = self._attempt.claim.replace(".", "_")
        return self._name(f"{self._incoming_prefix()}{claim}_{dataset.name}")

    def _incoming_prefix(self) -> str:
        return f"{_INCOMING}_{sha256(self._attempt.export_id.encode()).hexdigest()[:12]}_".upper()

    def _run(self, sql: str, parameters: tuple[Any, ...] | None = None) -> list[Any]:
        try:
            with self._connected().cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        except DestinationRefused:
            raise
        except Exception as error:
            raise snowflake_error(error, self._secrets) from None

    def _connected(self) -> SnowflakeConnection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection


def column_types(dataset: Dataset) -> list[str]:
    """`NAME TYPE` per column, as Snowflake writes them."""
    return [f"{field.name.upper()} {_TYPES[field.type]}" for field in dataset.schema]


def _merge(table: str, incoming: str, dataset: Dataset) -> str:
    names = [*(field.name.upper() for field in dataset.schema), GENERATION.upper()]
    key = [each.upper() for each in dataset.key]
    return "".join(
        (
            f"MERGE INTO {table} AS T USING {incoming} AS S ON ",
            " AND ".join(f"T.{each} = S.{each}" for each in key),
            " WHEN MATCHED THEN UPDATE SET ",
            ", ".join(f"T.{each} = S.{each}" for each in names if each not in key),
            f" WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) VALUES (",  # noqa: S608
            ", ".join(f"S.{each}" for each in names),
            ")",
        )
    )
