"""Attributes read from JSON: as written, else, with dots, by the path into objects.

What is read is an array of items, each `(kind, text, whole, real)`: the elements of an array, or the one value that is
none. So whatever is asked of a value is asked of any element, and of a missing or null attribute nothing holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from bucketing.attributes import TARGETING_KEY

from analytics.warehouse.filters.parameters import Parameters

_KEYS = (TARGETING_KEY, "user_id")


@dataclass(frozen=True, slots=True)
class Attribute:
    """Two expressions: `present` is 1 unless it is missing or null; `items` are its values."""

    present: str
    items: str

    @classmethod
    def of(cls, name: str, json: str, user_key: str, parameters: Parameters) -> Attribute:
        written = f"{json}, {parameters.add(name, 'String')}"
        if user_key and name in _KEYS:
            there = f"JSONHas({written})"
            own = f"[('String', toString({user_key}), toInt128(0), toFloat64(0))]"
            return cls(f"(NOT {there} OR {_present(written)})", f"if({there}, {_items(written)}, {own})")
        steps = name.split(".")
        if len(steps) == 1:
            return cls(_present(written), _items(written))
        there = f"JSONHas({written})"
        path = ", ".join([json, *(parameters.add(step, "String") for step in steps)])
        return cls(
            f"if({there}, {_present(written)}, {_present(path)})", f"if({there}, {_items(written)}, {_items(path)})"
        )


def _present(address: str) -> str:
    return f"(JSONType({address}) != 'Null')"


def _items(address: str) -> str:
    elements = f"arrayMap(i -> {_item(f'{address}, i')}, range(1, JSONLength({address}) + 1))"
    return f"if(JSONType({address}) = 'Array', {elements}, [{_item(address)}])"


def _item(address: str) -> str:
    return (
        f"(toString(JSONType({address})), JSONExtractString({address}), JSONExtract({address}, 'Int128'), "
        f"JSONExtractFloat({address}))"
    )
