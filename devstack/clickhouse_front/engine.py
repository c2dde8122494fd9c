"""The embedded engine: one data folder, one short-lived connection per statement, any number of threads.

A connection of its own keeps one statement's database and settings from the next; opening one takes less than a
millisecond. The first connection stays open, because the engine lives as long as one of them.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chdb import _chdb

from .errors import READONLY, ClickHouseError
from .native_header import empty_block
from .shards import config_file
from .statement import Statement

# Formats whose blocks, put one after another, are one valid answer; the others have a beginning and an end.
_BLOCKWISE = frozenset({"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"})
_INSERT_SETTINGS = re.compile(r"\s+SETTINGS\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Counts:
    """What a statement read and wrote, for the summary header."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    elapsed_ns: int = 0


class Answer:
    """The answer to one statement: a first piece at once, the others on demand."""

    def __init__(self, connection: Any, first: bytes, counts: Counts, stream: Any = None) -> None:
        self.first = first
        self.counts = counts
        self._connection = connection
        self._stream = stream
        if stream is None:
            self.close()

    @property
    def complete(self) -> bool:
        """Whether the first piece is all there is."""
        return self._stream is None

    def next_piece(self) -> bytes | None:
        """Return the next piece, None at the end; raises `ClickHouseError` if the engine fails on the way."""
        if self._stream is None:
            return None
        try:
            piece = _fetch(self._connection, self._stream)
        except Exception as error:
            self.close()
            raise ClickHouseError.from_engine(error) from error
        if piece is None:
            self.close()
        return piece

    def close(self) -> None:
        """Give the connection back; ends the statement if it still runs. Harmless when repeated."""
        connection, self._connection = self._connection, None
        stream, self._stream = self._stream, None
        if connection is None:
            return
        if stream is not None:
            connection.streaming_cancel_query(stream)
        connection.close()


class Engine:
    """The engine on one data folder; a second process on the same folder is refused by the engine."""

    def __init__(self, path: Path, backups: Path | None = None, shards: int = 0) -> None:
        """`backups`: where `BACKUP … TO File(…)` may write, and `RESTORE` may read. `shards`: of a cluster that is this
        engine alone."""
        path.mkdir(parents=True, exist_ok=True)
        options = {"backups.allowed_path": backups, "config-file": config_file(path, shards) if shards else None}
        given = "&".join(f"{name}={value}" for name, value in options.items() if value is not None)
        self._path = f"{path}?{given}" if given else str(path)
        self._keeper = _connect(self._path)

    def scalar(self, sql: str) -> str:
        """Return the only value of a query as text."""
        return bytes(self._keeper.query(sql, "TSVRaw").bytes()).decode().removesuffix("\n")

    def close(self) -> None:
        """Let the engine finish what it has to write."""
        self._keeper.close()

    def answer(self, statement: Statement) -> Answer:
        """Run a statement; the caller closes the answer. Raises `ClickHouseError`."""
        connection = _connect(self._path)
        try:
            _prepare(connection, statement)
            return _run(connection, statement)
        except ClickHouseError:
            connection.close()
            raise
        except Exception as error:
            connection.close()
            raise ClickHouseError.from_engine(error) from error


def _connect(path: str) -> Any:
    return _chdb.connect(path)  # type: ignore[attr-defined]  # an extension module without a stub


def _prepare(connection: Any, statement: Statement) -> None:
    if statement.database is not None:
        connection.query(f"USE {_quoted(statement.database, '`')}")
    for name, value in statement.settings.items():
        connection.query(f"SET {name} = {_quoted(value, chr(39))}")


def _run(connection: Any, statement: Statement) -> Answer:
    started_ns = time.perf_counter_ns()
    if statement.rows is not None:
        _refuse_writes(statement)
        result = _insert(connection, statement)
        return Answer(connection, b"", _counts(result, started_ns))
    reads = _only_reads(connection, statement.sql)
    if not reads:
        _refuse_writes(statement)
    elif statement.result_format in _BLOCKWISE:
        answer = _streamed(connection, statement, started_ns)
        if answer is not None:
            return answer
    result = connection.query(statement.sql, statement.result_format, params=dict(statement.parameters))
    piece = bytes(result.bytes())
    return Answer(connection, piece, _counts(result, started_ns))


def _only_reads(connection: Any, sql: bytes) -> bool:
    try:
        text = sql.decode()
    except UnicodeDecodeError:
        return False
    return bool(connection.classify_query(text)["query_class"].name == "READ_ONLY")


def _refuse_writes(statement: Statement) -> None:
    if statement.read_only:
        reason = "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly."
        raise ClickHouseError.refused(READONLY, "READONLY", reason)


def _insert(connection: Any, statement: Statement) -> Any:
    """As from a file: the engine's own streamed insert answers as if all were well when a row is refused late."""
    head, *settings = _INSERT_SETTINGS.split(statement.sql.decode(), maxsplit=1)
    named = f" SETTINGS {settings[0]}" if settings else ""
    with _as_file(statement.rows or memoryview(b"")) as path:
        return connection.query(f"{head} FROM INFILE '{path}'{named} FORMAT {statement.rows_format}")


@contextmanager
def _as_file(rows: memoryview) -> Iterator[str]:
    """The path of a file of these rows for the engine in this process, in memory where the system can."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("insert"), "wb") as memory:
            memory.write(rows)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="insert-") as file:
            file.write(rows)
            file.flush()
            yield file.name


def _streamed(connection: Any, statement: Statement, started_ns: int) -> Answer | None:
    """Begin a streamed answer; None for statements that the engine can't stream (SHOW, EXPLAIN, …)."""
    try:
        stream = connection.send_query(
            statement.sql.decode(), statement.result_format, params=dict(statement.parameters)
        )
    except RuntimeError as error:
        if "Streaming query is not supported" in str(error):
            return None
        raise
    first = _fetch(connection, stream)
    elapsed_ns = time.perf_counter_ns() - started_ns
    if first is None:
        if statement.result_format == "Native":
            first = empty_block(connection, statement)
        return Answer(connection, first or b"", Counts(elapsed_ns=elapsed_ns))
    return Answer(connection, first, Counts(elapsed_ns=elapsed_ns), stream)


def _fetch(connection: Any, stream: Any) -> bytes | None:
    block = connection.streaming_fetch_result(stream)
    if block is None or block.rows_read() == 0:
        return None
    return bytes(block.bytes())


def _counts(result: Any, started_ns: int) -> Counts:
    return Counts(
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        elapsed_ns=time.perf_counter_ns() - started_ns,
    )


def _quoted(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{escaped}{quote}"
