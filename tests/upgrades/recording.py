"""What a version of the control plane says to its database, in the order in which it says it.

A recording is a file of JSON lines. Replayed on an empty database it fills it just as that version would; replayed on
the schema of a later version it shows whether the earlier one can still work there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

FOLDER = Path(__file__).with_name("recorded")


@dataclass(frozen=True, slots=True)
class Statement:
    """`method` is asyncpg's. `columns` and `rows` describe what came back, `ids` are the UUIDs in it, in order."""

    method: str
    sql: str
    arguments: tuple[Any, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int = 0
    ids: tuple[UUID, ...] = ()


def write_recording(path: Path, statements: list[Statement]) -> None:
    """The first line lists the texts, each further one is a statement that names its text by number."""
    texts = list(dict.fromkeys(each.sql for each in statements))
    numbers = {text: number for number, text in enumerate(texts)}
    lines = [
        [
            each.method,
            numbers[each.sql],
            [_plain(argument) for argument in each.arguments],
            each.columns,
            each.rows,
            [str(one) for one in each.ids],
        ]
        for each in statements
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (texts, *lines)), encoding="utf-8")


def read_recording(path: Path) -> list[Statement]:
    """The inverse of `write_recording`."""
    texts, *lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Statement(
            method,
            texts[number],
            tuple(_value(argument) for argument in arguments),
            tuple(columns),
            rows,
            tuple(map(UUID, ids)),
        )
        for method, number, arguments, columns, rows, ids in lines
    ]


def recordings() -> dict[int, Path]:
    """The recordings by the number of the newest migration that they knew."""
    return {int(path.stem): path for path in sorted(FOLDER.glob("*.jsonl"))}


def ids_in(value: Any) -> Iterator[UUID]:
    """Every UUID of a result or an argument, in order."""
    match value:
        case UUID():
            yield UUID(str(value))
        case dict():
            for each in value.values():
                yield from ids_in(each)
        case list() | tuple():
            for each in value:
                yield from ids_in(each)


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return {"uuid": str(value)}
        case datetime():
            return {"moment": value.isoformat()}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case list() | tuple():
            return {"list": [_plain(each) for each in value]}
        case dict():
            return {"json": value}
        case _:
            return value


def _value(plain: Any) -> Any:
    match plain:
        case {"uuid": text}:
            return UUID(text)
        case {"moment": text}:
            return datetime.fromisoformat(text)
        case {"bytes": text}:
            return base64.b64decode(text)
        case {"list": parts}:
            return [_value(each) for each in parts]
        case {"json": value}:
            return value
        case _:
            return plain
