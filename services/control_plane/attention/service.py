"""Tells what waits for somebody, as far as they may read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Actor, OrganizationScope, ProjectScope, Right, require, tenancy_of
from control_plane.attention.kinds import SOURCES, Kind
from control_plane.attention.queries import Found, Readable, attention_of
from control_plane.attention.schemas import AttentionItem, AttentionView
from control_plane.database import Connection, Database
from control_plane.entities.due import FindActor
from control_plane.environments.queries import EnvironmentRow, environments_of, resolve_project
from control_plane.reviews.queries import StandingRequest, standing_requests

OF_A_KIND_MAX = 20


class Attention:
    """Of one project at a time."""

    def __init__(self, database: Database, find_actor: FindActor) -> None:
        self._database = database
        self._find_actor = find_actor

    async def of(self, actor: Actor, project: str, environment: str | None) -> AttentionView:
        """Raises `NotFound`, `MissingRight`, and `InvalidInput` for an environment that isn't there."""
        async with self._database.transaction(tenancy=tenancy_of(actor)) as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.PROJECT_READ, scope)
            environments = await environments_of(tx, scope)
            if environment is not None and environment not in {each.key for each in environments}:
                reason = f"there is no environment {environment!r} in use"
                raise InvalidInput([FieldError("environment", "unknown_environment", reason)])
            readable = _readable(actor, scope, environments)
            found = await attention_of(tx, scope, environment, readable, OF_A_KIND_MAX + 1) if readable.kinds else []
            found += await self._requests(tx, scope, actor, environment)
        return _view(found)

    async def _requests(
        self, tx: Connection, scope: ProjectScope, actor: Actor, environment: str | None
    ) -> list[Found]:
        waiting, failed = await standing_requests(tx, scope, actor, self._find_actor, environment, OF_A_KIND_MAX + 1)
        kinds = {Kind.CHANGE_REQUEST_WAITING: waiting, Kind.CHANGE_REQUEST_FAILED: failed}
        return [_of_request(kind, each) for kind, requests in kinds.items() for each in requests]


def _readable(actor: Actor, scope: ProjectScope, environments: Sequence[EnvironmentRow]) -> Readable:
    there = [(each.id, each.within(scope)) for each in environments]
    organization = OrganizationScope(scope.organization_id)
    return Readable(
        kinds=[
            kind
            for kind, source in SOURCES.items()
            if actor.may(source.right, organization if source.in_organization else scope)
        ],
        flags_in=[at for at, where in there if actor.may(Right.FLAG_READ, where)],
        keys_in=[at for at, where in there if actor.may(Right.SDK_KEY_READ, where)],
    )


def _of_request(kind: Kind, request: StandingRequest) -> Found:
    return Found(
        kind=kind,
        key=str(request.number),
        name=request.title,
        environment=request.environments[0] if len(request.environments) == 1 else None,
        since=request.since,
        count=1,
        detail={"author": request.author, "environments": list(request.environments), "failure": request.failure},
    )


def _view(found: Sequence[Found]) -> AttentionView:
    order = {kind: index for index, kind in enumerate(Kind)}
    seen: Counter[Kind] = Counter()
    items = []
    for each in sorted(found, key=lambda one: (order[one.kind], one.since, one.key)):
        seen[each.kind] += 1
        if seen[each.kind] <= OF_A_KIND_MAX:
            items.append(
                AttentionItem(
                    kind=each.kind,
                    key=each.key,
                    name=each.name,
                    environment=each.environment,
                    since=each.since,
                    count=each.count,
                    detail=each.detail,
                )
            )
    return AttentionView(items=items, more=any(count > OF_A_KIND_MAX for count in seen.values()))
