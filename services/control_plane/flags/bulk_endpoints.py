"""Many flags changed at once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from control_plane.access import Actor, Authenticator
from control_plane.entities.dry_runs import NotedDryRun, dry_run
from control_plane.entities.endpoints import CREATE
from control_plane.entities.integrity import NotedChoice
from control_plane.entities.tried_changes import TriedChange
from control_plane.flags.bulk import BulkChanges
from control_plane.flags.bulk_schemas import BulkChange, BulkView

_ALL = "/projects/{project}/flags/bulk"


def tried_view(view: BulkView) -> BulkView:
    tried = dry_run()
    if tried is None:
        return view
    changes = [TriedChange.model_validate(each) for each in tried.told()]
    return view.model_copy(update={"environment_versions": {}, "changes": changes})


def add_bulk(router: APIRouter, authenticator: Authenticator, bulk: BulkChanges) -> None:
    @router.post(_ALL, responses=CREATE)
    async def change_many_flags(
        project: str,
        body: BulkChange,
        _: NotedDryRun,
        __: NotedChoice,
        actor: Actor = Depends(authenticator.actor),
    ) -> BulkView:
        """Tags, archives, restores or switches up to 200 flags: all of them, as one version, or none, and then with
        what refuses each."""
        return tried_view(await bulk.make(actor, project, body))

    @router.post(f"{_ALL}/{{bulk}}/undo", responses=CREATE)
    async def undo_change_of_many_flags(
        project: str,
        bulk_id: Annotated[UUID, Path(alias="bulk")],
        _: NotedChoice,
        actor: Actor = Depends(authenticator.actor),
    ) -> BulkView:
        """Takes back what a change of many flags did, all of it or nothing: refused for flags that were changed since.
        Restored flags are off."""
        return await bulk.undo(actor, project, bulk_id)
