"""Values of requests in the kinds that JSON has, told apart as its readers do: a number is no text and no truth value.

| kind | taken | refused |
|---|---|---|
| boolean | `true`, `false` | `0`, `"true"` |
| whole number | `5`, `5.0` | `"5"`, `true`, `5.5` |
| number | `5`, `5.0` | `"5"`, `true` |
| moment | `"2026-01-05T10:00:00Z"` | `1767607200`, `"5"` |
"""

from __future__ import annotations

import re
from typing import Any, cast

from pydantic_core import CoreSchema, PydanticKnownError, core_schema

_BEGINS_WITH_A_YEAR = re.compile(r"\d{4}-")
_NO_SCHEMAS = frozenset({"metadata", "serialization", "default", "cls", "config"})
_BY_NAME = frozenset({"fields", "choices"})
"""Members of a schema: those in which there are no schemas, and those in which there are several by names."""


def _whole(value: Any) -> Any:
    """JSON has one kind of number: a whole one is whole however it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(value: Any) -> Any:
    """Texts as people write them; seconds since the epoch, which the documents don't allow, are no moment."""
    if not isinstance(value, str) or not _BEGINS_WITH_A_YEAR.match(value):
        raise PydanticKnownError("datetime_type")
    return value


_OURS = (_whole, _moment)


def as_in_json(schema: CoreSchema) -> CoreSchema:
    """The same schema for values as JSON has them."""
    return cast("CoreSchema", _exact(schema))


def _exact(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(_exact(each) for each in schema)
    if not isinstance(schema, dict) or _is_exact(schema):
        return schema
    exact = {name: _member(name, each) for name, each in schema.items()}
    match schema.get("type"):
        case "bool" | "float":
            exact["strict"] = True
        case "int":
            exact["strict"] = True
            return core_schema.no_info_before_validator_function(_whole, cast("CoreSchema", exact))
        case "datetime":
            return core_schema.no_info_before_validator_function(_moment, cast("CoreSchema", exact))
    return exact


def _member(name: str, member: Any) -> Any:
    if name in _NO_SCHEMAS:
        return member
    if name in _BY_NAME and isinstance(member, dict):
        return {key: _exact(each) for key, each in member.items()}
    return _exact(member)


def _is_exact(schema: dict[str, Any]) -> bool:
    """Of a model in a model: it was made so before."""
    return schema.get("type") == "function-before" and schema["function"]["function"] in _OURS
