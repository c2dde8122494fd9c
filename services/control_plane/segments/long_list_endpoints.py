"""The long list of a segment: edited by key, uploaded and read as a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from service_kit.deadlines import uncounted
from service_kit.problems import Problem, problem_responses
from service_kit.schemas import OneOf
from service_kit.versions import VersionIfGiven

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import CHANGE, READ, Noun, answer_entity
from control_plane.entities.integrity import NotedChoice
from control_plane.segments.list_edits import EditMode, ListChange, ListEdit, Listing
from control_plane.segments.list_files import FORMS, KeyFile
from control_plane.segments.long_list_schemas import LongListPatch, document_of_edit
from control_plane.segments.schemas import SegmentView
from control_plane.segments.service import SegmentService

_LIST = f"{Noun('segment').one}/long-list"
UPLOADS_AT_ONCE = 2
UPLOAD_PATHS = re.compile(r"/api/v1/projects/[^/]+/segments/[^/]+/long-list/[^/]+")
_NDJSON = "application/x-ndjson"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A key a line. CSV: its first column, of which a first line `key` is no key. NDJSON: strings, "
        'or objects with "key". Plain text: the line itself.',
        "content": {form: {"schema": {"type": "string"}} for form in FORMS},
    }
}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class ListPath:
    """One of the two lists of a segment, as a path names it."""

    project: str
    key: str
    listing: Listing


async def _path(
    project: str, key: str, listing: Annotated[str, OneOf(Listing), Path(description="Which of the two lists.")]
) -> ListPath:
    return ListPath(project, key, Listing(listing))


RequestedList = Annotated[ListPath, Depends(_path)]


class UnknownForm(Problem):
    """A file of another form than those that are read."""

    status = 415
    default_code = "unsupported_form"


def build_router(*, authenticator: Authenticator, segments: SegmentService) -> APIRouter:
    router = api_router("segments", authenticator.actor, note_bypass)
    uploading = asyncio.Semaphore(UPLOADS_AT_ONCE)

    @router.patch(_LIST, responses=CHANGE, response_model=SegmentView)
    async def change_long_list(
        project: str,
        key: str,
        body: LongListPatch,
        expected: VersionIfGiven,
        choice: NotedChoice,  # noqa: ARG001
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Adds keys to the segment's long list and removes keys from it. What changes nothing makes no version."""
        change = ListChange(body.edits(), document=body.document())
        return answer_entity(await segments.edit_list(actor, project, key, expected, change))

    @router.put(
        f"{_LIST}/{{listing}}",
        responses={**CHANGE, **problem_responses(UnknownForm)},
        response_model=SegmentView,
        openapi_extra=_BODY,
    )
    async def upload_long_list(
        at: RequestedList,
        request: Request,
        expected: VersionIfGiven,
        choice: NotedChoice,  # noqa: ARG001
        _: NotedDryRun,
        mode: Annotated[
            Annotated[str, OneOf(EditMode)], Query(description="What becomes of the keys that the list has.")
        ] = EditMode.REPLACE.value,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Takes a file of keys, which is read as it arrives: they take the place of those of the list, are added to
        them or removed. A wrong line is told by its number, and nothing changes then."""
        # Before the file is read: it may be large.
        await segments.check_list_edit(actor, at.project, at.key, expected)
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if form not in FORMS:
            raise UnknownForm(f"the body is read as {', '.join(FORMS)}")
        with uncounted():
            async with uploading:
                file = KeyFile(form)
                async for piece in request.stream():
                    file.feed(piece)
                edit = ListEdit(at.listing, EditMode(mode), file.end())
                change = ListChange([edit], document=document_of_edit(edit))
                return answer_entity(await segments.edit_list(actor, at.project, at.key, expected, change))

    @router.get(
        f"{_LIST}/{{listing}}",
        responses={**READ, 200: {"content": {_NDJSON: {"schema": {"type": "string"}}}}},
        response_class=StreamingResponse,
    )
    async def download_long_list(at: RequestedList, actor: Actor = Depends(authenticator.actor)) -> StreamingResponse:
        """The keys of one of the two lists as NDJSON, a key a line, in no order."""
        keys = await segments.list_keys(actor, at.project, at.key, at.listing)
        return StreamingResponse(_lines(keys), media_type=_NDJSON)

    return document_bypass(router)


async def _lines(keys: AsyncIterator[Sequence[str]]) -> AsyncIterator[bytes]:
    async for some in keys:
        yield b"".join(_encode(key) + b"\n" for key in some)
