"""What is asked of an event's properties: whether it passes a filter, and which values a property has.

Both are columns of the one read of events, an array each: `passed` by filter, `facets` by property. The values of a
facet are hashes of 128 bits, so that values of any length are counted in little room: 1 and 1.0 are the same value, 1
and "1" are not, each element of an array is one, and objects, null and absence are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from bucketing.document import condition_from_document

from analytics.warehouse.filters import Column, compiled
from analytics.warehouse.filters.attributes import Attribute
from analytics.warehouse.filters.parameters import Parameters
from analytics.warehouse.scopes import MetricWindow

_PROPERTIES = Column("properties")
_WHOLE_BOUND = "1e18"
_FACET = (
    "multiIf("
    "item.1 = 'String', ('s', item.2), "
    "item.1 = 'Bool', ('b', toString(item.3)), "
    "item.1 != 'Double', ('n', toString(item.3)), "
    f"abs(item.4) < {_WHOLE_BOUND} AND item.4 = trunc(item.4), ('n', toString(toInt128(item.4))), "
    "('n', toString(item.4)))"
)
_COUNTED = "item.1 NOT IN ('Null', 'Object', 'Array')"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Of some windows. `filters` are documents, `properties` are names, each once."""

    filters: tuple[str, ...]
    properties: tuple[str, ...]

    @classmethod
    def of(cls, windows: Iterable[MetricWindow]) -> EventFacts:
        known = tuple(windows)
        filters = dict.fromkeys(each.filter for each in known if each.filter)
        properties = dict.fromkeys(each.facet for each in known if each.facet)
        return cls(tuple(filters), tuple(properties))

    @property
    def any(self) -> bool:
        return bool(self.filters or self.properties)

    def passes(self, window: MetricWindow) -> str:
        """SQL: whether an event with `passed` passes the window's filter; empty: it has none."""
        return f"passed[{self.filters.index(window.filter) + 1}]" if window.filter else ""

    def facet(self, window: MetricWindow) -> str:
        """SQL: the values that an event with `facets` has of the window's property."""
        return f"facets[{self.properties.index(window.facet) + 1}]"

    def columns(self) -> tuple[tuple[str, str], dict[str, Any]]:
        """SQL of `passed` and of `facets`, over a row of the events' table, and the parameters."""
        given: dict[str, Any] = {}
        passed, facets = [], []
        for number, document in enumerate(self.filters):
            found = compiled(condition_from_document(msgspec.json.decode(document)), _PROPERTIES, f"filter_{number}")
            passed.append(f"toUInt8({found.sql})")
            given |= found.parameters
        parameters = Parameters("property")
        for name in self.properties:
            items = Attribute.of(name, _PROPERTIES.json, "", parameters).items
            values = f"arrayMap(item -> sipHash128({_FACET}), arrayFilter(item -> {_COUNTED}, {items}))"
            facets.append(f"arrayMap(hash -> reinterpretAsUInt128(hash), {values})")
        return (
            f"CAST([{', '.join(passed)}], 'Array(UInt8)')",
            f"CAST([{', '.join(facets)}], 'Array(Array(UInt128))')",
        ), given | parameters.values
