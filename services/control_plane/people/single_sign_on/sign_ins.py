"""Sign-ins by identity providers: begun, finished, and those that failed told to the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from service_kit.sealing import CannotOpen

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Database
from control_plane.people import sign_ins_repository
from control_plane.people.browsers import Browsers
from control_plane.people.email_domains import domain_of
from control_plane.people.session_terms import Client
from control_plane.people.sessions import NewSession, Sessions
from control_plane.people.single_sign_on import providers_repository
from control_plane.people.single_sign_on.admission import admit
from control_plane.people.single_sign_on.errors import SignInFailed
from control_plane.people.single_sign_on.failure_trace import FailureTrace
from control_plane.people.single_sign_on.models import Attempt, IdentityProvider
from control_plane.people.single_sign_on.protocol import Protocol
from control_plane.people.single_sign_on.providers_service import Providers


class SignIns:
    """What the endpoints of single sign-on do."""

    def __init__(
        self,
        *,
        database: Database,
        providers: Providers,
        protocol: Protocol,
        sessions: Sessions,
        browsers: Browsers,
        trace: FailureTrace,
    ) -> None:
        self._database = database
        self._providers = providers
        self._protocol = protocol
        self._sessions = sessions
        self._trace = trace
        self.browsers = browsers

    async def provider(self, email: str | None, organization: str | None) -> IdentityProvider:
        """Raises `SignInFailed` where there is none."""
        if any("\x00" in (each or "") for each in (email, organization)):
            raise SignInFailed("no_provider")
        async with self._database.accounts() as connection:
            found = None
            if email:
                found = await providers_repository.for_domain(connection, domain_of(email))
            elif organization:
                found = await providers_repository.for_organization(connection, organization)
        if found is None:
            raise SignInFailed("no_provider")
        return found

    async def provider_of(self, attempt: Attempt) -> IdentityProvider:
        """Raises `SignInFailed` when it is gone by now."""
        async with self._database.accounts() as connection:
            found = await providers_repository.enabled(connection, attempt.provider_id)
        if found is None:
            raise SignInFailed("no_provider")
        return found

    async def begin(
        self, provider: IdentityProvider, *, redirect_uri: str, target: str, hint: str | None
    ) -> tuple[str, Attempt]:
        """Where the browser goes, and what it keeps. Raises `SignInFailed`."""
        return await self._protocol.begin(provider, redirect_uri=redirect_uri, target=target, hint=hint)

    async def finish(
        self, provider: IdentityProvider, attempt: Attempt, answer: Mapping[str, str], client: Client
    ) -> NewSession:
        """The session of whom the provider says it is. Raises `SignInFailed`."""
        try:
            secret = self._providers.secret_of(provider)
        except CannotOpen as error:
            raise SignInFailed("provider_unreachable", f"its client secret can't be read: {error}") from error
        identity = await self._protocol.finish(provider, secret, attempt, answer)
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            await tx.enter([provider.organization_id])
            user_id = await admit(tx, self._providers.quotas, provider, identity)
            person = await repository.find_actor(tx, user_id)
            assert person is not None  # noqa: S101 - people are never deleted
            count = await sign_ins_repository.note(tx, user_id, client.network)
            for organization_id in await repository.organization_ids(tx, user_id) if count else ():
                change = Change(
                    organization_id=organization_id,
                    project_id=None,
                    entity="user",
                    entity_key=person["email"],
                    action="sign_in",
                    actor=Actor(kind="user", id=user_id, name=person["email"]),
                    after={"sign_ins": count, "identity_provider": str(provider.id)},
                )
                await record(tx, change)
            return await self._sessions.begin(tx, user_id, client, with_token=False)

    def failed(self, provider: IdentityProvider | None, error: SignInFailed) -> None:
        """For the audit log of the organization, if there is one to tell."""
        if provider is not None:
            self._trace.failed(provider, error)
