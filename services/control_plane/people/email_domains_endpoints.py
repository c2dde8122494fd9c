"""The e-mail domains that an organization speaks for."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page
from service_kit.problems import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import in_organization
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.people import email_domains_service as service
from control_plane.people.domain_records import TextRecords
from control_plane.people.email_domain_schemas import EmailDomainCreate, EmailDomainView
from control_plane.people.email_domains_service import RECORD_PREFIX, email_domain_view
from control_plane.quotas import Quotas

_PATH = "/organizations/{organization}/email-domains"
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(
    *, authenticator: Authenticator, database: Database, quotas: Quotas, text_records: TextRecords
) -> APIRouter:
    router = api_router("single sign-on", authenticator.actor)

    @router.get(_PATH, responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput))
    async def list_email_domains(
        organization: str, actor: Actor = Depends(authenticator.actor)
    ) -> Page[EmailDomainView]:
        """All of them, with the record that verifies each."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            rows = await service.listing(tx, scope)
        return Page(items=[email_domain_view(row) for row in rows])

    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def add_email_domain(
        organization: str, body: EmailDomainCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> EmailDomainView:
        """Names a domain. Nothing follows from it before it is verified."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            row = await service.add(tx, quotas, actor, scope, body.domain)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/email-domains/{row['domain']}"
        return email_domain_view(row)

    @router.post(
        _PATH + "/{domain}/verify",
        responses=problem_responses(Unauthorized, Forbidden, NotFound, Conflict, Unavailable, InvalidInput),
    )
    async def verify_email_domain(
        organization: str, domain: str, actor: Actor = Depends(authenticator.actor)
    ) -> EmailDomainView:
        """The domain is the organization's when its TXT record says so (409 `record_missing`), or at once for an
        administrator of the installation. It is one organization's at a time (409 `domain_taken`)."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            row = await service.found(tx, scope, domain)
        vouched = actor.is_administrator
        records = None if vouched else await text_records(f"{RECORD_PREFIX}.{row['domain']}")
        async with database.transaction() as tx:
            return email_domain_view(await service.verify(tx, actor, scope, row["domain"], records))

    @router.delete(_PATH + "/{domain}", status_code=204, responses=_WRITE)
    async def remove_email_domain(organization: str, domain: str, actor: Actor = Depends(authenticator.actor)) -> None:
        """Who has come in by it stays. 409 `in_use` while an identity provider signs its people in."""
        async with in_organization(database, actor, organization, Right.IDENTITY_PROVIDER_MANAGE) as (
            tx,
            scope,
        ):
            await service.remove(tx, actor, scope, domain)

    return router
