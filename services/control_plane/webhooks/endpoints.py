"""The webhooks of an organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from control_plane.access import Actor, Authenticator, OrganizationScope, Right, api_router, require
from control_plane.access.queries import resolve_organization
from control_plane.database import Connection, Database
from control_plane.quotas import Quota, Quotas
from control_plane.webhooks import repository
from control_plane.webhooks.events import EVENT_TYPES
from control_plane.webhooks.models import Webhook
from control_plane.webhooks.schemas import (
    EventTypesView,
    NewWebhookView,
    SecretRotation,
    WebhookCreate,
    WebhookPatch,
    WebhookView,
)
from control_plane.webhooks.service import Webhooks
from control_plane.webhooks.views import new_webhook_view, webhook_view

PATH = "/organizations/{organization}/webhooks"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas, webhooks: Webhooks) -> APIRouter:
    router = api_router("webhooks", authenticator.actor)
    _add_reading(router, authenticator, database)
    _add_creation(router, authenticator, database, quotas, webhooks)
    _add_changes(router, authenticator, database, webhooks)
    return router


async def readable(tx: Connection, actor: Actor, organization: str) -> OrganizationScope:
    """Raises `NotFound` and `MissingRight`."""
    scope = await resolve_organization(tx, actor, organization)
    require(actor, Right.WEBHOOK_READ, scope)
    return scope


async def manageable(tx: Connection, actor: Actor, organization: str) -> OrganizationScope:
    """Raises `NotFound` and `MissingRight`."""
    scope = await resolve_organization(tx, actor, organization)
    require(actor, Right.WEBHOOK_MANAGE, scope)
    return scope


def _add_reading(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get(PATH, responses=_READ)
    async def list_webhooks(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[WebhookView]:
        """The organization's webhooks, in the order in which they were made."""
        async with database.transaction() as tx:
            scope = await readable(tx, actor, organization)
            found = await repository.listing(tx, scope, moment_position(page.after), page.fetch)
        given, cursor = page_of(found, page, lambda each: f"{each.created_at.isoformat()} {each.id}")
        return Page(items=[webhook_view(each) for each in given], next_cursor=cursor)

    @router.get(PATH + "/event-types", responses=_READ)
    async def list_event_types(organization: str, actor: Actor = Depends(authenticator.actor)) -> EventTypesView:
        """What `events` may name, besides `noun.*` for all of a noun and `*` for everything."""
        async with database.transaction() as tx:
            await readable(tx, actor, organization)
        return EventTypesView(items=sorted(EVENT_TYPES))

    @router.get(PATH + "/{webhook}", responses=_READ)
    async def get_webhook(
        organization: str, webhook: UUID, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> WebhookView:
        """One webhook; never its secret."""
        async with database.transaction() as tx:
            scope = await readable(tx, actor, organization)
            found = await repository.find(tx, scope, webhook)
        return _answer(found, response)


def _add_creation(
    router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas, webhooks: Webhooks
) -> None:
    @router.post(PATH, status_code=201, responses=_WRITE)
    async def create_webhook(
        organization: str, body: WebhookCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> NewWebhookView:
        """Creates a webhook, which is told what happens from now on; this answer is the only one that shows its
        secret. A URL that leads inside is refused."""
        async with database.transaction() as tx:
            await manageable(tx, actor, organization)
        await webhooks.check_url(body.url)
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            await quotas.claim(tx, Quota.WEBHOOKS, scope.organization_id, scope.organization_id)
            made, secret = await webhooks.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/webhooks/{made.id}"
        response.headers["ETag"] = etag(made.version)
        return new_webhook_view(made, secret)

    @router.post(PATH + "/{webhook}/rotate", status_code=201, responses=_WRITE)
    async def rotate_webhook_secret(
        organization: str,
        webhook: UUID,
        body: SecretRotation,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> NewWebhookView:
        """Makes a new secret, shown this once; what is sent is signed with both until the overlap is over."""
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            changed, secret = await webhooks.rotate(tx, actor, scope, webhook, body.overlap_seconds)
        response.headers["ETag"] = etag(changed.version)
        return new_webhook_view(changed, secret)


def _add_changes(router: APIRouter, authenticator: Authenticator, database: Database, webhooks: Webhooks) -> None:
    @router.patch(PATH + "/{webhook}", responses=_CHANGE)
    async def update_webhook(
        organization: str,
        webhook: UUID,
        body: WebhookPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> WebhookView:
        """Changes what is sent and where, and pauses or resumes by `enabled`. What happened during a pause is not told
        later."""
        async with database.transaction() as tx:
            await manageable(tx, actor, organization)
        await webhooks.check_url(body.url)
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            changed = await webhooks.update(tx, actor, scope, webhook, body, expected)
        return _answer(changed, response)

    @router.delete(PATH + "/{webhook}", status_code=204, responses=_WRITE)
    async def delete_webhook(organization: str, webhook: UUID, actor: Actor = Depends(authenticator.actor)) -> None:
        """Deletes a webhook with its deliveries; nothing is sent any more."""
        async with database.transaction() as tx:
            scope = await manageable(tx, actor, organization)
            await webhooks.delete(tx, actor, scope, webhook)


def _answer(webhook: Webhook, response: Response) -> WebhookView:
    response.headers["ETag"] = etag(webhook.version)
    return webhook_view(webhook)
