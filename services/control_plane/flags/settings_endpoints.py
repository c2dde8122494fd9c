"""The settings of a flag in one environment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion, VersionIfGiven

from control_plane.access import Actor, Authenticator
from control_plane.entities.endpoints import CHANGE, READ, answer
from control_plane.flags.schemas import Enabled, SettingsPatch, SettingsView
from control_plane.flags.settings_service import SettingsPath, SettingsService

_ONE = "/projects/{project}/flags/{key}/environments/{environment}"


async def _path(project: str, key: str, environment: str) -> SettingsPath:
    return SettingsPath(project=project, flag=key, environment=environment)


RequestedPath = Annotated[SettingsPath, Depends(_path)]


def add_settings(router: APIRouter, authenticator: Authenticator, settings: SettingsService) -> None:

    @router.get(_ONE, responses=READ)
    async def get_flag_settings(
        at: RequestedPath, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> SettingsView:
        """What the flag serves in one environment."""
        return answer(await settings.read(actor, at), response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_flag_settings(
        at: RequestedPath,
        body: SettingsPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> SettingsView:
        """Changes the fields that are given; a list replaces the whole list."""
        return answer(await settings.change(actor, at, expected, body), response)

    @router.put(f"{_ONE}/enabled", responses=CHANGE)
    async def switch_flag(
        at: RequestedPath,
        body: Enabled,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> SettingsView:
        """Turns the flag on or off; `If-Match` may be left out, so that nothing delays turning it off."""
        return answer(await settings.switch(actor, at, expected, enabled=body.enabled), response)

    @router.post(f"{_ONE}/copy-from/{{source}}", responses=CHANGE)
    async def copy_flag_settings(
        at: RequestedPath,
        source: str,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> SettingsView:
        """Takes rules, targets, prerequisites and what is served from another environment; on and off stay."""
        return answer(await settings.copy(actor, at, source, expected), response)
