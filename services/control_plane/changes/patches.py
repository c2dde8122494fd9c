"""How two documents differ: as JSON patch (RFC 6902) for programs, and in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

_VALUE_LENGTH_MAX = 120
_NAMES = ("id", "key", "metric", "flag")
"""By which fields an element of a list is known, the first that all elements have, each with another value."""
_alike = msgspec.json.Encoder(order="sorted")

Path = tuple[str | int, ...]


def alike(one: Any, other: Any) -> bool:
    """The same as JSON: Python calls 1, 1.0 and true equal."""
    return one is other or _alike.encode(one) == _alike.encode(other)


def json_patch(before: Any, after: Any) -> list[dict[str, Any]]:
    """The operations that make `after` of `before`, in an order in which each can be applied."""
    return list(_operations(before, after, ()))


def in_words(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """A sentence for each thing that is otherwise. Elements of lists are named by what they are known by."""
    if before is None or after is None:
        return [] if before is after else ["created" if before is None else "deleted"]
    return list(_sentences(before, after, ""))


def _operations(before: Any, after: Any, path: Path) -> Iterator[dict[str, Any]]:
    if alike(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() - after.keys()):
            yield {"op": "remove", "path": _pointer((*path, name))}
        for name in sorted(after):
            if name in before:
                yield from _operations(before[name], after[name], (*path, name))
            else:
                yield {"op": "add", "path": _pointer((*path, name)), "value": after[name]}
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_operations(before, after, path)
    else:
        yield {"op": "replace", "path": _pointer(path), "value": after}


def _list_operations(before: list[Any], after: list[Any], path: Path) -> Iterator[dict[str, Any]]:
    """Elements that go, that come, and that change where they stand then; if those that stay are in another order, or
    one stands there twice, place by place."""
    old, new = ({_known(each): each for each in elements} for elements in (before, after))
    unique = len(old) == len(before) and len(new) == len(after)
    if not unique or [each for each in old if each in new] != [each for each in new if each in old]:
        yield from _positional_operations(before, after, path)
        return
    for index, known in reversed(list(enumerate(old))):
        if known not in new:
            yield {"op": "remove", "path": _pointer((*path, index))}
    for index, (known, element) in enumerate(new.items()):
        if known in old:
            yield from _operations(old[known], element, (*path, index))
        else:
            yield {"op": "add", "path": _pointer((*path, index)), "value": element}


def _known(element: Any) -> object:
    """By what an element of a list is known among the others, also when it has changed."""
    if isinstance(element, str):
        return element
    name = next((each for each in _NAMES if isinstance(element, Mapping) and isinstance(element.get(each), str)), None)
    return _alike.encode(element) if name is None else (name, element[name])


def _positional_operations(before: list[Any], after: list[Any], path: Path) -> Iterator[dict[str, Any]]:
    """What both begin and end with stays; between, elements change place by place, then surplus ones go or come."""
    start, shorter = 0, min(len(before), len(after))
    while start < shorter and alike(before[start], after[start]):
        start += 1
    end = 0
    while end < shorter - start and alike(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    both = min(len(old), len(new))
    for index in range(both):
        yield from _operations(old[index], new[index], (*path, start + index))
    for index in reversed(range(both, len(old))):
        yield {"op": "remove", "path": _pointer((*path, start + index))}
    for index in range(both, len(new)):
        yield {"op": "add", "path": _pointer((*path, start + index)), "value": new[index]}


def _pointer(path: Path) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _sentences(before: Any, after: Any, path: str) -> Iterator[str]:
    if alike(before, after):
        return
    was, becomes = _served(before), _served(after)
    if was is not None and becomes is not None and before.keys() != after.keys():
        yield f"{path}: {was} → {becomes}"
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from _of_part(before, after, name, f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_sentences(before, after, path)
    else:
        yield f"{path}: {_shown(before)} → {_shown(after)}"


def _of_part(before: Mapping[str, Any], after: Mapping[str, Any], name: str, path: str) -> Iterator[str]:
    if name not in before:
        yield f"{path} added: {_shown(after[name])}"
    elif name not in after:
        yield f"{path} removed: {_shown(before[name])}"
    else:
        yield from _sentences(before[name], after[name], path)


def _list_sentences(before: list[Any], after: list[Any], path: str) -> Iterator[str]:
    name = next((each for each in _NAMES if _names_all(before, each) and _names_all(after, each)), None)
    if name is not None:
        old, new = ({each[name]: each for each in elements} for elements in (before, after))
        for known in [*old, *(each for each in new if each not in old)]:
            yield from _of_part(old, new, known, f"{path}[{known}]")
        if [each for each in old if each in new] != [each for each in new if each in old]:
            yield f"{path}: another order"
    elif all(isinstance(each, str) for each in [*before, *after]):
        was, now = set(before), set(after)
        gone, come = [each for each in before if each not in now], [each for each in after if each not in was]
        if come:
            yield f"{path} added: {_listed(come)}"
        if gone:
            yield f"{path} removed: {_listed(gone)}"
        if not come and not gone:
            yield f"{path}: another order"
    else:
        old, new = ({str(index): each for index, each in enumerate(elements)} for elements in (before, after))
        for index in sorted(old.keys() | new.keys(), key=int):
            yield from _of_part(old, new, index, f"{path}[{index}]")


def _names_all(elements: Sequence[Any], name: str) -> bool:
    names = [each.get(name) if isinstance(each, Mapping) else None for each in elements]
    return all(isinstance(each, str) for each in names) and len(set(names)) == len(names)


def _listed(texts: Sequence[str]) -> str:
    return _cut(", ".join(_alike.encode(each).decode() for each in texts))


def _shown(value: Any) -> str:
    return _served(value) or _cut(_alike.encode(value).decode())


def _served(value: Any) -> str | None:
    """What a serve document says: "on", or "on to 25%, off to 75%"; None of anything else."""
    match value:
        case {"variation": str(key), **rest} if not rest:
            return key
        case {"rollout": {"variations": [*shares]}, **rest} if not rest and shares:
            told = [(each.get("key"), each.get("weight")) for each in shares if isinstance(each, Mapping)]
            if len(told) == len(shares) and all(isinstance(weight, int | float) for _, weight in told):
                return _cut(", ".join(f"{key} to {weight:g}%" for key, weight in told))
    return None


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE_LENGTH_MAX else f"{text[: _VALUE_LENGTH_MAX - 1]}…"
