"""The query parameters that name an environment: apart from what processes know that answer no requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from service_kit.problems import BadRequest


@dataclass(frozen=True, slots=True)
class NamedEnvironment:
    """The query parameters that name an environment."""

    project: Annotated[str | None, Query(max_length=128, description="Id or key of the project")] = None
    environment: Annotated[str | None, Query(max_length=128, description="Key or id of the environment")] = None

    @property
    def whole(self) -> tuple[str, str]:
        """Both names. Raises BadRequest when one isn't given."""
        if self.project is None or self.environment is None:
            raise BadRequest("give both `project` and `environment`", code="environment_missing")
        return self.project, self.environment
