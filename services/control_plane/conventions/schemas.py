"""Field types and the base model of request bodies: each text has a limit, unknown fields are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

KEY_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,127}$"

EntityKey = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
"""Unique in its project, never renamed."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=2000)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Input(BaseModel):
    """Base of request bodies: a field that isn't declared is refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)
