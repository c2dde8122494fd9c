"""The base models of requests and answers, and texts with a limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from service_kit.json_kinds import as_in_json

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=2000)]


class Input(BaseModel):
    """Base of request bodies: a field that isn't declared is refused, so that a typing error is not lost. Numbers and
    booleans are those of JSON: `"5"` is no number, 0 is not false; `5` is what `5.0` is. Moments, ids and closed lists
    are texts."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return as_in_json(handler(source))


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)


class OneOf:
    """`Annotated[str, OneOf(names)]` is checked and documented like `Literal[...]`, with names that a table has."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [str(name) for name in names]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema(self._names)
