"""Environments as requests name them: absent and not the actor's are the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from service_kit.problems import NotFound


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
