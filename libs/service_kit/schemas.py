"""The base models of requests and answers, and texts with a limit."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=2000)]


class Input(BaseModel):
    """Base of request bodies: a field that isn't declared is refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)
