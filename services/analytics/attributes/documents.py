"""Attributes as the API tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.attributes.seen import AttributeType, SeenAttribute, Value, is_hidden
from analytics.catalog.entries import Environment
from analytics.instants import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDocument:
    type: AttributeType
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueDocument:
    """A value that several units have; of lists each element counts."""

    value: Value
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeDocument:
    """`name` is how rules name it, a path into objects with dots. `share`: of the units looked at. `values` has the
    commonest, at most 20, and none where the attribute is `private` or no two units share one. `distinct`: different
    values among these units; null where it is private or they are too many to count."""

    name: str
    types: list[TypeDocument]
    units: int
    share: float
    last_seen_at: str | None
    private: bool
    distinct: int | None
    values: list[ValueDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesDocument:
    """Seen in the exposures of `days`. `units`: those that were looked at, of about `units_estimated`."""

    project: str
    environment: str
    days: int
    computed_at: str
    units: int
    units_estimated: int
    attributes: list[AttributeDocument]


def attribute_documents(
    found: Mapping[str, SeenAttribute], environment: Environment, units: int
) -> list[AttributeDocument]:
    return [_attribute(name, each, environment.pii_attributes, units) for name, each in found.items()]


def _attribute(name: str, seen: SeenAttribute, hidden: Sequence[str], units: int) -> AttributeDocument:
    private = is_hidden(name, hidden)
    return AttributeDocument(
        name=name,
        types=[TypeDocument(type=kind, units=count) for kind, count in seen.types.most_common()],
        units=seen.units,
        share=seen.units / units,
        last_seen_at=rfc3339(seen.last_at),
        private=private,
        distinct=None if private or seen.several else len(seen.values),
        values=[ValueDocument(value=value, units=count) for value, count in seen.commonest()],
    )
