"""What models refuse, in sentences for people."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    AwareDatetime,
    Discriminator,
    Field,
    FutureDatetime,
    HttpUrl,
    SecretStr,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
)
from pydantic_core.core_schema import ErrorType
from service_kit import validation_words
from service_kit.pattern_words import PATTERN_WORDS
from service_kit.problems import FieldError
from service_kit.schemas import Input, Name, OneOf
from service_kit.validation_words import field_errors

SNAPSHOTS = Path(__file__).parents[1] / "contract" / "snapshots"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Step(Input):
    share: float = Field(gt=0, le=100)


def _even(number: int) -> int:
    if number % 2:
        raise ValueError("is odd")
    return number


def _kind_of(value: Any) -> Any:
    return value.get("type") if isinstance(value, dict) else None


KINDS: list[tuple[Any, Any, str, str]] = [
    (str, 5, "string_type", "must be a text, not 5"),
    (str, None, "string_type", "must be a text, not null"),
    (Name, " ", "string_too_short", "must not be empty"),
    (Name, "n" * 201, "string_too_long", "must have at most 200 characters, not 201"),
    (Annotated[str, Field(min_length=12)], "short", "string_too_short", "must have at least 12 characters, not 5"),
    (Annotated[SecretStr, Field(min_length=1)], "", "too_short", "must not be empty"),
    (Annotated[SecretStr, Field(max_length=3)], "word", "too_long", "must have at most 3 characters, not 4"),
    (
        Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9._-]{0,127}$")],
        "No key",
        "string_pattern_mismatch",
        "must be 1 to 128 of small letters, digits, '.', '_' and '-', and begin with a letter or a digit",
    ),
    (
        Annotated[str, StringConstraints(pattern="^x+$")],
        "secret",
        "string_pattern_mismatch",
        "must match the pattern ^x+$",
    ),
    (int, "abc", "int_parsing", "must be a whole number"),
    (int, 5.5, "int_from_float", "must be a whole number, not 5.5"),
    (int, "9" * 5000, "int_parsing_size", "must be a whole number of fewer digits"),
    (Annotated[int, Field(strict=True)], "5", "int_type", "must be a whole number, not a text"),
    (Annotated[int, Field(strict=True)], True, "int_type", "must be a whole number, not true"),
    (float, {}, "float_type", "must be a number, not an object"),
    (float, "x", "float_parsing", "must be a number"),
    (Annotated[float, Field(allow_inf_nan=False)], float("nan"), "finite_number", "must be a finite number"),
    (bool, "perhaps", "bool_parsing", "must be true or false"),
    (Annotated[bool, Field(strict=True)], 0, "bool_type", "must be true or false, not 0"),
    (Annotated[int, Field(gt=0)], 0, "greater_than", "must be greater than 0, not 0"),
    (Annotated[int, Field(ge=60)], 1, "greater_than_equal", "must be at least 60, not 1"),
    (Annotated[float, Field(lt=0.5)], 7, "less_than", "must be less than 0.5, not 7"),
    (Annotated[int, Field(le=100)], 101, "less_than_equal", "must be at most 100, not 101"),
    (Annotated[int, Field(multiple_of=5)], 7, "multiple_of", "must be a multiple of 5, not 7"),
    (Literal["goal", "guardrail"], "primary", "literal_error", "must be goal or guardrail, not primary"),
    (Literal["goal", "guardrail"], 3, "literal_error", "must be goal or guardrail, not 3"),
    (Literal["goal"], "x" * 41, "literal_error", "must be goal"),
    (Literal[""], "x", "literal_error", "must be empty, or have another form"),
    (
        Annotated[str, OneOf(f"right-{each}" for each in range(40))],
        "none",
        "literal_error",
        "is none of the values that it may have; the API's document lists them",
    ),
    (Colour, "green", "enum", "must be red or blue, not green"),
    (Step, {}, "missing", "is missing"),
    (Step, {"share": 5, "hold": 1}, "extra_forbidden", "is no field of this request"),
    (Step, [], "model_type", "must be an object, not a list"),
    (dict[str, int], "x", "dict_type", "must be an object, not a text"),
    (list[int], {}, "list_type", "must be a list, not an object"),
    (Annotated[list[int], Field(min_length=1)], [], "too_short", "must not be empty"),
    (Annotated[list[int], Field(min_length=2)], [1], "too_short", "must have at least 2 items, not 1"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "too_long", "must have at most 1 item, not 2"),
    (
        Annotated[dict[str, int], Field(max_length=2)],
        {"a": 1, "b": 2, "c": 3},
        "too_long",
        "must have at most 2 entries, not 3",
    ),
    (date, "soon", "date_from_datetime_parsing", "must be a day like 2026-01-31"),
    (time, "25:00", "time_parsing", "must be a time of day like 02:30"),
    (datetime, "soon", "datetime_from_date_parsing", "must be a moment like 2026-01-31T12:00:00Z"),
    (datetime, [], "datetime_type", "must be a moment like 2026-01-31T12:00:00Z, not a list"),
    (
        AwareDatetime,
        "2026-01-31T12:00:00",
        "timezone_aware",
        "must be a moment with its offset, like 2026-01-31T12:00:00Z",
    ),
    (FutureDatetime, datetime(2020, 1, 1, tzinfo=UTC), "datetime_future", "must be in the future"),
    (timedelta, "soon", "time_delta_parsing", "must be a duration like PT15M"),
    (HttpUrl, "nowhere", "url_parsing", "must be an address like https://example.com/path"),
    (AnyHttpUrl, "ftp://a", "url_scheme", "must be an address that begins with http or https"),
    (UUID, "1", "uuid_parsing", "must be an id like 6f1c2f0e-7d3b-4c5a-9e8f-0a1b2c3d4e5f"),
    (Annotated[int, AfterValidator(_even)], 1, "value_error", "is odd"),
    (None, 1, "none_required", "must be null"),
    (
        Annotated[Annotated[Step, Tag("step")] | Annotated[str, Tag("text")], Discriminator(_kind_of)],
        {"type": "other"},
        "union_tag_invalid",
        "must be of one of the kinds step, text",
    ),
    (
        Annotated[Annotated[Step, Tag("step")] | Annotated[str, Tag("text")], Discriminator(_kind_of)],
        {},
        "union_tag_not_found",
        "must say of which kind it is",
    ),
]


@pytest.mark.parametrize(
    ("form", "given", "code", "reason"),
    [pytest.param(*each, id=f"{each[2]}-{number}") for number, each in enumerate(KINDS)],
)
def test_each_kind_is_a_sentence(form: Any, given: Any, code: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(form).validate_python(given)
    [error] = field_errors(refused.value.errors(), within=("body", "field"))
    assert (error.code, error.reason) == (code, reason)


OF_PROGRAMS = re.compile(
    "no_such_attribute|json_invalid|needs_python_object|recursion_depth_exceeded|frozen_|get_attribute_error|iteration_error"
    "|default_factory|is_instance_of|is_subclass_of|callable_type|argument|ordered_dict|counter|deque|named_tuple|fraction"
    "|complex|value_error|assertion_error|sentinel|ellipsis|dataclass_exact_type"
)
"""No request meets these; the errors of our own validators say their sentence, and what is no JSON is 400."""


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind) for kind in get_args(ErrorType)])
def test_no_kind_is_left_to_the_frameworks_words(kind: str) -> None:
    tables = (validation_words._FIXED, validation_words._KINDS, validation_words._BOUNDS, validation_words._SPECIAL)
    assert any(kind in table for table in tables) or OF_PROGRAMS.search(kind), (
        "say it in service_kit/validation_words.py"
    )


def test_places_are_paths_and_many_errors_are_cut() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(list[Step]).validate_python([{"share": 0}] * 150)
    errors = field_errors(refused.value.errors(), within=("body", "steps"))
    assert len(errors) == 100
    assert errors[1] == FieldError("steps[1].share", "greater_than", "must be greater than 0, not 0")


def test_a_text_that_was_given_is_not_repeated() -> None:
    forms: list[Any] = [int, float, bool, datetime, UUID, dict[str, int], Annotated[str, Field(max_length=3)]]
    for form in forms:
        with pytest.raises(ValidationError) as refused:
            TypeAdapter(form).validate_python("hunter2")
        assert "hunter2" not in field_errors(refused.value.errors())[0].reason


def test_each_pattern_of_the_apis_has_words() -> None:
    patterns = {
        json.loads(line.partition("/pattern ")[2])
        for document in SNAPSHOTS.glob("openapi-*.txt")
        for line in document.read_text().splitlines()
        if "/pattern " in line
    }
    assert patterns == set(PATTERN_WORDS), "say them in service_kit/pattern_words.py"
