"""Webhooks are made, changed, tested and taken away; each write ends in `changes.recorder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from service_kit.outbound import AddressRefused, OutboundGuard
from service_kit.problems import Conflict, FieldError, InvalidInput
from service_kit.sealing import Sealer
from service_kit.versions import check_version

from control_plane.access import Actor, OrganizationScope
from control_plane.changes import Audited, Author, record
from control_plane.changes.queries import last_number
from control_plane.database import Connection
from control_plane.environments.queries import keys_in
from control_plane.webhooks import deliveries_repository, repository
from control_plane.webhooks.events import TEST
from control_plane.webhooks.models import Delivery, DeliveryState, Filters, Pause, Webhook
from control_plane.webhooks.schemas import WebhookCreate, WebhookPatch
from control_plane.webhooks.signature import new_secret
from control_plane.webhooks.views import webhook_view

_FILTERS = ("events", "projects", "environments", "tags")
_AUDITED = Audited[Webhook](
    entity="webhook", key=lambda webhook: str(webhook.id), shown=lambda webhook: webhook_view(webhook).audited()
)


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Writes of webhooks. `guard` judges where they lead, `sealer` keeps their secrets."""

    guard: OutboundGuard
    sealer: Sealer

    async def check_url(self, url: str | None) -> None:
        """Before any transaction, because names are looked up. Raises `InvalidInput`."""
        if url is None:
            return
        try:
            await self.guard.check(url)
        except AddressRefused as refused:
            raise InvalidInput([FieldError("url", refused.code, refused.reason)]) from None

    async def create(
        self, tx: Connection, actor: Actor, scope: OrganizationScope, body: WebhookCreate
    ) -> tuple[Webhook, str]:
        """The webhook and its secret. It is told what happens after this."""
        filters = Filters(**{name: tuple(getattr(body, name)) for name in _FILTERS})
        await _check_keys(tx, scope, filters)
        identity, secret = uuid4(), new_secret()
        made = Webhook(
            id=identity,
            organization_id=scope.organization_id,
            url=body.url,
            description=body.description,
            filters=filters,
            secret=self.sealer.seal(secret.encode(), context_of(identity)),
            previous_secret=None,
            previous_secret_ends_at=None,
            paused_because=None if body.enabled else Pause.ASKED,
            paused_at=None if body.enabled else tx.now,
            failing_since=None,
            slow=False,
            version=1,
            created_at=tx.now,
            updated_at=tx.now,
        )
        await repository.insert(tx, made, 0)
        await record(tx, _AUDITED.change(made.organization_id, actor, "create", None, made))
        await repository.move(tx, made, await last_number(tx, scope.organization_id))
        return made, secret

    async def update(
        self,
        tx: Connection,
        actor: Actor,
        scope: OrganizationScope,
        webhook_id: UUID,
        body: WebhookPatch,
        expected: int,
    ) -> Webhook:
        """Raises `NotFound`, `PreconditionFailed` and `InvalidInput`. One that goes on after a pause is not told what
        happened meanwhile."""
        before = await repository.find(tx, scope, webhook_id, lock=True)
        check_version(expected, before.version)
        given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
        enabled = given.pop("enabled", before.enabled)
        filters = replace(before.filters, **{name: tuple(given.pop(name)) for name in _FILTERS if name in given})
        await _check_keys(tx, scope, filters, before.filters)
        after = replace(before, **given, filters=filters)
        if enabled != before.enabled:
            after = _switched(tx, after, enabled=enabled)
        if after == before:
            return before
        if after.url != before.url:
            after = replace(after, failing_since=None, slow=False)
        after = replace(after, version=before.version + 1, updated_at=tx.now)
        resumed = after.enabled and not before.enabled
        await repository.update(tx, after, await last_number(tx, scope.organization_id) if resumed else None)
        await record(tx, _AUDITED.change(after.organization_id, actor, "update", before, after))
        return after

    async def rotate(
        self, tx: Connection, actor: Actor, scope: OrganizationScope, webhook_id: UUID, overlap_seconds: int
    ) -> tuple[Webhook, str]:
        """The webhook and its new secret; until the overlap is over both sign. Raises `NotFound`."""
        before = await repository.find(tx, scope, webhook_id, lock=True)
        secret = new_secret()
        after = replace(
            before,
            secret=self.sealer.seal(secret.encode(), context_of(before.id)),
            previous_secret=before.secret if overlap_seconds else None,
            previous_secret_ends_at=tx.now + timedelta(seconds=overlap_seconds) if overlap_seconds else None,
            version=before.version + 1,
            updated_at=tx.now,
        )
        await repository.update(tx, after)
        await record(tx, _AUDITED.change(after.organization_id, actor, "rotate", before, after))
        return after, secret

    async def delete(self, tx: Connection, actor: Actor, scope: OrganizationScope, webhook_id: UUID) -> None:
        """With its deliveries; what waits is not sent any more. Raises `NotFound`."""
        found = await repository.find(tx, scope, webhook_id, lock=True)
        await repository.delete(tx, found)
        await record(tx, _AUDITED.change(found.organization_id, actor, "delete", found, None))

    async def test(self, tx: Connection, actor: Actor, scope: OrganizationScope, webhook_id: UUID) -> Delivery:
        """A delivery of nothing, made once, also where the webhook is paused. Raises `NotFound`."""
        found = await repository.find(tx, scope, webhook_id, lock=True)
        made = new_delivery(tx, found, uuid4(), TEST, None)
        await deliveries_repository.insert(tx, [made])
        await record(tx, _AUDITED.change(found.organization_id, actor, "test", found, found))
        return made

    async def resend(
        self, tx: Connection, actor: Actor, scope: OrganizationScope, webhook_id: UUID, delivery_id: UUID
    ) -> None:
        """A delivery again, under the id that it has, whatever came of it. Raises `NotFound`, and `Conflict` while the
        webhook is paused."""
        found = await repository.find(tx, scope, webhook_id, lock=True)
        delivery = await deliveries_repository.find(tx, found, delivery_id, lock=True)
        if not found.enabled and delivery.audit_number is not None:
            raise Conflict("the webhook is paused: switch it on first", code="webhook_paused")
        await deliveries_repository.queue_again(tx, delivery)
        await record(tx, _AUDITED.change(found.organization_id, actor, "resend", found, found))

    def secrets_of(self, webhook: Webhook, tx: Connection) -> Sequence[str]:
        """What its deliveries are signed with now, the newest first. Raises `CannotOpen`."""
        sealed = [webhook.secret]
        ends_at = webhook.previous_secret_ends_at
        if webhook.previous_secret is not None and ends_at is not None and ends_at > tx.now:
            sealed.append(webhook.previous_secret)
        return [self.sealer.open(each, context_of(webhook.id)).decode() for each in sealed]


def new_delivery(tx: Connection, webhook: Webhook, identity: UUID, event: str, audit_number: int | None) -> Delivery:
    """One that is due now."""
    return Delivery(
        id=identity,
        organization_id=webhook.organization_id,
        webhook_id=webhook.id,
        event_type=event,
        audit_number=audit_number,
        state=DeliveryState.WAITING,
        attempts=0,
        tries=0,
        next_at=tx.now,
        created_at=tx.now,
        finished_at=None,
    )


async def pause(tx: Connection, author: Author, webhook: Webhook, reason: Pause) -> None:
    """By whoever finds that there is no use in going on."""
    after = replace(webhook, paused_because=reason, paused_at=tx.now, version=webhook.version + 1, updated_at=tx.now)
    await repository.update(tx, after)
    await record(tx, _AUDITED.change(after.organization_id, author, "pause", webhook, after))


def context_of(webhook_id: UUID) -> str:
    """What a webhook's secrets are sealed for."""
    return f"webhook/{webhook_id}"


def _switched(tx: Connection, webhook: Webhook, *, enabled: bool) -> Webhook:
    if enabled:
        return replace(webhook, paused_because=None, paused_at=None, failing_since=None, slow=False)
    return replace(webhook, paused_because=Pause.ASKED, paused_at=tx.now)


async def _check_keys(
    tx: Connection, scope: OrganizationScope, filters: Filters, before: Filters | None = None
) -> None:
    """Raises `InvalidInput` for a project or an environment that isn't there and wasn't named before."""
    if before == filters or not (filters.projects or filters.environments):
        return
    projects, environments = await keys_in(tx, scope.organization_id)
    errors = [
        FieldError(f"{field}[{index}]", "unknown_key", f"the organization has no {field.removesuffix('s')} {key}")
        for field, named, there in (
            ("projects", filters.projects, projects),
            ("environments", filters.environments, environments),
        )
        for index, key in enumerate(named)
        if key not in there
    ]
    if errors:
        raise InvalidInput(errors)
