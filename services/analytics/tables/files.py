"""A table as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Annotated, Any, Protocol, get_args, get_origin, get_type_hints

import pyarrow as pa
from pyarrow import parquet

from analytics.tables.columns import Line

_ARROW_TYPES: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def arrow_schema(columns: Mapping[str, type]) -> pa.Schema:
    return pa.schema([(name, _ARROW_TYPES[kind]) for name, kind in columns.items()])


def schema_of(described: type) -> pa.Schema:
    """A column per field of a dataclass; a field whose annotation holds an Arrow type has that one."""
    return pa.schema(
        [(name, _arrow_type(hint)) for name, hint in get_type_hints(described, include_extras=True).items()]
    )


def as_csv(columns: Mapping[str, type], lines: Sequence[Line]) -> bytes:
    """UTF-8 with a header; absent values are empty. Text that a spreadsheet would take for a formula is quoted."""
    target = io.StringIO()
    writer = csv.DictWriter(target, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return target.getvalue().encode()


def as_parquet(columns: Mapping[str, type], lines: Sequence[Line]) -> bytes:
    """One row group; absent values are null."""
    target = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(lines), arrow_schema(columns)), target)
    return target.getvalue()


class TableWriter(Protocol):
    """Takes a table block by block."""

    def write_table(self, table: pa.Table) -> None: ...


class CsvWriter:
    """Writes blocks as `as_csv` does; moments are RFC 3339 in UTC, lists are JSON."""

    def __init__(self, target: IO[bytes], names: Sequence[str]) -> None:
        self._target = target
        self._write([names])

    def write_table(self, table: pa.Table) -> None:
        columns = [each.to_pylist() for each in table.columns]
        self._write([_cell(value) for value in line] for line in zip(*columns, strict=True))

    def _write(self, lines: Any) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._target.write(text.getvalue().encode())


@contextmanager
def csv_writer(target: IO[bytes], schema: pa.Schema) -> Iterator[TableWriter]:
    """Writes a CSV of the schema to `target`, which stays open."""
    yield CsvWriter(target, schema.names)


@contextmanager
def parquet_writer(target: IO[bytes], schema: pa.Schema) -> Iterator[TableWriter]:
    """Writes a Parquet file of the schema to `target`, which stays open; a row group per block."""
    with parquet.ParquetWriter(target, schema) as writer:
        yield writer


def _arrow_type(hint: Any) -> pa.DataType:
    """Of a plain type, an annotated one, or either of them or None."""
    for each in get_args(hint) or (hint,):
        if isinstance(each, pa.DataType):
            return each
        if get_origin(each) is Annotated:
            return _arrow_type(each)
        if each in _ARROW_TYPES and get_origin(hint) is not Annotated:
            return _ARROW_TYPES[each]
    raise TypeError(f"{hint} is no type of a column")


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        # A bare carriage return would not be quoted, and begins a line, and a cell, for a spreadsheet.
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else value
