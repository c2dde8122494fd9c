"""Base of each service's settings: environment variables that begin with `FF_`."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Frozen; a variable is `FF_` plus the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="FF_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)]
    log_level: str = "INFO"


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Reads `kind` from the environment. Exits with a sentence per wrong variable, never with its value."""
    try:
        return kind()
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            reason = problem["msg"].removeprefix("Value error, ")
            name = "_".join(str(part) for part in problem["loc"]).upper()
            lines.append(f"{prefix}{name}: {reason}" if name else reason)
        raise wrong_settings(*lines) from None


def wrong_settings(*sentences: str) -> SystemExit:
    """The end of a process that was told something it can't use; a sentence names the variable, never its value."""
    return SystemExit("wrong settings:\n  " + "\n  ".join(sentences))
