"""Two changes of one document become one: what concerns different parts is kept, what concerns the same part collides.

A part is a field; where `Parts` says so, a member of an object or an element of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from control_plane.changes.patches import alike

_Keyed: TypeAlias = dict[str, Any]


class Whole(Enum):
    """Parts that no name is needed for."""

    MEMBERS = "members"
    """The members of an object."""
    VALUES = "values"
    """The values of a list whose order means nothing, each there once."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The objects of a list, told apart by one of their fields. `ordered`: their order means something."""

    key: str
    ordered: bool = False


Parts: TypeAlias = Mapping[str, Whole | Elements]
"""Of which parts fields consist; a field that isn't named is one part."""


@dataclass(frozen=True, slots=True)
class Merged:
    """`document` holds every field of both; of those in `collisions`, which are paths, it holds what stood at first."""

    document: dict[str, Any]
    collisions: tuple[str, ...]


class _Collision(Exception):
    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__()
        self.paths = tuple(paths)


_ABSENT = object()


def merge(base: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any], parts: Parts) -> Merged:
    """`base` as it is after the changes that led to `one` and those that led to `other`."""
    document: dict[str, Any] = {}
    collisions: list[str] = []
    for name in dict.fromkeys((*base, *one, *other)):
        three = tuple(each.get(name, _ABSENT) for each in (base, one, other))
        try:
            value = _merged(three, name, parts.get(name))
        except _Collision as collision:
            collisions += collision.paths
            value = three[0]
        if value is not _ABSENT:
            document[name] = value
    return Merged(document, tuple(collisions))


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of fields that two documents differ in."""
    names = dict.fromkeys((*before, *after))
    return [name for name in names if not _alike(before.get(name, _ABSENT), after.get(name, _ABSENT))]


def _alike(one: Any, other: Any) -> bool:
    return one is other or (one is not _ABSENT and other is not _ABSENT and alike(one, other))


def _merged(three: Sequence[Any], path: str, parts: Whole | Elements | None) -> Any:
    base, one, other = three
    if _alike(one, other) or _alike(base, other):
        return one
    if _alike(base, one):
        return other
    if parts is Whole.MEMBERS and all(isinstance(each, dict) for each in three):
        return _members(three, path, "{}.{}")
    if parts is Whole.VALUES and all(isinstance(each, list) for each in three):
        return _values(base, one, other)
    if isinstance(parts, Elements):
        keyed = [_by_key(each, parts.key) for each in three]
        if all(each is not None for each in keyed):
            return _elements([each for each in keyed if each is not None], path, ordered=parts.ordered)
    raise _Collision([path])


def _members(three: Sequence[_Keyed], path: str, form: str) -> _Keyed:
    base, one, other = three
    found: _Keyed = {}
    collisions: list[str] = []
    for name in dict.fromkeys((*base, *one, *other)):
        at = form.format(path, name)
        try:
            value = _merged([each.get(name, _ABSENT) for each in three], at, None)
        except _Collision:
            collisions.append(at)
            continue
        if value is not _ABSENT:
            found[name] = value
    if collisions:
        raise _Collision(collisions)
    return found


def _values(base: list[Any], one: list[Any], other: list[Any]) -> list[Any]:
    gone = [each for each in base if each not in other]
    return [each for each in one if each not in gone] + [each for each in other if each not in base and each not in one]


def _by_key(value: Any, key: str) -> _Keyed | None:
    """None where it is no list of objects with a key each."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return None
    found = {each[key]: each for each in value if isinstance(each.get(key), str)}
    return found if len(found) == len(value) else None


def _elements(three: Sequence[_Keyed], path: str, *, ordered: bool) -> list[Any]:
    kept = _members(three, path, "{}[{}]")
    base, one, other = (list(each) for each in three)
    order = _order(base, one, other, strict=ordered)
    if order is None:
        raise _Collision([path])
    return [kept[key] for key in order if key in kept]


def _order(base: list[str], one: list[str], other: list[str], *, strict: bool) -> list[str] | None:
    """The keys of both in their order, gone ones among them; None where it isn't said which comes first."""
    staying = [key for key in base if key in one and key in other]
    moved_by_one = [key for key in one if key in staying] != staying
    moved_by_other = [key for key in other if key in staying] != staying
    if moved_by_one and moved_by_other:
        same = [key for key in one if key in staying] == [key for key in other if key in staying]
        if strict or not same:
            return one if same and set(one) == set(other) else None
    # The one that moved something leads, and what the other one added finds its neighbour there.
    lead, follow, was_moved = (other, one, moved_by_other) if moved_by_other else (one, other, moved_by_one)
    added = [key for key in follow if key not in base and key not in lead]
    if strict and added and was_moved:
        return None
    order = list(lead)
    for key in added:
        before = follow[: follow.index(key)]
        anchor = next((each for each in reversed(before) if each in order), None)
        index = 0 if anchor is None else order.index(anchor) + 1
        if strict and index < len(order) and order[index] not in base and order[index] not in follow:
            return None
        order.insert(index, key)
    return order
