"""Dead letters, reconciliation and erasure over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from actors.environment_names import NamedEnvironment
from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from messages.acts import Act
from pydantic import Field
from service_kit.problems import Forbidden, problem_responses
from service_kit.requests import new_router
from service_kit.schemas import Input
from streams import Bus

from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.catalog.entries import Environment
from analytics.loading.dead_letters_command import letter_document
from analytics.loading.replay import LIST_MAX, listed, replay
from analytics.operations.documents import (
    ErasureDocument,
    LetterList,
    ReconciliationDocument,
    ReplayDocument,
    reconciliation_document,
)
from analytics.operations.erasure import Eraser
from analytics.operations.reconciliation import Reconciler
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response

_WRITES = {**PROBLEMS, **problem_responses(Forbidden)}
Limit = Annotated[int, Query(ge=1, le=LIST_MAX)]
Minutes = Annotated[int, Query(ge=1, le=120)]


class ErasureRequest(Input):
    """Whose data, and where."""

    project: Annotated[str, Field(min_length=1, max_length=128)]
    environment: Annotated[str, Field(min_length=1, max_length=128)]
    user_key: Annotated[str, Field(min_length=1, max_length=1024)]


def build_router(
    *,
    authenticator: Authenticator,
    inquiries: Inquiries,
    bus: Bus,
    reconciler: Reconciler,
    eraser: Eraser,
    acts: Acts,
) -> APIRouter:
    router = new_router("operations", authenticator.actor, prefix="/v1")
    _add_letters(router, authenticator, inquiries, bus, acts)

    @router.get(
        "/reconciliation",
        summary="Accepted, streamed and stored events per minute",
        responses={**PROBLEMS, 200: {"model": ReconciliationDocument}},
        response_class=Response,
    )
    async def reconciliation(
        where: Where, minutes: Minutes = 15, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """The last whole minutes and the present one. `missing` counts distinct events of the stream that are neither
        stored nor dead letters; it should be 0 but for the last seconds."""
        environment = inquiries.environment(actor, where)
        async with inquiries.turn(actor, environment):
            found = await reconciler.last(environment, minutes)
        return json_response(reconciliation_document(found))

    @router.post(
        "/erasures",
        summary="Erase one user's data",
        responses={**_WRITES, 200: {"model": ErasureDocument}},
        response_class=Response,
    )
    async def erase(body: ErasureRequest, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Removes every exposure and metric event of `user_key` (or of its stand-in), and dead letters that hold it;
        for whoever may `data:erase`."""
        where = NamedEnvironment(body.project, body.environment)
        environment = inquiries.environment(actor, where, "data:erase")
        act = _act(environment, "user_data", "erase", {"user": eraser.pseudonym_of(environment, body.user_key)})
        async with acts.telling(actor, act):
            erased = await eraser.erase(environment, body.user_key)
        return json_response(ErasureDocument(erased=erased.rows, dead_letters=erased.dead_letters))

    return router


def _act(environment: Environment, entity: str, action: str, after: Mapping[str, Any]) -> Act:
    return Act(
        organization_id=environment.organization_id,
        project_id=environment.project_id,
        entity=entity,
        entity_key=environment.key,
        action=action,
        after=after,
    )


def _add_letters(router: APIRouter, authenticator: Authenticator, inquiries: Inquiries, bus: Bus, acts: Acts) -> None:
    @router.get(
        "/dead-letters",
        summary="Events that could not be stored",
        responses={**PROBLEMS, 200: {"model": LetterList}},
        response_class=Response,
    )
    async def dead_letters(where: Where, limit: Limit = 100, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Those of one environment that have not been replayed, with the reason and the bytes as they came; for
        whoever may `experiment:update`, because raw events may hold personal data."""
        environment = inquiries.environment(actor, where, "experiment:update")
        async with inquiries.turn(actor, environment):
            letters = await listed(bus, environment.id, limit)
        await acts.tell(actor, _act(environment, "dead_letters", "read", {"letters": len(letters)}))
        return json_response(LetterList(items=[letter_document(each) for each in letters]))

    @router.post(
        "/dead-letters/replay",
        summary="Load dead letters again",
        responses={**_WRITES, 200: {"model": ReplayDocument}},
        response_class=Response,
    )
    async def replay_dead_letters(
        where: Where, limit: Limit = 1000, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Puts up to `limit` letters of one environment back on the stream; one that fails again is a new letter.
        For whoever may `experiment:update`."""
        environment = inquiries.environment(actor, where, "experiment:update")
        act = _act(environment, "dead_letters", "replay", {"letters_max": limit})
        async with inquiries.turn(actor, environment), acts.telling(actor, act):
            count = await replay(bus, environment.id, limit)
        return json_response(ReplayDocument(replayed=count))
