"""A JSON Schema (2020-12) that is ready to check values, and the refusal of one that is none.

Patterns run in time linear in the text. Nothing is fetched, and what checking costs is known before it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError
from service_kit.problems import FieldError, InvalidInput

from control_plane.configs.subschemas import Subschemas
from control_plane.configs.value_words import field_errors

SCHEMA_BYTES_MAX = 64 * 1024
STEPS_MAX = 100_000
"""Of one value: how often a part of it may meet a part of the schema."""
ERRORS_MAX = 20
_PATTERN_BYTES_MAX = 256 * 1024
_REASON_MAX = 300


class ValueSchema:
    """Raises `InvalidInput`, whose fields are `schema` and a JSON pointer in it, for what is no schema."""

    def __init__(self, document: dict[str, Any]) -> None:
        _refuse(_size_errors(document))
        self._subschemas = Subschemas(document)
        _refuse(self._subschemas.errors())
        try:
            self._validator = Draft202012Validator(
                document,
                pattern_options=RegexOptions(size_limit=_PATTERN_BYTES_MAX, dfa_size_limit=_PATTERN_BYTES_MAX),
                validate_formats=True,
                offline=True,
            )
        except ValidationError as error:
            raise InvalidInput(list(field_errors(error, "schema", "invalid_schema"))) from error
        except ValueError as error:
            raise InvalidInput([FieldError("schema", "invalid_schema", str(error)[:_REASON_MAX])]) from error

    def steps(self, values: Sequence[Any]) -> int:
        """How many steps checking any value takes at most that is made of these; more than `STEPS_MAX` aren't told
        apart."""
        return self._subschemas.steps(values, STEPS_MAX)

    def fits(self, value: Any) -> bool:
        return bool(self._validator.is_valid(value))

    def errors(self, value: Any, field: str) -> list[FieldError]:
        """What is wrong with a value; their fields are `field` and a JSON pointer in it."""
        found: list[FieldError] = []
        for error in self._validator.iter_errors(value):
            found.extend(field_errors(error, field, "schema"))
            if len(found) >= ERRORS_MAX:
                break
        return found[:ERRORS_MAX]


def _size_errors(document: dict[str, Any]) -> list[FieldError]:
    size = len(msgspec.json.encode(document))
    if size > SCHEMA_BYTES_MAX:
        return [FieldError("", "too_large", f"takes {size} bytes; at most {SCHEMA_BYTES_MAX} are allowed")]
    return []


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise InvalidInput([_within("schema", each) for each in errors[:ERRORS_MAX]])


def _within(field: str, error: FieldError) -> FieldError:
    return FieldError(f"{field}{error.field}", error.code, error.reason)
