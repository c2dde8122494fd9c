"""Marks on the fields of nested dataclasses, and the flat table that follows from them.

A field is marked where it is declared: `units: InTable[int]`. Fields of nested dataclasses count too; a list of them
makes a line of each.
"""

from __future__ import annotations

import dataclasses
import types
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Line = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A mark on a field that is a column of a table.

    `name` empty: the field's own. `after`: the column it follows, where that isn't the one declared before.
    `only`: the one table that has it. `parts`: the fields of a dataclass that are columns; the first has the name,
    the others are called `name_part`. `stands_in`: for a column of the same name further in, where that is absent."""

    name: str = ""
    after: str = ""
    only: str = ""
    parts: tuple[str, ...] = ()
    stands_in: bool = False


InTable = Annotated[T, Column()]


@dataclasses.dataclass(frozen=True, slots=True)
class _Source:
    """Where a column's value is: fields one after the other, each of the object before; None where one is absent."""

    column: str
    path: tuple[str, ...]

    def value(self, holder: Any) -> Any:
        for field in self.path:
            if holder is None:
                return None
            holder = getattr(holder, field)
        return holder.value if isinstance(holder, Enum) else holder


class Table:
    """The table called `name` of the dataclass `described`. `columns`: str, int, float or bool by name, in order.

    Raises TypeError for a marked field that is none of these, two columns of one name, and two lists of lines.
    """

    def __init__(self, described: type, name: str) -> None:
        self._part = _Part(described, name)
        self.columns = _ordered(self._part.columns, self._part.follows)

    def lines(self, value: Any) -> list[Line]:
        """One per innermost object, each with every column; absent values are None."""
        return [{name: line.get(name) for name in self.columns} for line in self._part.lines(value)]


class _Part:
    """What one dataclass of the description brings: values of its own, nested parts, and a list of lines below it."""

    def __init__(self, described: type, table: str) -> None:
        self._described = described
        self._table = table
        self._sources: list[_Source] = []
        self._nested: dict[str, _Part] = {}
        self._many: dict[str, _Part] = {}
        self._stand_ins: set[str] = set()
        self.columns: dict[str, type] = {}
        self.follows: dict[str, str] = {}
        for field, hint in get_type_hints(described, include_extras=True).items():
            mark, inner = _marked(hint)
            if mark is None:
                self._look_into(field, inner)
            elif mark.only in ("", table):
                self._add(field, mark, inner)

    def _add(self, field: str, mark: Column, hint: Any) -> None:
        name = mark.name or field
        if mark.after:
            self.follows[name] = mark.after
        if mark.parts:
            hints = get_type_hints(_without_none(hint))
            for number, part in enumerate(mark.parts):
                column = f"{name}_{part}" if number else name
                if number and mark.after:
                    self.follows[column] = f"{name}_{mark.parts[number - 1]}" if number > 1 else name
                self._put({column: _plain_type(hints[part], hint, part)}, field)
                self._sources.append(_Source(column, (field, part)))
        else:
            self._put({name: _plain_type(hint, self._described, field)}, field)
            self._sources.append(_Source(name, (field,)))
        if mark.stands_in:
            self._stand_ins.add(name)

    def _look_into(self, field: str, hint: Any) -> None:
        inner = _dataclass_in(hint)
        if inner is None or not _has_marks(inner):
            return
        part = _Part(inner, self._table)
        if get_origin(hint) not in (list, tuple):
            self._nested[field] = part
        elif not self._many:
            self._many[field] = part
        else:
            raise TypeError(f"{self._described.__name__}: {field} and {next(iter(self._many))} both bring lines")
        self._put(part.columns, field)
        self._stand_ins |= part._stand_ins
        self.follows |= part.follows

    def _put(self, columns: dict[str, type], field: str) -> None:
        """A column that was only stood in for gives its place to the real one."""
        twice = self.columns.keys() & columns.keys()
        if twice - self._stand_ins:
            raise TypeError(f"{self._described.__name__}.{field} has columns that are there already: {sorted(twice)}")
        self._stand_ins -= twice
        self.columns = {name: kind for name, kind in self.columns.items() if name not in twice} | columns

    def lines(self, value: Any) -> list[Line]:
        line = {each.column: each.value(value) for each in self._sources}
        for field, part in self._nested.items():
            inner = getattr(value, field)
            line |= part.lines(inner)[0] if inner is not None else {}
        lines = [line]
        for field, part in self._many.items():
            lines = [line | below for inner in getattr(value, field) for below in part.lines(inner)]
        return lines


def _ordered(columns: dict[str, type], follows: dict[str, str]) -> dict[str, type]:
    """Each column that has to follow another stands right behind it."""
    names = [name for name in columns if name not in follows]
    waiting = {name: before for name, before in follows.items() if name in columns}
    while waiting:
        name = next((each for each, before in waiting.items() if before in names), None)
        if name is None:
            raise TypeError(f"columns follow what is not there: {waiting}")
        names.insert(names.index(waiting.pop(name)) + 1, name)
    return {name: columns[name] for name in names}


def _marked(hint: Any) -> tuple[Column | None, Any]:
    if get_origin(hint) is not Annotated:
        return None, hint
    mark = next((each for each in hint.__metadata__ if isinstance(each, Column)), None)
    return mark, hint.__origin__


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    others = [each for each in get_args(hint) if each is not type(None)]
    return others[0] if len(others) == 1 else hint


def _dataclass_in(hint: Any) -> type | None:
    hint = _without_none(hint)
    inner = get_args(hint)[0] if get_origin(hint) in (list, tuple) else hint
    return inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None


def _has_marks(described: type, above: frozenset[type] = frozenset()) -> bool:
    if described in above:
        return False
    for hint in get_type_hints(described, include_extras=True).values():
        mark, inner = _marked(hint)
        below = _dataclass_in(inner)
        if mark is not None or (below is not None and _has_marks(below, above | {described})):
            return True
    return False


def _plain_type(hint: Any, described: type, field: str) -> type:
    plain = _without_none(hint)
    if get_origin(plain) is Literal:
        plain = type(get_args(plain)[0])
    for kind in (bool, int, float, str):
        if isinstance(plain, type) and issubclass(plain, kind):
            return kind
    raise TypeError(f"{described.__name__}.{field} is no text, number or truth value: no column")
