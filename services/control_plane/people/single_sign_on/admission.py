"""From who an identity provider says somebody is to an account of ours.

Once linked, a person is known by the provider's subject alone. To be linked, their address must be vouched for and be
of a verified domain of the provider; then the account of that address is theirs, or a new one is.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from service_kit.problems import Conflict

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.people import accounts_repository, email_domains
from control_plane.people.provisioned_members import Host, take_in
from control_plane.people.schemas import Email
from control_plane.people.single_sign_on import group_claims, providers_repository
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.models import Identity, IdentityProvider
from control_plane.quotas import QuotaExceeded, Quotas

_ADDRESS: TypeAdapter[str] = TypeAdapter(Email)


async def admit(tx: Connection, quotas: Quotas, provider: IdentityProvider, identity: Identity) -> UUID:
    """The person's account, which is an active member of the provider's organization then. Raises `SignInFailed`."""
    user_id = await providers_repository.account_of(tx, provider.id, identity.subject)
    if user_id is None:
        user_id = await _linked(tx, quotas, provider, identity)
    member = await repository.find_member(tx, provider.organization_id, user_id)
    if member is None or member["deactivated_at"] is not None:
        raise SignInFailed("deactivated")
    if identity.groups is not None:
        await group_claims.follow(tx, _host(provider), provider, user_id, identity.groups)
    return user_id


async def _linked(tx: Connection, quotas: Quotas, provider: IdentityProvider, identity: Identity) -> UUID:
    email = await _address(tx, provider, identity)
    account = await accounts_repository.find_login(tx, email)
    if account is not None and account["is_administrator"]:
        raise SignInFailed("administrator")
    host = _host(provider)
    user_id = await accounts_repository.member_with(tx, provider.organization_id, email)
    if user_id is None:
        if not provider.takes_in:
            raise SignInFailed("not_a_member")
        try:
            user_id = await take_in(tx, quotas, host, email, identity.name)
        except QuotaExceeded:
            raise SignInFailed("no_room") from None
        except Conflict:
            raise SignInFailed("not_begun_here", "the account was made at the same moment") from None
        if user_id is None:
            raise SignInFailed("administrator")
    if not await providers_repository.link(tx, provider, identity.subject, user_id):
        raise SignInFailed("linked_to_another", email)
    after = {"provider": provider.name, "subject": identity.subject}
    await record(
        tx,
        Change(
            organization_id=provider.organization_id,
            project_id=None,
            entity="user",
            entity_key=email,
            action="link_identity",
            actor=host.actor,
            after=after,
        ),
    )
    return user_id


async def _address(tx: Connection, provider: IdentityProvider, identity: Identity) -> str:
    """Of an account that may be linked."""
    try:
        email = _ADDRESS.validate_python(identity.email)
    except ValidationError:
        raise SignInFailed("address_missing") from None
    if not identity.email_verified:
        raise SignInFailed("address_unverified", email)
    inside = email_domains.domain_of(email) in provider.domains
    if not inside or not await email_domains.speaks_for(tx, provider.organization_id, email):
        raise SignInFailed("address_outside", email)
    return email


def _host(provider: IdentityProvider) -> Host:
    actor = Actor(kind="system", id=provider.id, name=f"identity provider {provider.name}")
    return Host(provider.organization_id, actor, provider.default_role)
