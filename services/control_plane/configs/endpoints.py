"""The remote configs of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.configs.schemas import ConfigClone, ConfigCreate, ConfigPatch, ConfigView
from control_plane.configs.service import ConfigService
from control_plane.configs.settings_endpoints import add_settings
from control_plane.configs.settings_service import ConfigSettingsService
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import CHANGE, CREATE, Noun, add_entity_routes, answer_created, answer_entity

_CONFIG = Noun(
    "config",
    {
        "list": "The project's remote configs, with what is set of each in its environments.",
        "get": "One remote config; its overrides stand in the settings of each environment.",
        "archive": "Puts a remote config out of use: it serves its value without overrides.",
        "restore": "Puts an archived remote config back into use, with its overrides.",
        "delete": "Deletes an archived remote config.",
    },
)


def build_router(*, authenticator: Authenticator, configs: ConfigService, settings: ConfigSettingsService) -> APIRouter:
    router = api_router("configs", authenticator.actor, note_bypass)
    add_entity_routes(router, _CONFIG, authenticator=authenticator, service=configs, view=ConfigView)

    @router.post(_CONFIG.all, status_code=201, responses=CREATE, response_model=ConfigView)
    async def create_config(
        project: str, body: ConfigCreate, _: NotedDryRun, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a remote config; every environment serves its value at once. Its key is no flag's."""
        return answer_created(await configs.create(actor, project, body), _CONFIG)

    @router.post(f"{_CONFIG.one}/clone", status_code=201, responses=CREATE, response_model=ConfigView)
    async def clone_config(
        project: str, key: str, body: ConfigClone, _: NotedDryRun, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a remote config as this one is: schema, value and what is set of it in each environment."""
        return answer_created(await configs.clone(actor, project, key, body), _CONFIG)

    @router.patch(_CONFIG.one, responses=CHANGE, response_model=ConfigView)
    async def change_config(
        project: str,
        key: str,
        body: ConfigPatch,
        expected: ExpectedVersion,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given, for every environment. Refused where what results in one of them doesn't
        fit the schema."""
        return answer_entity(await configs.change(actor, project, key, expected, body))

    add_settings(router, authenticator, settings)
    return document_bypass(router)
