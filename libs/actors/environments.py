"""Environments as requests name them: absent and not the actor's are the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from fastapi import Query
from service_kit.problems import BadRequest, NotFound


class Environment(Protocol):
    """An environment, with the keys by which people name it."""

    @property
    def id(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def project_id(self) -> str: ...

    @property
    def project_key(self) -> str: ...


E = TypeVar("E", bound=Environment)


class EnvironmentNotFound(NotFound):
    default_code = "environment_not_found"

    def __init__(self) -> None:
        super().__init__("no such environment in a project of yours")


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


def environment_named(environments: Iterable[E], project: str, environment: str) -> E:
    """The only one of these ids or keys. Raises EnvironmentNotFound, also when there are several."""
    found = [
        each
        for each in environments
        if project in (each.project_id, each.project_key) and environment in (each.id, each.key)
    ]
    if len(found) != 1:
        raise EnvironmentNotFound
    return found[0]
