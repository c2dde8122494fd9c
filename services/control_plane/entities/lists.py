"""What a list is narrowed down to and sorted by, where a page of it begins, and what is counted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec
from service_kit.pagination import InvalidCursor

FACET_VALUES_MAX = 200
Archived = Literal["false", "true", "only"]
Sort = Literal["key", "-key", "name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"]
_TEXTS = {"key": "key", "name": "lower(name)"}


class Facet(StrEnum):
    """What a list is counted by."""

    TAG = "tag"
    TYPE = "type"
    STATE = "state"
    OWNER = "owner"


class Sorted(Protocol):
    """What a list gives, as far as it is sorted by it."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, and by key where it is the same: what stands on a page doesn't depend on what others write."""

    sort: Sort = "key"

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def direction(self) -> str:
        return "DESC" if self.sort.startswith("-") else "ASC"

    @property
    def by(self) -> str:
        """The ORDER BY of a statement."""
        keys = ["key"] if self.column == "key" else [_TEXTS.get(self.column, self.column), "key"]
        return ", ".join(f"{each} {self.direction}" for each in keys)

    def after(self, value: str, key: str) -> str:
        """The condition of the rows behind a position; `value` and `key` are numbers of parameters."""
        sign = "<" if self.direction == "DESC" else ">"
        if self.column == "key":
            return f"key {sign} {key}"
        given = f"lower({value}::text)" if self.column in _TEXTS else f"{value}::timestamptz"
        return f"({_TEXTS.get(self.column, self.column)}, key) {sign} ({given}, {key})"

    def position_of(self, row: Sorted) -> str:
        """What a cursor holds."""
        if self.sort == "key":
            return row.key
        value = getattr(row, self.column)
        told = value.isoformat() if isinstance(value, datetime) else value
        return msgspec.json.encode([self.sort, told, row.key]).decode()

    def position(self, after: str) -> tuple[str | datetime, str]:
        """The inverse: value and key. Raises `InvalidCursor` for a cursor of another order."""
        if self.sort == "key":
            return after, after
        try:
            sort, told, key = msgspec.json.decode(after, type=tuple[str, str, str])
            value = told if self.column in _TEXTS else datetime.fromisoformat(told)
            if sort != self.sort or "\x00" in key or (isinstance(value, str) and "\x00" in value):
                raise InvalidCursor
            if isinstance(value, datetime):
                if value.tzinfo is None:
                    raise InvalidCursor
                value = value.astimezone(UTC)
        except (ValueError, OverflowError, msgspec.MsgspecError):
            raise InvalidCursor from None
        return value, key


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list is narrowed down to; None: not narrowed.

    `search` looks into key, name and description, `tag` is one of the tags, `equal` compares columns. `type` and
    `state` are what the kind of entity understands by them, a flag's `state` that in `environment`.
    """

    search: str | None = None
    tag: str | None = None
    owner: str | None = None
    type: str | None = None
    state: str | None = None
    environment: str | None = None
    archived: Archived = "false"
    changed_since: datetime | None = None
    equal: Mapping[str, object] = field(default_factory=dict)
    order: Order = Order()
    total: bool = False
    facets: tuple[Facet, ...] = ()

    def also(self, **equal: object) -> ListFilter:
        return replace(self, equal={**self.equal, **equal})

    def without(self, facet: Facet) -> ListFilter:
        """For counting by it: what is chosen of a facet doesn't hide its other values."""
        none: dict[str, Any] = {facet.value: None}
        return replace(self, **none)
