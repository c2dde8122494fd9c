"""The settings of a remote config in one environment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator
from control_plane.configs.schemas import ConfigSettingsPatch, ConfigSettingsView
from control_plane.configs.settings_service import ConfigSettingsPath, ConfigSettingsService
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import CHANGE, READ, answer_entity
from control_plane.entities.integrity import NotedChoice

_ONE = "/projects/{project}/configs/{key}/environments/{environment}"


async def _path(project: str, key: str, environment: str) -> ConfigSettingsPath:
    return ConfigSettingsPath(project=project, config=key, environment=environment)


RequestedPath = Annotated[ConfigSettingsPath, Depends(_path)]


def add_settings(router: APIRouter, authenticator: Authenticator, settings: ConfigSettingsService) -> None:

    @router.get(_ONE, responses=READ, response_model=ConfigSettingsView)
    async def get_config_settings(at: RequestedPath, actor: Actor = Depends(authenticator.actor)) -> Response:
        """What the config serves in one environment."""
        return answer_entity(await settings.read(actor, at))

    @router.patch(_ONE, responses=CHANGE, response_model=ConfigSettingsView)
    async def change_config_settings(
        at: RequestedPath,
        body: ConfigSettingsPatch,
        expected: ExpectedVersion,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given; a list replaces the whole list. Refused where what results doesn't fit
        the schema: the value, the value with an override, or with all that are merged."""
        return answer_entity(await settings.change(actor, at, expected, body))

    @router.post(f"{_ONE}/copy-from/{{source}}", responses=CHANGE, response_model=ConfigSettingsView)
    async def copy_config_settings(
        at: RequestedPath,
        source: str,
        expected: ExpectedVersion,
        _: NotedChoice,
        __: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Takes value, resolve mode and overrides from another environment."""
        return answer_entity(await settings.copy(actor, at, source, expected))
