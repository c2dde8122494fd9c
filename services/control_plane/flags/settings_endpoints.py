"""The settings of a flag in one environment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion, VersionIfGiven

from control_plane.access import Actor, Authenticator
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import CHANGE, READ, answer_entity
from control_plane.entities.integrity import NotedChoice
from control_plane.flags.schemas import Enabled, SettingsPatch, SettingsView
from control_plane.flags.settings_service import SettingsPath, SettingsService

_ONE = "/projects/{project}/flags/{key}/environments/{environment}"


async def _path(project: str, key: str, environment: str) -> SettingsPath:
    return SettingsPath(project=project, flag=key, environment=environment)


RequestedPath = Annotated[SettingsPath, Depends(_path)]


def add_settings(router: APIRouter, authenticator: Authenticator, settings: SettingsService) -> None:

    @router.get(_ONE, responses=READ, response_model=SettingsView)
    async def get_flag_settings(at: RequestedPath, actor: Actor = Depends(authenticator.actor)) -> Response:
        """What the flag serves in one environment."""
        return answer_entity(await settings.read(actor, at))

    @router.patch(_ONE, responses=CHANGE, response_model=SettingsView)
    async def change_flag_settings(
        at: RequestedPath,
        body: SettingsPatch,
        expected: ExpectedVersion,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given; a list replaces the whole list."""
        return answer_entity(await settings.change(actor, at, expected, body))

    @router.put(f"{_ONE}/enabled", responses=CHANGE, response_model=SettingsView)
    async def switch_flag(
        at: RequestedPath,
        body: Enabled,
        expected: VersionIfGiven,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Turns the flag on or off; `If-Match` may be left out, so that nothing delays turning it off."""
        return answer_entity(await settings.switch(actor, at, expected, body))

    @router.post(f"{_ONE}/copy-from/{{source}}", responses=CHANGE, response_model=SettingsView)
    async def copy_flag_settings(
        at: RequestedPath,
        source: str,
        expected: ExpectedVersion,
        _: NotedChoice,
        __: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Takes rules, targets, prerequisites and what is served from another environment; on and off stay."""
        return answer_entity(await settings.copy(actor, at, source, expected))
