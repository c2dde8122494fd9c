"""Types of TypeScript from the grammar's schema."""

from __future__ import annotations

import json
from typing import Any

_HEAD = "// Generated from proto/config.schema.json by `make proto-generate`; do not edit.\n"
_ANY = "null | boolean | number | string | {0}[] | {{ [key: string]: {0} }}"
_NAMES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def typescript(schema: dict[str, Any]) -> str:
    """A module with one exported type for each definition."""
    return "\n".join([_HEAD, *(_definition(name, each) for name, each in schema["$defs"].items())])


def _definition(name: str, schema: dict[str, Any]) -> str:
    about = _comment(schema, "")
    if "properties" in schema:
        fields = "".join(_field(key, each, key in schema["required"]) for key, each in schema["properties"].items())
        return f"{about}export interface {name} {{\n{fields}}}\n"
    of_any_type = schema.keys() == {"description"}
    return f"{about}export type {name} = {_ANY.format(name) if of_any_type else _type(schema)};\n"


def _field(name: str, schema: dict[str, Any], required: bool) -> str:
    return f"{_comment(schema, '  ')}  {name}{'' if required else '?'}: {_type(schema)};\n"


def _comment(schema: dict[str, Any], indent: str) -> str:
    about = schema.get("description", "")
    if "default" in schema:
        about = f"{about} Absent: {json.dumps(schema['default'])}.".strip()
    return f"{indent}/** {about} */\n" if about else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return " | ".join(map(_type, schema[union]))
    if isinstance(schema["type"], list):
        return " | ".join(_NAMES[each] for each in schema["type"])
    if schema["type"] == "array":
        items = _type(schema["items"])
        return f"({items})[]" if "|" in items else f"{items}[]"
    if schema["type"] == "object":
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    return _NAMES[schema["type"]]
