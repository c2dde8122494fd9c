"""The saved views of a project."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from service_kit.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.versions import VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.endpoints import CHANGE, CREATE
from control_plane.entities.schemas import Deleted
from control_plane.saved_views.schemas import PageName, SavedView, SavedViewFields, SavedViewsView
from control_plane.saved_views.service import SavedViews

_ALL = "/projects/{project}/saved-views"
_ONE = f"{_ALL}/{{view}}"
ViewId = Annotated[UUID, Path(alias="view")]


def build_router(*, authenticator: Authenticator, views: SavedViews) -> APIRouter:
    router = api_router("saved views", authenticator.actor)

    @router.get(_ALL, responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput))
    async def list_saved_views(
        project: str, of: PageName | None = None, actor: Actor = Depends(authenticator.actor)
    ) -> SavedViewsView:
        """One's own saved views and those that are shared, by page and name: at most 300."""
        return await views.all(actor, project, of)

    @router.post(_ALL, status_code=201, responses=CREATE)
    async def create_saved_view(
        project: str, body: SavedViewFields, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> SavedView:
        """Keeps how a list is narrowed down. Sharing it asks for `flag:update`."""
        return _answered(response, await views.create(actor, project, body))

    @router.put(_ONE, responses=CHANGE)
    async def put_saved_view(
        project: str,
        view_id: ViewId,
        body: SavedViewFields,
        response: Response,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> SavedView:
        """Replaces one's own saved view, or with `flag:update` a shared one."""
        return _answered(response, await views.put(actor, project, view_id, expected, body))

    @router.delete(_ONE, responses=CHANGE)
    async def delete_saved_view(
        project: str, view_id: ViewId, expected: VersionIfGiven, actor: Actor = Depends(authenticator.actor)
    ) -> Deleted:
        """Deletes one's own saved view, or with `flag:update` a shared one."""
        await views.delete(actor, project, view_id, expected)
        return Deleted(environment_versions={})

    return router


def _answered(response: Response, view: SavedView) -> SavedView:
    response.headers["ETag"] = etag(view.version)
    return view
