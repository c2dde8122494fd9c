"""What the endpoints of all entities share: list, get, archive, restore and delete, and the problems of each.

A feature's `build_router` adds them by `add_entity_routes` and writes out what is its own: creation and change, whose
bodies differ, and further verbs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Response
from service_kit.pagination import RequestedPage, page_of
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Problem,
    Unauthorized,
    problem_responses,
)
from service_kit.versions import REFUSALS, VersionIfGiven, etag

from control_plane.access import Actor, Authenticator
from control_plane.entities.answers import Answered
from control_plane.entities.dry_runs import DryRun, NotedDryRun, dry_run
from control_plane.entities.list_parameters import requested_filter
from control_plane.entities.lists import ListFilter
from control_plane.entities.schemas import Deleted, EntityPage, EntityView
from control_plane.entities.service import Created, EntityService
from control_plane.entities.table import Row
from control_plane.entities.tried_changes import TriedChange

_READ = (Unauthorized, Forbidden, NotFound, InvalidInput)
READ = problem_responses(*_READ)
CREATE = problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)

Operation = Literal["list", "get", "archive", "restore", "delete"]


@dataclass(frozen=True, slots=True)
class Noun:
    """How the API names one kind of entity. `descriptions` replace those that are made from the noun; `refusals` are
    what its list is refused with besides."""

    singular: str
    descriptions: Mapping[Operation, str] = field(default_factory=dict)
    refusals: tuple[type[Problem], ...] = ()

    @property
    def plural(self) -> str:
        return f"{self.singular}s"

    @property
    def all(self) -> str:
        """The path of the list."""
        return f"/projects/{{project}}/{self.plural}"

    @property
    def one(self) -> str:
        """The path of one of them."""
        return f"{self.all}/{{key}}"

    def description(self, operation: Operation) -> str:
        one = f"an {self.singular}" if self.singular[0] in "aeiou" else f"a {self.singular}"
        made: dict[Operation, str] = {
            "list": f"The project's {self.plural}.",
            "get": f"One {self.singular}.",
            "archive": f"Puts {one} out of use. Refused while something active names it.",
            "restore": f"Puts an archived {self.singular} back into use.",
            "delete": f"Deletes {one} that nothing names.",
        }
        return self.descriptions.get(operation, made[operation])


def add_entity_routes(
    router: APIRouter,
    noun: Noun,
    *,
    authenticator: Authenticator,
    service: EntityService[Row],
    view: type[EntityView],
    requested_filter: Callable[..., Awaitable[ListFilter]] = requested_filter,
) -> None:
    """Adds `list_<noun>s`, `get_<noun>`, `archive_<noun>`, `restore_<noun>` and `delete_<noun>`.

    `requested_filter` reads the list's query parameters.
    """
    _add_reads(router, noun, authenticator=authenticator, service=service, view=view, requested_filter=requested_filter)
    _add_lifecycle(router, noun, authenticator=authenticator, service=service, view=view)


def _add_reads(
    router: APIRouter,
    noun: Noun,
    *,
    authenticator: Authenticator,
    service: EntityService[Row],
    view: type[EntityView],
    requested_filter: Callable[..., Awaitable[ListFilter]],
) -> None:
    @router.get(
        noun.all,
        name=f"list_{noun.plural}",
        description=noun.description("list"),
        responses=problem_responses(*_READ, *noun.refusals),
        response_model=EntityPage[view],  # type: ignore[valid-type]  # it is known when the route is added
    )
    async def list_entities(
        project: str,
        page: RequestedPage,
        wanted: ListFilter = Depends(requested_filter),
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        listed = await service.page(actor, project, page, wanted)
        _, cursor = page_of(listed.rows, page, wanted.order.position_of)
        facets = {
            facet.value: [{"value": value, "count": count} for value, count in counts]
            for facet, counts in listed.facets.items()
        }
        items = [each.document for each in listed.views]
        return _json({"items": items, "next_cursor": cursor, "total": listed.total, "facets": facets or None})

    @router.get(
        noun.one,
        name=f"get_{noun.singular}",
        description=noun.description("get"),
        responses=READ,
        response_model=view,
    )
    async def get_entity(project: str, key: str, actor: Actor = Depends(authenticator.actor)) -> Response:
        return answer_entity(await service.read(actor, project, key))


def _add_lifecycle(
    router: APIRouter,
    noun: Noun,
    *,
    authenticator: Authenticator,
    service: EntityService[Row],
    view: type[EntityView],
) -> None:
    @router.post(
        f"{noun.one}/archive",
        name=f"archive_{noun.singular}",
        description=noun.description("archive"),
        responses=CHANGE,
        response_model=view,
    )
    async def archive_entity(
        project: str,
        key: str,
        expected: VersionIfGiven,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        return answer_entity(await service.archive(actor, project, key, expected))

    @router.post(
        f"{noun.one}/restore",
        name=f"restore_{noun.singular}",
        description=noun.description("restore"),
        responses=CHANGE,
        response_model=view,
    )
    async def restore_entity(
        project: str,
        key: str,
        expected: VersionIfGiven,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        return answer_entity(await service.restore(actor, project, key, expected))

    @router.delete(
        noun.one,
        name=f"delete_{noun.singular}",
        description=noun.description("delete"),
        responses=CHANGE,
    )
    async def delete_entity(
        project: str,
        key: str,
        expected: VersionIfGiven,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Deleted:
        versions = await service.delete(actor, project, key, expected)
        tried = dry_run()
        if tried is not None:
            return Deleted(environment_versions={}, changes=[TriedChange(**each) for each in tried.told()])
        return Deleted(environment_versions=versions)


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


AnyView = TypeVar("AnyView", bound=Versioned)


def answer(view: AnyView, response: Response) -> AnyView:
    """The view, with its version as the answer's ETag."""
    response.headers["ETag"] = etag(view.version)
    return view


def answer_entity(answered: Answered) -> Response:
    """An entity, with its version as the answer's ETag; of a dry run what would be, without one."""
    tried = dry_run()
    if tried is not None:
        return _json(_tried(answered, tried))
    return _json(answered.document, ETag=etag(answered.version))


def answer_created(created: Created, noun: Noun) -> Response:
    """A new entity, with its address and its version in the headers."""
    view = created.view
    tried = dry_run()
    if tried is not None:
        return _json(_tried(view, tried), 201)
    location = f"/api/v1/projects/{created.project_id}/{noun.plural}/{view.document['key']}"
    return _json(view.document, 201, Location=location, ETag=etag(view.version))


def _tried(answered: Answered, tried: DryRun) -> dict[str, Any]:
    return {**answered.document, "environment_versions": {}, "changes": tried.told()}


def _json(document: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    return Response(msgspec.json.encode(document), status, headers, "application/json")
