"""The personas of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.problems import Forbidden, NotFound, Unauthorized, problem_responses
from service_kit.versions import VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.endpoints import CHANGE
from control_plane.entities.schemas import Deleted
from control_plane.environments.keys import EntityKey
from control_plane.personas.schemas import PersonaFields, PersonasView, PersonaView
from control_plane.personas.service import Personas

_ALL = "/projects/{project}/personas"
_ONE = f"{_ALL}/{{key}}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound)


def build_router(*, authenticator: Authenticator, personas: Personas) -> APIRouter:
    router = api_router("personas", authenticator.actor)

    @router.get(_ALL, responses=_READ)
    async def list_personas(project: str, actor: Actor = Depends(authenticator.actor)) -> PersonasView:
        """The project's personas, by their keys: at most 200."""
        return await personas.all(actor, project)

    @router.get(_ONE, responses=_READ)
    async def get_persona(
        project: str, key: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> PersonaView:
        """One persona."""
        return _answered(response, await personas.read(actor, project, key))

    @router.put(_ONE, responses=CHANGE)
    async def put_persona(
        project: str,
        key: EntityKey,
        body: PersonaFields,
        response: Response,
        expected: VersionIfGiven,
        actor: Actor = Depends(authenticator.actor),
    ) -> PersonaView:
        """Makes a persona, or replaces it."""
        return _answered(response, await personas.put(actor, project, key, expected, body))

    @router.delete(_ONE, responses=CHANGE)
    async def delete_persona(
        project: str, key: str, expected: VersionIfGiven, actor: Actor = Depends(authenticator.actor)
    ) -> Deleted:
        """Deletes a persona."""
        await personas.delete(actor, project, key, expected)
        return Deleted(environment_versions={})

    return router


def _answered(response: Response, view: PersonaView) -> PersonaView:
    response.headers["ETag"] = etag(view.version)
    return view
