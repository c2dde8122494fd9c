"""Evaluation contexts and values between protobuf's structures and JSON as the engine has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from edge_evaluator.endpoints.contexts import ContextLimits, check_context

_INTEGER_MAX = 2.0**53


def context_of(struct: Struct, limits: ContextLimits) -> dict[str, Any]:
    """The context as a request body would have it: a number without a fraction is an integer. Raises BadRequestBody
    where it is over a limit, or holds what JSON can't."""
    # Depth is bounded by protobuf itself: a message is nested a hundred deep at most.
    context = {name: _read(value) for name, value in struct.fields.items()}
    check_context(context, limits)
    return context


def struct_of(document: Mapping[str, Any]) -> Struct:
    """A JSON object as a structure."""
    return Struct(fields={name: value_of(each) for name, each in document.items()})


def value_of(document: Any) -> Value:
    """Any JSON value."""
    if document is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(document, bool):
        return Value(bool_value=document)
    if isinstance(document, int | float):
        return Value(number_value=document)
    if isinstance(document, str):
        return Value(string_value=document)
    if isinstance(document, Mapping):
        return Value(struct_value=struct_of(document))
    return Value(list_value=ListValue(values=[value_of(each) for each in document]))


def _read(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            return _number(value.number_value)
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {name: _read(each) for name, each in value.struct_value.fields.items()}
        case "list_value":
            return [_read(each) for each in value.list_value.values]
        case _:
            return None


def _number(number: float) -> int | float:
    whole = math.isfinite(number) and number.is_integer() and abs(number) <= _INTEGER_MAX
    return int(number) if whole else number
