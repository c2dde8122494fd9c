"""What the forms of destinations have in common: paths, endpoints, secrets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

Path = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}){0,15}$"),
]
Endpoint = Annotated[str, StringConstraints(max_length=255)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]
