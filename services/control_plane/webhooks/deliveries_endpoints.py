"""What webhooks were sent, and how it went; sending again, and testing."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, api_router
from control_plane.database import Connection, Database
from control_plane.webhooks import deliveries_repository, repository
from control_plane.webhooks.delivery import body_of
from control_plane.webhooks.endpoints import PATH, manageable, readable
from control_plane.webhooks.models import DeliveryState, Webhook
from control_plane.webhooks.schemas import DeliveryDetailView, DeliveryView
from control_plane.webhooks.service import Webhooks
from control_plane.webhooks.views import delivery_detail_view, delivery_view

_OF_ONE = PATH + "/{webhook}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, webhooks: Webhooks) -> APIRouter:
    router = api_router("webhooks", authenticator.actor)
    _add_log(router, authenticator, database)
    _add_sending(router, authenticator, database, webhooks)
    return router


def _add_log(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get(_OF_ONE + "/deliveries", responses=_READ)
    async def list_webhook_deliveries(
        organization: str,
        webhook: UUID,
        page: RequestedPage,
        state: DeliveryState | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[DeliveryView]:
        """What the webhook was sent and is to be sent, the newest first, with how the last attempt went. Deliveries are
        kept for two weeks, the newest 10,000 at most."""
        before = moment_position(page.after)
        async with database.transaction() as tx:
            scope = await readable(tx, actor, organization)
            found = await repository.find(tx, scope, webhook)
            rows = await deliveries_repository.listing(tx, found, state, before, page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[delivery_view(row) for row in given], next_cursor=cursor)

    @router.get(_OF_ONE + "/deliveries/{delivery}", responses=_READ)
    async def get_webhook_delivery(
        organization: str, webhook: UUID, delivery: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> DeliveryDetailView:
        """One delivery: what is sent, and each attempt with its answer."""
        async with database.transaction() as tx:
            scope = await readable(tx, actor, organization)
            return await _detail(tx, await repository.find(tx, scope, webhook), delivery)


def _add_sending(router: APIRouter, authenticator: Authenticator, database: Database, webhooks: Webhooks) -> None:
    @router.post(_OF_ONE + "/deliveries/{delivery}/resend", status_code=202, responses=_WRITE)
    async def resend_webhook_delivery(
        organization: str,
        webhook: UUID,
        delivery: UUID,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> DeliveryDetailView:
        """Queues a delivery again, under its id, whatever came of it; ask for it again to see how it went."""
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            await webhooks.resend(tx, actor, scope, webhook, delivery)
            found = await repository.find(tx, scope, webhook)
            response.headers["Location"] = _address(found, delivery)
            return await _detail(tx, found, delivery)

    @router.post(_OF_ONE + "/test", status_code=202, responses=_WRITE)
    async def test_webhook(
        organization: str, webhook: UUID, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> DeliveryDetailView:
        """Queues a delivery of the type `webhook.tested`, which is attempted once, also while the webhook is paused;
        ask for it again to see how it went."""
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            url = (await repository.find(tx, scope, webhook)).url
        await webhooks.check_url(url)
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            made = await webhooks.test(tx, actor, scope, webhook)
            found = await repository.find(tx, scope, webhook)
            response.headers["Location"] = _address(found, made.id)
            return await _detail(tx, found, made.id)


async def _detail(tx: Connection, webhook: Webhook, delivery_id: UUID) -> DeliveryDetailView:
    delivery = await deliveries_repository.find(tx, webhook, delivery_id)
    attempts = await deliveries_repository.attempts_of(tx, delivery)
    return delivery_detail_view(delivery, webhook, await body_of(tx, webhook, delivery), attempts)


def _address(webhook: Webhook, delivery_id: UUID) -> str:
    return f"/api/v1/organizations/{webhook.organization_id}/webhooks/{webhook.id}/deliveries/{delivery_id}"
