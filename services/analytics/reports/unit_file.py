"""The analysed units of an experiment as a file: a line per unit with its number of each metric.

A metric is the column `metric:KEY`. What is summed above and below a line (a ratio; users who come together by unit) is
`metric:KEY:above` and `metric:KEY:below`; of a quantile the column holds the unit's values.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Literal

import pyarrow as pa
from service_kit.problems import TooLarge

from analytics.catalog.entries import Metric
from analytics.results.inquiries import Inquiry
from analytics.results.scope import matured_scope, scope_of, window_of
from analytics.tables.files import csv_writer, parquet_writer
from analytics.warehouse.unit_lines import UnitLines
from analytics.warehouse.unit_rows import UnitRows

FileForm = Literal["csv", "parquet"]
_WRITERS = {"csv": csv_writer, "parquet": parquet_writer}
_OF_UNIT = [("unit_key", pa.string()), ("variation", pa.string()), ("first_at", pa.timestamp("ms", tz="UTC"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFileLimits:
    """How many units a file may have, and how large it may become (it is written to the temporary folder)."""

    units: int = 1_000_000
    bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A temporary file without a name, open at its beginning; it is gone when it is closed."""

    content: IO[bytes]
    units: int
    size: int


async def unit_file(inquiry: Inquiry, form: FileForm, limits: UnitFileLimits) -> UnitFile:
    """Raises TooLarge and WarehouseError."""
    metrics = [metric for _, metric in inquiry.analyst.known_metrics(inquiry.experiment)[0]]
    lines = _lines(inquiry, metrics)
    schema, picked = _columns(lines, metrics)

    def write(blocks: Iterator[pa.RecordBatch]) -> UnitFile:
        # Closed by whoever sends it.
        content = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            units = 0
            with _WRITERS[form](content, schema) as writer:
                for table in _tables(blocks, schema, picked):
                    units += table.num_rows
                    writer.write_table(table)
                    _require_room(units, content.tell(), limits)
            size = content.tell()
            content.seek(0)
        except BaseException:
            content.close()
            raise
        return UnitFile(content, units, size)

    return await lines.read(inquiry.warehouse, limits.units + 1, write)


def _lines(inquiry: Inquiry, metrics: Sequence[Metric]) -> UnitLines:
    experiment, time = inquiry.experiment, inquiry.time
    scope = scope_of(experiment, inquiry.environment, time.as_of)
    windows = {window_of(each): matured_scope(scope, experiment, each, time.shown).stop for each in metrics}
    rows = UnitRows(scope, tuple(windows))
    return UnitLines(rows, {window: stop for window, stop in windows.items() if stop != scope.stop})


def _columns(lines: UnitLines, metrics: Sequence[Metric]) -> tuple[pa.Schema, list[int]]:
    """The file's columns, and where each stands in a line: metrics of the same window share what is read."""
    indexes: dict[tuple[object, str], int] = {}
    for window in lines.rows.windows:
        for part in lines.parts(window):
            indexes[window, part] = len(_OF_UNIT) + len(indexes)
    fields, picked = list(_OF_UNIT), list(range(len(_OF_UNIT)))
    for metric in metrics:
        window = window_of(metric)
        for part in lines.parts(window):
            ending = f":{part}" if part in ("above", "below") else ""
            kind = pa.list_(pa.float64()) if part == "list" else pa.float64()
            fields.append((f"metric:{metric.key}{ending}", kind))
            picked.append(indexes[window, part])
    return pa.schema(fields), picked


def _tables(blocks: Iterator[pa.RecordBatch], schema: pa.Schema, picked: Sequence[int]) -> Iterator[pa.Table]:
    for block in blocks:
        chosen = zip(picked, schema.types, strict=True)
        columns = [_without_empty(block.column(index)).cast(kind) for index, kind in chosen]
        yield pa.Table.from_arrays(columns, schema=schema)


def _without_empty(column: pa.Array) -> pa.Array:
    """An empty list is no value."""
    if not pa.types.is_list(column.type):
        return column
    # A third of a second to load.
    pc = import_module("pyarrow.compute")
    return pc.if_else(pc.greater(pc.list_value_length(column), 0), column, pa.scalar(None, column.type))


def _require_room(units: int, size: int, limits: UnitFileLimits) -> None:
    if units > limits.units:
        over, setting = f"has more than {limits.units} analysed units", "FF_ANALYTICS_UNIT_FILE_UNITS_MAX"
    elif size > limits.bytes:
        over, setting = (
            f"makes a file of more than {limits.bytes} bytes (`parquet` takes fewer)",
            "FF_ANALYTICS_UNIT_FILE_BYTES_MAX",
        )
    else:
        return
    raise TooLarge(
        f"the experiment {over}; export the environment's events instead (`POST /v1/exports`), "
        f"or have the server's {setting} raised",
        code="file_too_large",
    )
