"""Statements that go to the server together: in one round trip, as one statement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the values of its parameters."""

    sql: str
    values: tuple[object, ...]


@lru_cache(maxsize=512)
def renumbered(sql: str, first: int) -> str:
    """With its parameters counted on from `first`."""
    return _NUMBER.sub(lambda found: f"${int(found[1]) + first}", sql)


@lru_cache(maxsize=512)
def led_by(main: str, parameters: int, leading: tuple[tuple[str, int], ...]) -> str:
    """`main`, a statement that begins with WITH, after others that only write, each with its number of parameters.

    All of them see what was there before; so none may read or write what another one writes.
    """
    parts, first = [], parameters
    for index, (sql, count) in enumerate(leading):
        parts.append(f"leading_{index} AS ({renumbered(sql, first)})")
        first += count
    return f"WITH {', '.join(parts)}, {main.strip().removeprefix('WITH ')}"


def together(main: str, values: Sequence[object], leading: Sequence[Statement]) -> Statement:
    """As `led_by`, with the values of all."""
    if not leading:
        return Statement(main, tuple(values))
    sql = led_by(main, len(values), tuple((each.sql, len(each.values)) for each in leading))
    return Statement(sql, (*values, *(value for each in leading for value in each.values)))
