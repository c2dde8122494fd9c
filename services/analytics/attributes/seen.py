"""Attributes counted over the contexts of a sample of units; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from analytics.warehouse.client import Row

AttributeType = Literal["string", "number", "boolean", "list", "null"]
Value = str | int | float | bool
VALUES_MAX = 20
VALUE_LENGTH_MAX = 100
ATTRIBUTES_MAX = 200
_DEPTH_MAX = 6
_NAMES_MAX = 20_000
"""Of names that are counted at once: whoever holds a client key may send any, each unit others."""
_DISTINCT_MAX = 5_000
"""Of values that are counted one by one; what comes beyond is something like an id."""
_SHARED_BY_MIN = 2
"""A value that one unit has alone suggests nothing, and may name somebody."""
_KEYS = ("targetingKey", "user_id", "key")
_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class SeenAttribute:
    """`units`: how many have it. `last_at`: in epoch milliseconds. `several`: more values than are counted."""

    units: int = 0
    last_at: int = 0
    types: Counter[AttributeType] = field(default_factory=Counter)
    values: Counter[tuple[str, Value]] = field(default_factory=Counter)
    several: bool = False

    def commonest(self) -> list[tuple[Value, int]]:
        """Values that units share, with how many; the same number of units in the order of the values."""
        found = [(value, count) for (_, value), count in self.values.items() if count >= _SHARED_BY_MIN]
        return sorted(found, key=lambda each: (-each[1], str(each[0])))[:VALUES_MAX]


def seen_attributes(rows: Sequence[Row], hidden: Sequence[str]) -> dict[str, SeenAttribute]:
    """By name or path, those that most units have first. `hidden`: of these and what is inside them no value is
    counted, because what is stored are stand-ins. A row is a unit with its contexts, the oldest first."""
    found = {name: SeenAttribute() for name in _commonest_names(rows)}
    for row in rows:
        for name, (at, value) in _unit(row).items():
            if name in found:
                _count(found[name], at, value, hidden=is_hidden(name, hidden))
    ordered = sorted(found.items(), key=lambda each: (-each[1].units, each[0]))
    return dict(ordered[:ATTRIBUTES_MAX])


def _commonest_names(rows: Iterable[Row]) -> list[str]:
    """Somewhat more than are told, by how many units have them. Where there are too many names, all lose a unit, and
    those without one are forgotten: a name that many units have stays among them, whatever else is sent."""
    units: Counter[str] = Counter()
    for row in rows:
        units.update(_unit(row).keys())
        while len(units) > _NAMES_MAX:
            units = Counter({name: count - 1 for name, count in units.items() if count > 1})
    return [name for name, _ in sorted(units.items(), key=lambda each: (-each[1], each[0]))[: 2 * ATTRIBUTES_MAX]]


def _unit(row: Row) -> dict[str, tuple[int, Any]]:
    """The newest value of each attribute of one unit, with its moment."""
    unit: dict[str, tuple[int, Any]] = {}
    for at, _, text in row["contexts"]:
        for name, value in _flat(_decode(text or "{}")):
            if name not in _KEYS:
                unit[name] = at, value
    return unit


def is_hidden(name: str, hidden: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in hidden)


def _flat(context: Mapping[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for name, value in context.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and depth < _DEPTH_MAX:
            yield from _flat(value, f"{path}.", depth + 1)
        elif not isinstance(value, dict):
            yield path, value


def _count(attribute: SeenAttribute, at: int, value: object, *, hidden: bool) -> None:
    attribute.units += 1
    attribute.last_at = max(attribute.last_at, at)
    attribute.types[_type_of(value)] += 1
    if hidden:
        return
    # Of a list each element counts, once.
    for each in {(type(each).__name__, each) for each in _shown(value)}:
        if each in attribute.values or len(attribute.values) < _DISTINCT_MAX:
            attribute.values[each] += 1
        else:
            attribute.several = True


def _shown(value: object) -> Iterator[Value]:
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, bool | int | float) or (isinstance(each, str) and len(each) <= VALUE_LENGTH_MAX):
            yield each


def _type_of(value: object) -> AttributeType:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    return "null" if value is None else "string"
