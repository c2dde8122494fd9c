"""The rollout templates of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.problems import Forbidden, NotFound, Unauthorized, problem_responses
from service_kit.versions import VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.endpoints import CHANGE
from control_plane.entities.schemas import Deleted
from control_plane.environments.keys import EntityKey
from control_plane.rollouts.schemas import TemplateFields, TemplatesView, TemplateView
from control_plane.rollouts.templates_service import TemplateService

_ALL = "/projects/{project}/rollout-templates"
_ONE = f"{_ALL}/{{key}}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound)


def build_router(*, authenticator: Authenticator, templates: TemplateService) -> APIRouter:
    router = api_router("rollouts", authenticator.actor)

    @router.get(_ALL, responses=_READ)
    async def list_rollout_templates(project: str, actor: Actor = Depends(authenticator.actor)) -> TemplatesView:
        """The project's templates, by their keys."""
        return await templates.all(actor, project)

    @router.get(_ONE, responses=_READ)
    async def get_rollout_template(
        project: str, key: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> TemplateView:
        """One template."""
        return _answered(response, await templates.read(actor, project, key))

    @router.put(_ONE, responses=CHANGE)
    async def put_rollout_template(
        project: str,
        key: EntityKey,
        body: TemplateFields,
        response: Response,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> TemplateView:
        """Makes a template, or replaces it. Rollouts that were begun with it stay as they are."""
        return _answered(response, await templates.put(actor, project, key, expected, body))

    @router.delete(_ONE, responses=CHANGE)
    async def delete_rollout_template(
        project: str, key: str, expected: VersionIfGiven, actor: Actor = Depends(authenticator.actor)
    ) -> Deleted:
        """Deletes a template."""
        await templates.delete(actor, project, key, expected)
        return Deleted(environment_versions={})

    return router


def _answered(response: Response, view: TemplateView) -> TemplateView:
    response.headers["ETag"] = etag(view.version)
    return view
