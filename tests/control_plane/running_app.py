"""The control plane's app as the tests ask it, with an administrator who can sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from argon2 import PasswordHasher
from control_plane.access.authenticator import Authenticator
from control_plane.app import Parts, create_control_plane
from control_plane.audit.heads import SignedHeads
from control_plane.database import Database
from control_plane.fleet.memory import Fleet
from control_plane.fleet.telemetry import FleetTelemetry
from control_plane.fleet.waits import PropagationWaits
from control_plane.lifecycles.evidence import FlagUse, NoFlagUse
from control_plane.overrides.models import OverrideLimits
from control_plane.people.browsers import Browsers
from control_plane.people.courier import Courier
from control_plane.people.domain_records import TextRecords
from control_plane.people.identification import Identification
from control_plane.people.login_limit import LoginLimit
from control_plane.people.passwords import Passwords
from control_plane.people.service import Access
from control_plane.people.session_terms import SessionTerms
from control_plane.people.sessions import Sessions
from control_plane.people.sign_in_trace import SignInTrace
from control_plane.people.signing_keys import SigningKeyRing
from control_plane.people.single_sign_on.parts import Surroundings, single_sign_on
from control_plane.previews.impacts import Impacts, NoImpacts
from control_plane.quotas import Quota, Quotas, QuotaTelemetry
from control_plane.ui.csp_reports import CspReports
from control_plane.ui.telemetry import PageTelemetry
from control_plane.webhooks.service import Webhooks
from fastapi import FastAPI
from service_kit.actor_limits import ActorLimits
from service_kit.clock import Clock
from service_kit.http import Shell
from service_kit.outbound import OutboundGuard
from service_kit.sealing import Sealer
from service_kit.setting_values import Secret
from service_kit.telemetry import new_registry
from service_kit.token_keys import SharedSecret
from service_kit.tokens import AccessTokens, TokenIssuer

SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"
TERMS = SessionTerms(token=timedelta(hours=1))
"""An hour of tokens, so that a test of a day need not sign in again and again."""
ADMINISTRATOR = ("admin@example.com", "correct horse battery")


async def no_records(_: str) -> Sequence[str]:
    """A name server that knows nothing."""
    return ()


async def app_on(
    database: Database,
    clock: Clock,
    *,
    limits: Mapping[Quota, int] | None = None,
    courier: Courier | None = None,
    trace: SignInTrace | None = None,
    passwords: Passwords | None = None,
    fleet: Fleet | None = None,
    browsers: Browsers | None = None,
    ring: SigningKeyRing | None = None,
    guard: OutboundGuard | None = None,
    text_records: TextRecords | None = None,
    actor_limits: ActorLimits | None = None,
    override_limits: OverrideLimits | None = None,
    impacts: Impacts | None = None,
    flag_use: FlagUse | None = None,
) -> FastAPI:
    """The app on a migrated database. Its passwords are hashed as cheaply as possible, and nobody waits."""
    database = database.for_requests()
    keys = ring or SharedSecret(Secret(SECRET))
    browsers = browsers or Browsers()
    passwords = passwords or Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

    async def sleep(_: float) -> None:
        return

    access = Access(
        database=database,
        sessions=Sessions(database, TokenIssuer(keys, clock), TERMS),
        passwords=passwords,
        limit=LoginLimit(clock, sleep),
        trace=trace or SignInTrace(database, clock),
    )
    async with database.accounts() as connection:
        await access.ensure_administrator(connection, *ADMINISTRATOR)
    heard = FleetTelemetry(new_registry())
    fleet = fleet or Fleet(clock, heard)
    quotas = Quotas(limits or {}, 0.05, QuotaTelemetry(new_registry()))
    around = Surroundings(
        database=database,
        sessions=access.sessions,
        browsers=browsers,
        quotas=quotas,
        sealer=Sealer(SECRET),
        guard=guard or OutboundGuard(["127.0.0.1"]),
        clock=clock,
    )
    parts = Parts(
        database=database,
        authenticator=Authenticator(
            Identification(
                database=database,
                tokens=AccessTokens(keys, clock),
                sessions=access.sessions,
                browsers=browsers,
                keys=ring,
                limits=actor_limits,
            ).identify
        ),
        access=access,
        browsers=browsers,
        limits=actor_limits,
        published_keys=ring.published if ring else list,
        courier=courier or Courier(),
        single_sign_on=single_sign_on(around, records=text_records or no_records),
        quotas=quotas,
        fleet=fleet,
        waits=PropagationWaits(fleet, heard, most=8),
        csp_reports=CspReports(PageTelemetry(new_registry()), clock),
        heads=SignedHeads(database, Sealer(SECRET)),
        webhooks=Webhooks(guard or OutboundGuard(), Sealer(SECRET)),
        override_limits=override_limits or OverrideLimits(),
        impacts=impacts or NoImpacts(),
        flag_use=flag_use or NoFlagUse(),
    )
    app = create_control_plane(parts, Shell(registry=new_registry(), body_limit_bytes=2 * 1024 * 1024))
    app.state.failures = parts.single_sign_on.trace
    return app
