"""Change requests over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.versions import ExpectedVersion, VersionIfGiven

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, READ, answer
from control_plane.reviews.agreement import requested_bypass
from control_plane.reviews.application import Applications
from control_plane.reviews.measurements import Measurements
from control_plane.reviews.models import State
from control_plane.reviews.opinions import Opinions
from control_plane.reviews.records import Parts
from control_plane.reviews.repository import RequestFilter
from control_plane.reviews.schemas import (
    ChangeRequestCreate,
    ChangeRequestPatch,
    ChangeRequestSummary,
    ChangeRequestView,
    CommentIn,
    CommentView,
    ReviewIn,
    ScheduleIn,
    StateName,
)
from control_plane.reviews.service import ChangeRequests
from control_plane.reviews.views import comment_view

_ALL = "/projects/{project}/change-requests"
_ONE = f"{_ALL}/{{number}}"
Number = Annotated[int, Path(ge=1, le=2**53, description="Counted in the project.")]


def build_router(*, authenticator: Authenticator, parts: Parts) -> APIRouter:
    router = api_router("change requests", authenticator.actor)
    _add_requests(router, authenticator, ChangeRequests(parts), Measurements(parts))
    _add_opinions(router, authenticator, Opinions(parts))
    _add_schedule(router, authenticator, Applications(parts))
    applying = api_router("change requests", authenticator.actor, note_bypass)
    _add_application(applying, authenticator, Applications(parts))
    router.routes.extend(document_bypass(applying).routes)
    return router


async def _requested_filter(
    state: StateName | None = None,
    author: Annotated[str | None, Query(max_length=320, description="An id, or a name such as an address.")] = None,
    environment: Annotated[str | None, Query(max_length=128, description="Whose answers it changes.")] = None,
) -> RequestFilter:
    return RequestFilter(
        readable=(), state=None if state is None else State(state), author=author, environment=environment
    )


def _add_requests(
    router: APIRouter, authenticator: Authenticator, requests: ChangeRequests, measurements: Measurements
) -> None:
    @router.post(_ALL, status_code=201, responses=CREATE)
    async def propose_change_request(
        project: str, body: ChangeRequestCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ChangeRequestView:
        """Collects edits to be looked at. What can't be made is refused here as by the edit's own operation."""
        view = await requests.propose(actor, project, body)
        response.headers["Location"] = f"/api/v1/projects/{project}/change-requests/{view.number}"
        return answer(view, response)

    @router.get(_ALL, responses=READ)
    async def list_change_requests(
        project: str,
        page: RequestedPage,
        waiting_for: Annotated[
            Literal["me"] | None, Query(description="Open ones that you may review and haven't, nor written.")
        ] = None,
        wanted: RequestFilter = Depends(_requested_filter),
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[ChangeRequestSummary]:
        """The project's change requests, the newest first."""
        waits_for = None if waiting_for is None else actor.id
        found, cursor = page_of(
            await requests.page(actor, project, page, wanted, waits_for), page, lambda each: str(each.number)
        )
        return Page(items=found, next_cursor=cursor)

    @router.get(_ONE, responses=READ)
    async def get_change_request(
        project: str, number: Number, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ChangeRequestView:
        """One change request with what it changes, who agreed, and what collides with it."""
        return answer(await requests.read(actor, project, number), response)

    @router.patch(_ONE, responses=CHANGE)
    async def change_change_request(
        project: str,
        number: Number,
        body: ChangeRequestPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Changes title, description or edits; edits are replaced as a whole and held against what stands now."""
        return answer(await requests.change(actor, project, number, expected, body), response)

    @router.post(f"{_ONE}/impact", responses=CHANGE)
    async def measure_change_request(
        project: str, number: Number, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> ChangeRequestView:
        """Counts anew what its edits would do, on what stands now. That is done by itself when they are written."""
        return answer(await measurements.again(actor, project, number), response)

    @router.post(f"{_ONE}/withdraw", responses=CHANGE)
    async def withdraw_change_request(
        project: str,
        number: Number,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Ends it for good, with nothing applied."""
        return answer(await requests.withdraw(actor, project, number, expected), response)


def _add_opinions(router: APIRouter, authenticator: Authenticator, opinions: Opinions) -> None:
    @router.post(f"{_ONE}/reviews", responses=CHANGE)
    async def review_change_request(
        project: str,
        number: Number,
        body: ReviewIn,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Approves or rejects it. Your last verdict counts, of the version that you have seen."""
        return answer(await opinions.review(actor, project, number, expected, body), response)

    @router.post(f"{_ONE}/comments", status_code=201, responses=CREATE)
    async def comment_on_change_request(
        project: str, number: Number, body: CommentIn, actor: Actor = Depends(authenticator.actor)
    ) -> CommentView:
        """Says something of it."""
        return await opinions.comment(actor, project, number, body.text)

    @router.get(f"{_ONE}/comments", responses=READ)
    async def list_change_request_comments(
        project: str, number: Number, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[CommentView]:
        """What was said of it, reviews included, the oldest first."""
        found, cursor = page_of(await opinions.page(actor, project, number, page), page, lambda each: str(each.number))
        return Page(items=[comment_view(each) for each in found], next_cursor=cursor)


def _add_schedule(router: APIRouter, authenticator: Authenticator, applications: Applications) -> None:
    @router.put(f"{_ONE}/schedule", responses=CHANGE)
    async def schedule_change_request(
        project: str,
        number: Number,
        body: ScheduleIn,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Has it applied at a moment, as you. Where that fails then, it is open again and says why in `failure`."""
        return answer(await applications.schedule(actor, project, number, expected, body.at), response)

    @router.delete(f"{_ONE}/schedule", responses=CHANGE)
    async def cancel_change_request_schedule(
        project: str,
        number: Number,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Opens a scheduled one again."""
        return answer(await applications.cancel(actor, project, number, expected), response)


def _add_application(router: APIRouter, authenticator: Authenticator, applications: Applications) -> None:
    @router.post(f"{_ONE}/apply", responses=CHANGE)
    async def apply_change_request(
        project: str,
        number: Number,
        expected: VersionIfGiven,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Makes all its edits or none, as one version of each environment, on what stands now.

        409 `collision` names what others changed, too; 409 `not_approved` who is missing."""
        bypass = requested_bypass()
        return answer(await applications.apply(actor, project, number, expected, bypass), response)
