"""How far flags have come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from service_kit.pagination import Page, RequestedPage
from service_kit.problems import (
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from control_plane.access import Actor, Authenticator, api_router
from control_plane.flags.queries import LifecycleState
from control_plane.lifecycles.schemas import (
    CheckView,
    DependentView,
    FlagStandingView,
    LifecycleView,
    PurposeName,
    StandingView,
    StateName,
)
from control_plane.lifecycles.service import FlagLifecycle, Lifecycles, Wanted
from control_plane.lifecycles.states import safe_to_remove

_PROBLEMS = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_LISTED = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput, Unavailable)
FLAGS_MAX = 200
FLAGS_LENGTH_MAX = 4000
Days = Annotated[int, Query(ge=1, le=365, description="For how many days something must have been so")]


async def _wanted(
    days: Days = 30,
    state: Annotated[StateName | None, Query(description="In `environment`, or in any.")] = None,
    environment: Annotated[str | None, Query(max_length=128)] = None,
    purpose: Annotated[PurposeName | None, Query()] = None,
    flags: Annotated[
        str | None,
        Query(max_length=FLAGS_LENGTH_MAX, description=f"These alone, with commas between; at most {FLAGS_MAX}."),
    ] = None,
) -> Wanted:
    keys = None if flags is None else tuple(dict.fromkeys(flags.split(",")))
    if keys is not None and len(keys) > FLAGS_MAX:
        raise InvalidInput(
            [FieldError("flags", "too_many", f"names {len(keys)} flags; at most {FLAGS_MAX} are told of")]
        )
    return Wanted(days, None if state is None else LifecycleState(state), environment, purpose, keys)


def build_router(*, authenticator: Authenticator, lifecycles: Lifecycles) -> APIRouter:
    router = api_router("flags", authenticator.actor)

    @router.get("/projects/{project}/flags/{key}/lifecycle", responses=_PROBLEMS)
    async def flag_lifecycle(
        project: str, key: str, days: Days = 30, actor: Actor = Depends(authenticator.actor)
    ) -> LifecycleView:
        """How far the flag has come in each environment, by what is known of its use, what needs it, and whether it can
        be removed: each check with what it came to. Without an answer of analytics in two seconds that is `unknown`."""
        found = await lifecycles.of_flag(actor, project, key, days)
        return LifecycleView(
            **_fields(found.lifecycle),
            days=days,
            safe_to_remove=safe_to_remove(found.checks),
            checks=[CheckView(check=each.check, outcome=each.outcome, detail=each.detail) for each in found.checks],
            used_by=[
                DependentView(kind=each.kind, key=each.key, environment=each.environment, active=each.active)
                for each in found.dependents
            ],
        )

    @router.get("/projects/{project}/flag-lifecycles", responses=_LISTED)
    async def flag_lifecycles(
        project: str,
        page: RequestedPage,
        wanted: Annotated[Wanted, Depends(_wanted)],
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[FlagStandingView]:
        """The project's flags by key, archived ones too, with how far they have come in each environment. A page of one
        state may be short of its limit and have a next one all the same; 503 where nobody can tell which are in it."""
        found, cursor = await lifecycles.listed(actor, project, page, wanted)
        return Page(items=[FlagStandingView(**_fields(each)) for each in found], next_cursor=cursor)

    return router


def _fields(found: FlagLifecycle) -> dict[str, object]:
    flag = found.flag
    return {
        "flag": flag.key,
        "name": flag.name,
        "owner": flag.owner,
        "tags": flag.tags,
        "archived": flag.archived,
        "purpose": flag.purpose.value,
        "expected_end": flag.expected_end,
        "environments": [
            StandingView(
                environment=environment,
                state=standing.state,
                reason=standing.reason,
                detail=standing.detail,
                last_named_at=standing.named_at,
                last_bulk_at=standing.bulk_at,
                last_sdk=standing.last_sdk,
                variations=dict(standing.variations),
            )
            for environment, standing in found.standings
        ],
    }
