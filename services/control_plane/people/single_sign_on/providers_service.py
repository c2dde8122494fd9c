"""Identity providers of an organization: made, changed and deleted by who may manage them; the client secret is sealed
under the provider's id and is never answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr
from service_kit.outbound import AddressRefused, OutboundGuard
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound
from service_kit.sealing import Sealer
from service_kit.versions import check_version

from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.group_rights import require_holding_of_groups
from control_plane.people.single_sign_on import providers_repository
from control_plane.people.single_sign_on.issuers import Issuers
from control_plane.people.single_sign_on.models import IdentityProvider
from control_plane.people.single_sign_on.schemas import (
    GroupMapping,
    GroupMappingView,
    IdentityProviderCreate,
    IdentityProviderPatch,
    IdentityProviderView,
    given,
)
from control_plane.quotas import Quota, Quotas

_AUDITED = Audited[asyncpg.Record](
    entity="identity_provider", key=lambda row: str(row["id"]), shown=lambda row: provider_view(row).audited()
)


class Providers:
    """What the endpoints of identity providers do."""

    def __init__(self, *, sealer: Sealer, guard: OutboundGuard, issuers: Issuers, quotas: Quotas) -> None:
        self._sealer = sealer
        self._guard = guard
        self.quotas = quotas
        self.issuers = issuers

    def secret_of(self, provider: IdentityProvider) -> str:
        """Raises `CannotOpen`."""
        return self._sealer.open(provider.sealed_secret, _context(provider.id)).decode()

    async def check_address(self, issuer: str) -> None:
        """Before it is stored. Raises `InvalidInput` for what would never be asked."""
        try:
            await self._guard.check(issuer)
        except AddressRefused as error:
            raise InvalidInput([FieldError("issuer", error.code, error.reason)]) from None

    async def create(
        self, tx: Connection, actor: Actor, scope: OrganizationScope, wanted: IdentityProviderCreate
    ) -> asyncpg.Record:
        """Raises `InvalidInput`, `Conflict`, `Forbidden`, `QuotaExceeded`."""
        await self.quotas.claim(tx, Quota.IDENTITY_PROVIDERS, scope.organization_id, scope.organization_id)
        provider_id = uuid4()
        values = {name: getattr(wanted, name) for name in wanted.model_fields_set | set(type(wanted).model_fields)}
        values = await self._values(tx, actor, scope, provider_id, values)
        await providers_repository.insert(tx, scope.organization_id, provider_id, values)
        made = await found(tx, scope, provider_id)
        await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, made))
        return made

    async def change(
        self,
        tx: Connection,
        actor: Actor,
        scope: OrganizationScope,
        provider_id: UUID,
        patch: IdentityProviderPatch,
        expected: int,
    ) -> asyncpg.Record:
        row = await found(tx, scope, provider_id, lock=True)
        check_version(expected, row["revision"])
        changed = await self._values(tx, actor, scope, provider_id, given(patch))
        await providers_repository.update(tx, scope.organization_id, provider_id, {**row, **changed})
        after = await found(tx, scope, provider_id)
        if after["issuer"] != row["issuer"]:
            await providers_repository.unlink_all(tx, provider_id)
        await record(tx, _AUDITED.change(scope.organization_id, actor, "update", row, after))
        self.issuers.forget(after["issuer"])
        return after

    async def delete(self, tx: Connection, actor: Actor, scope: OrganizationScope, provider_id: UUID) -> None:
        """Who has come in by it stays a member. Raises `NotFound`."""
        row = await found(tx, scope, provider_id, lock=True)
        await providers_repository.delete(tx, scope.organization_id, provider_id)
        await record(tx, _AUDITED.change(scope.organization_id, actor, "delete", row, None))

    async def _values(
        self, tx: Connection, actor: Actor, scope: OrganizationScope, provider_id: UUID, wanted: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The columns of what is wanted, checked."""
        values = {name: value for name, value in wanted.items() if name != "client_secret"}
        nullable = {"default_role"}
        if missing := sorted(name for name, value in wanted.items() if value is None and name not in nullable):
            raise InvalidInput([FieldError(name, "required", "must not be null") for name in missing])
        secret: SecretStr | None = wanted.get("client_secret")
        if secret is not None:
            sealed = self._sealer.seal(secret.get_secret_value().encode(), _context(provider_id))
            values["sealed_client_secret"] = sealed
        if "domains" in values:
            values["domains"] = sorted(set(values["domains"]))
            await _check_domains(tx, scope, provider_id, values["domains"])
        if "group_mappings" in values:
            values["group_mappings"] = await _mapped(tx, actor, scope, values["group_mappings"])
        await require_holding(tx, actor, scope, values.get("default_role"))
        return values


async def found(tx: Connection, scope: OrganizationScope, provider_id: UUID, *, lock: bool = False) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await providers_repository.find(tx, scope.organization_id, provider_id, lock=lock)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


def provider_view(row: asyncpg.Record) -> IdentityProviderView:
    return IdentityProviderView(
        id=row["id"],
        name=row["name"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        scopes=row["scopes"],
        domains=row["domains"],
        groups_claim=row["groups_claim"],
        group_mappings=[GroupMappingView(**each) for each in row["group_mappings"]],
        default_role=row["default_role"],
        takes_in=row["takes_in"],
        enforced=row["enforced"],
        enabled=row["enabled"],
        version=row["revision"],
        created_at=row["created_at"],
    )


async def _check_domains(tx: Connection, scope: OrganizationScope, provider_id: UUID, domains: Sequence[str]) -> None:
    verified = await providers_repository.verified_among(tx, scope.organization_id, domains)
    if missing := sorted(set(domains) - verified):
        reason = f"{missing[0]} is no verified domain of the organization"
        raise InvalidInput([FieldError("domains", "domain_not_verified", reason)])
    taken = await providers_repository.others_with(tx, scope.organization_id, provider_id, domains)
    if taken is not None:
        raise Conflict(f"another identity provider of the organization has the domain {taken}", code="domain_taken")


async def _mapped(
    tx: Connection, actor: Actor, scope: OrganizationScope, mappings: Sequence[GroupMapping]
) -> list[dict[str, str]]:
    """By the groups' ids. Raises `InvalidInput`, and `RightNotHeld`: nobody lets others into a group with rights that
    they lack."""
    rows = await tx.fetch(
        "SELECT id, key FROM groups WHERE organization_id = $1 AND (id::text = ANY($2::text[]) OR key = ANY($2))",
        scope.organization_id,
        [each.group for each in mappings],
    )
    known = {str(row["id"]): row["id"] for row in rows} | {row["key"]: row["id"] for row in rows}
    seen: set[str] = set()
    for index, each in enumerate(mappings):
        if each.group not in known:
            field = FieldError(f"group_mappings[{index}].group", "unknown_group", "is no group of the organization")
            raise InvalidInput([field])
        if each.value in seen:
            raise InvalidInput([FieldError(f"group_mappings[{index}].value", "duplicate", "stands there twice")])
        seen.add(each.value)
    await require_holding_of_groups(tx, actor, scope, [known[each.group] for each in mappings])
    return [{"value": each.value, "group": str(known[each.group])} for each in mappings]


def _context(provider_id: UUID) -> str:
    return f"identity-provider/{provider_id}"
