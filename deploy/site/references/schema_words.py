"""A JSON Schema in words: its type as one phrase, its fields as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.site.references.tables import cell, code

_REFERENCE = "#/components/schemas/"
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} or more characters",
    "maxLength": "up to {} characters",
    "minItems": "{} or more",
    "maxItems": "up to {}",
    "pattern": "like `{}`",
}
_DEPTH_MAX = 4

Schema = dict[str, Any]


class SchemaWords:
    """Speaks of schemas from one page. `schemas_at`: the address of the page that has the named ones."""

    def __init__(self, schemas_at: str) -> None:
        self._schemas_at = schemas_at

    def phrase(self, schema: Schema) -> str:
        """What a value may be, as text of a cell."""
        if reference := str(schema.get("$ref", "")).removeprefix(_REFERENCE):
            return f"[{reference}]({self._schemas_at}#{anchor(reference)})"
        if choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return " or ".join(dict.fromkeys(self.phrase(each) for each in choices))
        if "const" in schema:
            return code(str(schema["const"]))
        if "enum" in schema:
            return ", ".join(code(str(each)) for each in schema["enum"])
        return self._of_type(schema)

    def _of_type(self, schema: Schema) -> str:
        kind = schema.get("type", "anything")
        kinds = kind if isinstance(kind, list) else [kind]
        words = " or ".join(str(each) for each in kinds)
        if kind == "array":
            items = schema.get("items", {})
            words = f"list of {self.phrase(items)}" if items else "list"
        elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            words = f"map to {self.phrase(schema['additionalProperties'])}"
        if "format" in schema:
            words += f" ({schema['format']})"
        limits = [text.format(schema[name]) for name, text in _LIMITS.items() if name in schema]
        return ", ".join([words, *(cell(each) for each in limits)])

    def rows(self, schema: Schema, before: str = "", depth: int = 0) -> Iterator[list[str]]:
        """A row for each field: name, type, whether it is needed, meaning; fields of fields follow with their path."""
        needed = set(schema.get("required", []))
        for name, field in schema.get("properties", {}).items():
            given = "required" if name in needed else _default(field)
            yield [code(before + name), self.phrase(field), given, cell(str(field.get("description", "")))]
            inside = field.get("items", field) if field.get("type") == "array" else field
            if depth < _DEPTH_MAX and isinstance(inside, dict) and inside.get("properties"):
                mark = "[]." if field.get("type") == "array" else "."
                yield from self.rows(inside, f"{before}{name}{mark}", depth + 1)


def _default(field: Schema) -> str:
    if "default" not in field or field["default"] is None:
        return ""
    value = field["default"]
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"default {code(shown)}" if shown else ""


def anchor(name: str) -> str:
    """Of a named schema on its page."""
    return "".join(each if each.isalnum() or each == "_" else "-" for each in name.lower())
