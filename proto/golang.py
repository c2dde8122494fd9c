"""Types of Go from the grammar's schema.

Go has no unions: one of several objects is a struct with the fields of all of them, of which the absent ones are
nil or empty. JSON of any type stays raw, so that numbers keep their digits.
"""

from __future__ import annotations

import re
from typing import Any

_HEAD = """// Code generated from proto/config.schema.json by `make proto-generate`. DO NOT EDIT.

// Package config holds the grammar of a config document.
package config

import "encoding/json"
"""
_NAMES = {"string": "string", "integer": "int64", "number": "float64", "boolean": "bool"}
_INITIALISMS = {"id": "ID"}


def golang(schema: dict[str, Any]) -> str:
    """A file with one type for each definition that isn't part of another one's union."""
    definitions = schema["$defs"]
    merged = {_referred(member) for each in definitions.values() for member in each.get("oneOf", ())}
    wanted = {name: each for name, each in definitions.items() if name not in merged}
    constants = [_constants(name, each) for name, each in wanted.items() if "enum" in each]
    return "\n".join([_HEAD, *(_definition(name, each, definitions) for name, each in wanted.items()), *constants])


def _definition(name: str, schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    description = schema["description"]
    about = f"// {name} is {description[0].lower()}{description[1:]}\n"
    if "oneOf" in schema:
        members = [definitions[_referred(each)] for each in schema["oneOf"]]
        merged = {field: each for member in members for field, each in member["properties"].items()}
        return about + _struct(name, merged, frozenset(), definitions)
    if "properties" in schema:
        return about + _struct(name, schema["properties"], frozenset(schema["required"]), definitions)
    if not isinstance(schema.get("type"), str):
        return f"{about}type {name} = json.RawMessage\n"
    return f"{about}type {name} {_type(schema)}\n"


def _struct(name: str, fields: dict[str, Any], required: frozenset[str], definitions: dict[str, Any]) -> str:
    rows = [_field(key, each, key in required, definitions) for key, each in fields.items()]
    names = max(len(row[0]) for row in rows)
    types = max(len(row[1]) for row in rows)
    lines = "".join(f"\t{field:<{names}} {kind:<{types}} {tag}\n" for field, kind, tag in rows)
    return f"type {name} struct {{\n{lines}}}\n"


def _field(key: str, schema: dict[str, Any], required: bool, definitions: dict[str, Any]) -> tuple[str, str, str]:
    kind = _type(schema)
    if not required and _told_apart(schema, definitions):
        kind = f"*{kind}"
    return _camel(key), kind, f'`json:"{key}{"" if required else ",omitempty"}"`'


def _told_apart(schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Whether being absent is something else than Go's empty value."""
    if "$ref" in schema:
        definition = definitions[_referred(schema)]
        return "properties" in definition or "oneOf" in definition
    return schema.get("type") in ("integer", "number", "boolean") and schema.get("default") not in (0, False)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _referred(schema)
    match schema["type"]:
        case "array":
            return f"[]{_type(schema['items'])}"
        case "object":
            return f"map[string]{_type(schema['additionalProperties'])}"
    return _NAMES[schema["type"]]


def _constants(name: str, schema: dict[str, Any]) -> str:
    names = [f"{name}{_camel(value)}" for value in schema["enum"]]
    width = max(map(len, names))
    rows = zip(names, schema["enum"], strict=True)
    lines = "".join(f'\t{constant:<{width}} {name} = "{value}"\n' for constant, value in rows)
    return f"// The values of {name}.\nconst (\n{lines})\n"


def _referred(schema: dict[str, Any]) -> str:
    return str(schema["$ref"].rsplit("/", 1)[1])


def _camel(name: str) -> str:
    return "".join(_INITIALISMS.get(part, part.capitalize()) for part in re.split(r"[_-]", name))
