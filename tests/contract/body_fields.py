"""The number and boolean fields of bodies, as the services' documents tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.contract.apps import apps

APPS = apps()
WRONG: dict[str, list[Any]] = {"integer": ["5", True, 5.5], "number": ["5", False], "boolean": ["true", 0, 1]}
RIGHT: dict[str, list[Any]] = {"integer": [5, 5.0], "number": [5, 5.5], "boolean": [True]}
KINDS = frozenset(WRONG)


class Field(NamedTuple):
    """A field of a body: names, `0` for the first of a list. `beside`: what stands in the same objects, by depth, and
    tells of which form they are."""

    names: tuple[str | int, ...]
    kind: str
    beside: tuple[dict[str, Any], ...] = ()

    def body(self, value: Any) -> Any:
        made = value
        for name, beside in zip(reversed(self.names), reversed(self.beside), strict=True):
            made = [made] if isinstance(name, int) else {**beside, name: made}
        return made

    @property
    def path(self) -> str:
        return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.names).lstrip(".")


def fields(document: dict[str, Any], schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[Field]:
    """Those of a schema that are numbers or booleans and nothing that a text could be."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            yield from fields(document, document["components"]["schemas"][name], seen | {name})
        return
    forms = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    for form in forms:
        yield from (each for each in fields(document, form, seen) if each.names or not _takes_text(forms))
    if schema.get("type") in KINDS:
        yield Field((), schema["type"])
    properties = schema.get("properties", {})
    told = {each: form["const"] for each, form in properties.items() if "const" in form}
    for each, form in properties.items():
        yield from (_below(each, told, found) for found in fields(document, form, seen))
    if "items" in schema:
        yield from (_below(0, {}, found) for found in fields(document, schema["items"], seen))


def _below(name: str | int, beside: dict[str, Any], found: Field) -> Field:
    return Field((name, *found.names), found.kind, (beside, *found.beside))


def _takes_text(forms: list[dict[str, Any]]) -> bool:
    return any(form.get("type") == "string" and "format" not in form for form in forms)


def bodies(name: str) -> Iterator[tuple[str, str, Field]]:
    document = APPS[name].openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                if media_type == "application/json":
                    yield from ((method.upper(), path, each) for each in fields(document, content["schema"]))
