"""The overrides of an environment, and what is special about one unit."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from service_kit.pagination import Page, RequestedPage
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)
from service_kit.requests import PATH_PART_LENGTH_MAX

from control_plane.access import Actor, Authenticator, api_router
from control_plane.environments.keys import EntityKey
from control_plane.overrides.models import OverrideFilter
from control_plane.overrides.schemas import OverrideGiven, OverridesRemoved, OverrideView, UnitView
from control_plane.overrides.service import OverrideService, UnitPath

_ALL = "/projects/{project}/environments/{environment}/overrides"
# A targeting key may have slashes in it.
_ONE = _ALL + "/{unit:path}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_UNIT_LENGTH_MAX = PATH_PART_LENGTH_MAX


async def _path(
    project: str,
    environment: str,
    unit: Annotated[str, Path(min_length=1, max_length=_UNIT_LENGTH_MAX, description="A targeting key.")],
) -> UnitPath:
    return UnitPath(project=project, environment=environment, unit=unit)


async def _filter(
    unit: Annotated[str | None, Query(min_length=1, max_length=_UNIT_LENGTH_MAX)] = None,
    flag: EntityKey | None = None,
    expired: Annotated[
        Literal["false", "true", "only"], Query(description="`true`: those of the last seven days, too.")
    ] = "false",
) -> OverrideFilter:
    return OverrideFilter(unit=unit, flag=flag, expired=expired)


RequestedUnit = Annotated[UnitPath, Depends(_path)]


def build_router(*, authenticator: Authenticator, overrides: OverrideService) -> APIRouter:
    router = api_router("overrides", authenticator.actor)

    @router.get(_ALL, responses=_READ)
    async def list_overrides(
        project: str,
        environment: str,
        page: RequestedPage,
        wanted: Annotated[OverrideFilter, Depends(_filter)],
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[OverrideView]:
        """The environment's overrides, the newest first."""
        return await overrides.page(actor, (project, environment), wanted, page)

    @router.get(_ONE, responses=_READ)
    async def get_unit(at: RequestedUnit, actor: Actor = Depends(authenticator.actor)) -> UnitView:
        """All that is special about one unit: its overrides, individual targets, and the segments that list it."""
        return await overrides.of_unit(actor, at)

    @router.put(_ONE, responses=_WRITE)
    async def set_override(
        at: RequestedUnit, body: OverrideGiven, actor: Actor = Depends(authenticator.actor)
    ) -> OverrideView:
        """Puts the unit into a variation of a flag, or of an experiment, until it expires. Takes the place of the one
        that it has there."""
        return await overrides.put(actor, at, body)

    @router.delete(_ONE, responses=_WRITE)
    async def remove_overrides(
        at: RequestedUnit,
        flag: EntityKey | None = None,
        experiment: EntityKey | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> OverridesRemoved:
        """Removes all overrides of the unit, or that of one flag or experiment."""
        return await overrides.remove(actor, at, flag, experiment)

    return router
