"""`GET /v1/experiments/{experiment}/units`: the analysed units as a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import IO, Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from messages.acts import Act
from service_kit.departures import unless_client_leaves
from service_kit.problems import Forbidden, TooLarge, problem_responses
from service_kit.requests import new_router
from starlette.types import Receive, Scope, Send

from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.reports.unit_file import FileForm, UnitFile, UnitFileLimits, unit_file
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, Inquiry

FileFormat = Annotated[FileForm, Query(alias="format")]
_MEDIA_TYPES: dict[FileForm, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_PIECE_BYTES = 256 * 1024


class HeldFile(StreamingResponse):
    """Sends a file piece by piece. What is `held` for it is let go when it is sent, or when the client has left."""

    def __init__(self, content: IO[bytes], headers: dict[str, str], held: AsyncExitStack) -> None:
        super().__init__(_pieces(content), headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, acts: Acts, limits: UnitFileLimits
) -> APIRouter:
    router = new_router("reports", authenticator.actor, prefix="/v1/experiments/{experiment}")

    @router.get(
        "/units",
        summary="Analysed units as a file",
        responses={**PROBLEMS, **problem_responses(Forbidden, TooLarge)},
        response_class=Response,
    )
    async def units(
        request: Request, asked: Asked, as_: FileFormat = "csv", actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """One line per unit that the results count, with its variation, first exposure and number of each metric
        (before caps); keys as the environment stores them. For whoever may `experiment:update`, and an
        entry of the audit log."""
        inquiry = inquiries.about(actor, asked)
        actor.require("experiment:update", inquiry.environment)
        async with AsyncExitStack() as held:
            await held.enter_async_context(inquiries.turn(actor, inquiry.environment))
            found = await unless_client_leaves(request, unit_file(inquiry, as_, limits))
            held.callback(found.content.close)
            await acts.tell(actor, _act(inquiry, found))
            headers = {
                "Content-Type": _MEDIA_TYPES[as_],
                "Content-Length": str(found.size),
                "Content-Disposition": f'attachment; filename="{inquiry.experiment.key}-units.{as_}"',
            }
            return HeldFile(found.content, headers, held.pop_all())

    return router


def _act(inquiry: Inquiry, found: UnitFile) -> Act:
    return Act(
        organization_id=inquiry.environment.organization_id,
        project_id=inquiry.environment.project_id,
        entity="experiment_units",
        entity_key=inquiry.experiment.key,
        action="read",
        after={"environment": inquiry.environment.key, "units": found.units},
    )


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(_PIECE_BYTES):
        yield piece
