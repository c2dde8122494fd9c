"""The history of every kind of entity: one shape for all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.versions import VersionIfGiven, etag

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, READ
from control_plane.entities.integrity import NotedChoice
from control_plane.history.kinds import Kind, Subject, Written
from control_plane.history.schemas import ComparisonView, KindName, VersionDocumentView, VersionView, WrittenView
from control_plane.history.service import History
from control_plane.history.views import written_view

_ONE = "/projects/{project}/history/{kind}/{key}"
VersionNumber = Annotated[int, Path(ge=1, le=2**53 - 1)]


async def _subject(
    project: str,
    kind: KindName,
    key: str,
    environment: Annotated[
        str | None,
        Query(max_length=128, description="Needed for `flag_settings` and `config_settings`, and only for them."),
    ] = None,
) -> Subject:
    return Subject(project, Kind(kind), key, environment)


RequestedSubject = Annotated[Subject, Depends(_subject)]


def build_router(*, authenticator: Authenticator, history: History) -> APIRouter:
    router = api_router("history", authenticator.actor, note_bypass)
    _add_reads(router, authenticator, history)
    _add_writes(router, authenticator, history)
    return document_bypass(router)


def _add_reads(router: APIRouter, authenticator: Authenticator, history: History) -> None:
    @router.get(_ONE, responses=READ)
    async def list_versions(
        subject: RequestedSubject, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[VersionView]:
        """Every change of an entity, the newest first: who, when, what; also of one that was deleted."""
        found, cursor = page_of(await history.page(actor, subject, page), page, lambda each: str(each.entry))
        return Page(items=found, next_cursor=cursor)

    @router.get(f"{_ONE}/versions/{{version}}", responses=READ)
    async def get_version(
        subject: RequestedSubject, version: VersionNumber, actor: Actor = Depends(authenticator.actor)
    ) -> VersionDocumentView:
        """What an entity was in one of its versions."""
        return await history.version(actor, subject, version)

    @router.get(f"{_ONE}/comparison", responses=READ)
    async def compare_versions(
        subject: RequestedSubject,
        one: Annotated[int, Query(ge=1, le=2**53 - 1, alias="from")],
        other: Annotated[int | None, Query(ge=1, le=2**53 - 1, alias="to", description="The last one.")] = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> ComparisonView:
        """How two versions of an entity differ, in words and as JSON patch."""
        return await history.compare(actor, subject, one, other)


def _add_writes(router: APIRouter, authenticator: Authenticator, history: History) -> None:
    @router.post(f"{_ONE}/versions/{{version}}/restore", responses=CHANGE)
    async def restore_version(
        subject: RequestedSubject,
        version: VersionNumber,
        expected: VersionIfGiven,
        response: Response,
        _: NotedChoice,
        actor: Actor = Depends(authenticator.actor),
    ) -> WrittenView:
        """Makes what stood in a version a new version; one that was deleted is created again.

        Refused like a change, with the reason, when it can't be any more. Whether it is archived or runs stays."""
        return _answer(await history.restore(actor, subject, version, expected), response)

    @router.post(f"{_ONE}/undo", responses=CHANGE)
    async def undo_last_change(
        subject: RequestedSubject,
        expected: VersionIfGiven,
        response: Response,
        _: NotedChoice,
        actor: Actor = Depends(authenticator.actor),
    ) -> WrittenView:
        """Makes what stood before the last change a new version. A creation is undone by archiving, archiving by
        restoring; a start and a stop are not undone. Send `If-Match` to undo the change that you have seen."""
        return _answer(await history.undo(actor, subject, expected), response)


def _answer(written: Written, response: Response) -> WrittenView:
    response.headers["ETag"] = etag(written.version)
    return written_view(written)
