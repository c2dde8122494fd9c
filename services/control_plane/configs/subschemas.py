"""The subschemas of a JSON Schema: where they stand, what they name, and which of them a value meets.

Only what stands in the document itself is ever followed: a reference begins with `#`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import unquote

from service_kit.problems import FieldError

Subschema: TypeAlias = "dict[str, Any] | bool"

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PATTERNS_MAX = 100
REFERENCES = ("$ref", "$dynamicRef")
_SINGLE = (
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_OF_ITSELF = ("if", "then", "else", "not")
_LISTS_OF_ITSELF = ("allOf", "anyOf", "oneOf")
_OF_MEMBERS = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_OF_ELEMENTS = ("items", "contains", "unevaluatedItems")
_LOOKED_AT_TWICE = ("unevaluatedItems", "unevaluatedProperties")
_TEXT_STEP = 64
"""So many characters are matched in about the time of another step."""


class Subschemas:
    """Those of one document, by their JSON pointers and anchors."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._named: dict[str, Subschema] = {}
        self._patterns = 0
        for pointer, subschema in _walk(document):
            self._named[pointer] = subschema
            if isinstance(subschema, dict):
                self._note(subschema)

    def _note(self, subschema: dict[str, Any]) -> None:
        for name in ("$anchor", "$dynamicAnchor"):
            if isinstance(subschema.get(name), str):
                self._named.setdefault(f"#{subschema[name]}", subschema)
        patterns = subschema.get("patternProperties")
        self._patterns += ("pattern" in subschema) + (len(patterns) if isinstance(patterns, dict) else 0)

    def errors(self) -> list[FieldError]:
        """What the schema's own language allows and is not taken here; `field` is a JSON pointer."""
        found: list[FieldError] = []
        if self._patterns > PATTERNS_MAX:
            reason = f"has {self._patterns} patterns; at most {PATTERNS_MAX} are allowed"
            found.append(FieldError("", "too_many", reason))
        for pointer, subschema in self._named.items():
            if isinstance(subschema, dict) and (not pointer or pointer.startswith("/")):
                found += self._refused(pointer, subschema)
        return found

    def _refused(self, pointer: str, subschema: dict[str, Any]) -> Iterator[FieldError]:
        if subschema.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
            yield FieldError(f"{pointer}/$schema", "unknown_dialect", f"must be {DIALECT}, or left out")
        if pointer and "$id" in subschema:
            yield FieldError(f"{pointer}/$id", "not_applicable", "stands at the top of the schema alone")
        for name in REFERENCES:
            reference = subschema.get(name)
            if not isinstance(reference, str):
                continue
            if not reference.startswith("#"):
                reason = "nothing is fetched: name what stands in this schema, as in #/$defs/size"
                yield FieldError(f"{pointer}/{name}", "remote_reference", reason)
            elif self._target(reference) is None:
                yield FieldError(f"{pointer}/{name}", "unknown_reference", f"there is no subschema {reference!r}")

    def _target(self, reference: str) -> Subschema | None:
        pointer = unquote(reference)[1:]
        return self._named.get(pointer if not pointer or pointer.startswith("/") else f"#{pointer}")

    def steps(self, values: Sequence[Any], most: int) -> int:
        """How often at most a subschema meets a part of one of the values; counting ends above `most`."""
        waiting: list[tuple[Subschema, Any]] = [(self._document, each) for each in values]
        steps = len(waiting)
        while waiting and steps <= most:
            subschema, value = waiting.pop()
            if not isinstance(subschema, dict):
                continue
            before = len(waiting)
            waiting += [(each, value) for each in self._of_itself(subschema)]
            if isinstance(value, dict):
                waiting += _of_members(subschema, value)
            elif isinstance(value, list):
                waiting += _of_elements(subschema, value)
            steps += len(waiting) - before + _weight(subschema, value)
        return steps

    def _of_itself(self, subschema: dict[str, Any]) -> list[Subschema]:
        """The subschemas that meet the very same value."""
        found = [subschema[name] for name in _OF_ITSELF if name in subschema]
        found += [each for name in _LISTS_OF_ITSELF for each in subschema.get(name, ())]
        found += subschema.get("dependentSchemas", {}).values()
        for name in REFERENCES:
            target = self._target(subschema[name]) if name in subschema else None
            found += [] if target is None else [target]
        # Which members nobody has looked at is found by looking once more.
        return found * 2 if any(name in subschema for name in _LOOKED_AT_TWICE) else found


def token(name: object) -> str:
    """A part of a JSON pointer, escaped."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _children(pointer: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((f"{pointer}/{token(name)}", each) for name, each in value.items())
    elif isinstance(value, list):
        yield from ((f"{pointer}/{index}", each) for index, each in enumerate(value))


def _walk(document: dict[str, Any]) -> Iterator[tuple[str, Subschema]]:
    """Every subschema with its pointer; what has a wrong shape is passed over."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        pointer, subschema = waiting.pop()
        if isinstance(subschema, bool):
            yield pointer, subschema
        elif isinstance(subschema, dict):
            yield pointer, subschema
            waiting += [(f"{pointer}/{name}", subschema[name]) for name in _SINGLE if name in subschema]
            for name in (*_LISTS, *_NAMED):
                held = subschema.get(name)
                if isinstance(held, list if name in _LISTS else dict):
                    waiting += _children(f"{pointer}/{name}", held)


def _of_members(subschema: dict[str, Any], value: Mapping[str, Any]) -> Iterator[tuple[Subschema, Any]]:
    properties = subschema.get("properties", {})
    yield from ((properties[name], each) for name, each in value.items() if name in properties)
    every = [*subschema.get("patternProperties", {}).values()]
    every += [subschema[name] for name in _OF_MEMBERS if name in subschema]
    yield from ((each, member) for each in every for member in value.values())


def _of_elements(subschema: dict[str, Any], value: Sequence[Any]) -> Iterator[tuple[Subschema, Any]]:
    yield from zip(subschema.get("prefixItems", ()), value, strict=False)
    every = [subschema[name] for name in _OF_ELEMENTS if name in subschema]
    yield from ((each, element) for each in every for element in value)


def _weight(subschema: dict[str, Any], value: Any) -> int:
    """What a step takes beside the subschemas that it leads to."""
    weight = len(subschema["enum"]) if "enum" in subschema else 0
    if isinstance(value, str):
        return weight + len(value) // _TEXT_STEP
    if isinstance(value, dict):
        return weight + len(value) * len(subschema.get("patternProperties", ()))
    return weight + (len(value) if isinstance(value, list) and subschema.get("uniqueItems") else 0)
