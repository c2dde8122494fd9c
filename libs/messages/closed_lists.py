"""The closed lists of `proto/` in the words that people read: METRIC_ROLE_GOAL is `goal`, and nobody repeats it."""

from __future__ import annotations

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper


def wire_names(enum: EnumTypeWrapper) -> dict[str, str]:
    """The name of each value on the wire, by its word; the unspecified value has none."""
    names = {number: name for name, number in enum.items()}
    prefix = names.pop(0).removesuffix("UNSPECIFIED")
    return {name.removeprefix(prefix).lower(): name for name in names.values()}


def words(enum: EnumTypeWrapper) -> dict[int, str]:
    """The word of each value, by its number on the wire; the unspecified value has none."""
    return {enum.Value(name): word for word, name in wire_names(enum).items()}
