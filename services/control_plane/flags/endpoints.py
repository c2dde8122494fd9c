"""The flags of a project."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from service_kit.problems import Unavailable
from service_kit.requests import as_coroutine
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import (
    CHANGE,
    CREATE,
    Noun,
    add_entity_routes,
    answer_created,
    answer_entity,
)
from control_plane.entities.list_parameters import RequestedFilter
from control_plane.entities.lists import ListFilter
from control_plane.flags.bulk import BulkChanges
from control_plane.flags.bulk_endpoints import add_bulk
from control_plane.flags.lifecycle_states import LifecycleState
from control_plane.flags.models import FlagFilter
from control_plane.flags.schemas import (
    FlagClone,
    FlagCreate,
    FlagPatch,
    FlagView,
    LifecycleName,
    PurposeName,
    TypeName,
)
from control_plane.flags.service import FlagService
from control_plane.flags.settings_endpoints import add_settings
from control_plane.flags.settings_service import SettingsService

_FLAG = Noun(
    "flag",
    {
        "list": "The project's flags, with where they are on.",
        "get": "One flag, with where it is on; its rules stand in the settings of each environment.",
        "archive": "Puts a flag out of use: it serves its off variation. Refused while something active depends on it.",
        "restore": "Puts an archived flag back into use with its rules, off in every environment.",
        "delete": "Deletes an archived flag that nothing names.",
    },
    refusals=(Unavailable,),
)


@dataclass(frozen=True, slots=True)
class _Parameters:
    """As they stand in an address."""

    of_type: Annotated[TypeName | None, Query(alias="type")] = None
    state: Annotated[Literal["on", "off"] | None, Query(description="In `environment`, which is needed with it.")] = (
        None
    )
    environment: Annotated[
        str | None,
        Query(
            max_length=128,
            description="Where `state`, `changed_since`, `experiment` and `lifecycle` look; all when left out.",
        ),
    ] = None
    purpose: Annotated[PurposeName | None, Query()] = None
    experiment: Annotated[
        bool | None, Query(description="Whether one is under way on it, in `environment` or anywhere.")
    ] = None
    overdue: Annotated[bool | None, Query(description="Whether its expected end is past.")] = None
    lifecycle: Annotated[
        LifecycleName | None,
        Query(
            description="How far it has come in `environment`, or in any: by the last 30 days. Looks at 5,000 flags."
        ),
    ] = None


async def _requested_flags(
    wanted: RequestedFilter, given: Annotated[_Parameters, Depends(as_coroutine(_Parameters))]
) -> ListFilter:
    shared = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    own = {"type": given.of_type, "state": given.state, "environment": given.environment}
    lifecycle = None if given.lifecycle is None else LifecycleState(given.lifecycle)
    if lifecycle is not None and lifecycle.is_archived and wanted.archived == "false":
        own["archived"] = "only"
    narrowed = FlagFilter(**{**shared, **own}, experiment=given.experiment, overdue=given.overdue, lifecycle=lifecycle)
    return narrowed.also(purpose=given.purpose)


def build_router(
    *, authenticator: Authenticator, flags: FlagService, settings: SettingsService, bulk: BulkChanges
) -> APIRouter:
    router = api_router("flags", authenticator.actor, note_bypass)
    add_entity_routes(
        router,
        _FLAG,
        authenticator=authenticator,
        service=flags,
        view=FlagView,
        requested_filter=_requested_flags,
    )
    _add_writes(router, authenticator, flags)
    add_settings(router, authenticator, settings)
    add_bulk(router, authenticator, bulk)
    return document_bypass(router)


def _add_writes(router: APIRouter, authenticator: Authenticator, flags: FlagService) -> None:
    @router.post(_FLAG.all, status_code=201, responses=CREATE, response_model=FlagView)
    async def create_flag(
        project: str, body: FlagCreate, _: NotedDryRun, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a flag; it is off in every environment."""
        return answer_created(await flags.create(actor, project, body), _FLAG)

    @router.post(f"{_FLAG.one}/clone", status_code=201, responses=CREATE, response_model=FlagView)
    async def clone_flag(
        project: str, key: str, body: FlagClone, _: NotedDryRun, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a flag as this one is: what it is in every environment, its settings in each, and where it is on."""
        return answer_created(await flags.clone(actor, project, key, body), _FLAG)

    @router.patch(_FLAG.one, responses=CHANGE, response_model=FlagView)
    async def change_flag(
        project: str,
        key: str,
        body: FlagPatch,
        expected: ExpectedVersion,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given, for every environment."""
        return answer_entity(await flags.change(actor, project, key, expected, body))
