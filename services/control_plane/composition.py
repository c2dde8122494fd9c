"""The control plane put together: the processes that serve the API and that publish."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from messages.subjects import acts_stream, verdicts_stream
from prometheus_client import CollectorRegistry
from service_kit.actor_limits import ActorLimits
from service_kit.background import Background
from service_kit.clock import Clock, SystemClock
from service_kit.companions import Companion
from service_kit.cors import CorsPolicy, allow_browsers
from service_kit.cors import Pages as CallingPages
from service_kit.deadlines import RequestDeadlines
from service_kit.http import Lifespan, Shell
from service_kit.mail import SmtpMailer, SmtpServer
from service_kit.outbound import OutboundGuard
from service_kit.problems import Unavailable
from service_kit.reasons import REASON_HEADER
from service_kit.sealing import Sealer
from service_kit.shared_limits import JOIN_SECONDS, SharedLimits, redis_at
from service_kit.telemetry import new_registry
from service_kit.token_keys import SharedSecret
from service_kit.tokens import AccessTokens, TokenIssuer
from service_kit.trace_export import begin_tracing
from service_kit.typed_app import create_app
from service_kit.workers.worker import Worker
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from control_plane.access import Authenticator
from control_plane.acts.intake import ActIntake
from control_plane.acts.telemetry import ActTelemetry
from control_plane.app import Pages, Parts, create_control_plane, rollouts_of
from control_plane.audit.heads import SignedHeads
from control_plane.database import (
    ACCOUNTS,
    OPERATOR_CONNECTIONS,
    STATUS_CONNECTIONS,
    WEBHOOK_CONNECTIONS,
    Connection,
    Connections,
    Database,
    migrate,
    request_connections,
    require_migrations,
)
from control_plane.entities.bypass import BYPASS_HEADER
from control_plane.fleet.listener import FleetListener
from control_plane.fleet.memory import Fleet
from control_plane.fleet.telemetry import FleetTelemetry
from control_plane.fleet.waits import PropagationWaits
from control_plane.lifecycles.evidence import FlagUseByBus
from control_plane.overrides.models import OverrideLimits
from control_plane.people.browsers import CSRF_HEADER, Browsers
from control_plane.people.courier import Courier
from control_plane.people.identification import Identification
from control_plane.people.login_limit import LoginLimit
from control_plane.people.passwords import Passwords
from control_plane.people.service import Access
from control_plane.people.session_terms import SessionTerms
from control_plane.people.sessions import Sessions
from control_plane.people.sign_in_trace import SignInTrace
from control_plane.people.signing_keys import KeyTerms, SigningKeyRing, withdraw_keys
from control_plane.people.single_sign_on.parts import Surroundings, single_sign_on
from control_plane.previews.impacts import ImpactsByBus
from control_plane.publishing.status import PublishingStatus
from control_plane.publishing.telemetry import PublishingTelemetry
from control_plane.quotas import Quotas, QuotaTelemetry
from control_plane.relay_work import RelayWork
from control_plane.rollouts.automation import RolloutAutomation
from control_plane.schedule_work import ScheduleWork
from control_plane.settings import Settings
from control_plane.ui.build import read_build
from control_plane.ui.csp_reports import CspReports
from control_plane.ui.policy import PagePolicy
from control_plane.ui.telemetry import PageTelemetry
from control_plane.verdicts.intake import VerdictIntake
from control_plane.verdicts.telemetry import VerdictTelemetry
from control_plane.webhooks.delivery import Deliverer
from control_plane.webhooks.receiver import Receivers
from control_plane.webhooks.service import Webhooks
from control_plane.webhooks.telemetry import WebhookTelemetry
from control_plane.webhooks.worker import WebhookWorker

BROWSER_ACCESS = CorsPolicy(
    methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
    headers=(
        "Authorization",
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "Prefer",
        REASON_HEADER,
        BYPASS_HEADER,
        CSRF_HEADER,
    ),
    exposed=("ETag", "Location", "Preference-Applied", "Retry-After", "X-Request-Id"),
    setting="FF_CORS_ORIGINS",
    cookies=True,
)
_TRACE_SECONDS = 1.0
_SWEEP_SECONDS = 3600.0
_HEADS_SECONDS = 60.0
"""How often it is looked which heads an hour has gone by for."""
_KEYS_SECONDS = 30.0
_COLLECTOR_THRESHOLDS = (20_000, 20, 20)
"""A list of 200 makes thousands of objects and no cycles."""


@dataclass(frozen=True, slots=True)
class Api:
    """What is served. `closing` ends what waits, when the process stops."""

    app: FastAPI
    closing: Callable[[], None]


def _quiet_collector() -> None:
    """What the app is made of stays; looking through it again and again would halt everybody for 100 ms each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)


def build_api(settings: Settings, worker: Worker | None = None) -> Api:
    """The API; it connects when its app starts. Of several workers the first does what one is enough for."""
    worker = worker or Worker()
    clock, registry = SystemClock(), new_registry()
    begin_tracing("control-plane", registry)
    database = database_of(settings, clock, worker)
    background = Background(registry, clock)
    keys = signing_keys_of(settings, database, clock)
    ring = keys if isinstance(keys, SigningKeyRing) else None
    browsers = Browsers(settings.public_url, settings.cors_origins)
    limits = ActorLimits(settings.actor_rates, clock, worker.rates)
    redis = redis_at(settings)
    trace = SignInTrace(database, clock)
    access = access_of(
        settings,
        database=database,
        issuer=TokenIssuer(keys, clock),
        trace=trace,
        limit=LoginLimit(clock, counts=worker.rates),
    )
    relay = relay_companion(registry) if settings.relay_enabled and worker.is_first else None
    status = _status(settings, clock, PublishingTelemetry(registry))
    intake = _act_intake(settings, database=database, clock=clock, registry=registry)
    heard = FleetTelemetry(registry)
    fleet = Fleet(clock, heard)
    waits = PropagationWaits(fleet, heard, most=worker.part(settings.propagation_waits_max))
    asking = JetStreamBus(BusConnection.of(settings), name="control-plane-requests")
    listener = FleetListener(fleet, lambda: JetStreamBus(BusConnection.of(settings), name="control-plane-fleet"))
    sealer = Sealer.of(settings.sealing_keys, settings.auth_jwt_secret)
    heads = SignedHeads(database, sealer)
    webhooks = webhooks_of(settings)
    webhook_work = _webhook_work(settings, webhooks=webhooks, clock=clock, registry=registry)

    quotas = Quotas(
        limits=settings.quotas, reserve=settings.config_reserve_percent / 100, telemetry=QuotaTelemetry(registry)
    )
    identity_providers = single_sign_on(
        Surroundings(
            database=database,
            sessions=access.sessions,
            browsers=browsers,
            quotas=quotas,
            sealer=sealer,
            guard=OutboundGuard(settings.outbound_allow),
            clock=clock,
        ),
        public_url=settings.public_url,
    )

    async def end() -> None:
        await asking.close()
        await trace.write_all()
        await identity_providers.trace.write_all()

    async def prepare(connection: Connection) -> None:
        await _migrated(connection, settings)
        await (withdraw_keys(connection) if ring is None else ring.prepare(connection))
        if settings.admin_email:
            password = settings.admin_password.get_secret_value()
            async with connection.transaction(tenancy=ACCOUNTS):
                await access.ensure_administrator(connection, settings.admin_email, password)

    def opened() -> None:
        _quiet_collector()
        background.every("sign-in-trace", trace.write, seconds=_TRACE_SECONDS)
        if ring is not None:
            background.every("signing-keys", ring.keep, seconds=_KEYS_SECONDS)
        background.every("failure-trace", identity_providers.trace.write, seconds=_TRACE_SECONDS)
        if redis is not None:
            shared = SharedLimits("control-plane", redis, limits.all)
            background.every("shared-limits", shared.join, seconds=JOIN_SECONDS)
        asking.start()
        listener.begin(background)
        background.keep("publishing_status", status.keep_looking)
        if not worker.is_first:
            return
        background.every("sessions", access.sessions.sweep, seconds=_SWEEP_SECONDS)
        background.every("audit-heads", heads.sign_due, seconds=_HEADS_SECONDS)
        background.keep("acts", intake)
        background.keep("verdicts", verdict_intake)
        background.keep("webhooks", webhook_work)
        if schedule is not None:
            background.keep("schedule", schedule.run)
        if relay is not None:
            background.keep("relay", relay.run)

    verdict_intake = _verdict_intake(settings, database=database, clock=clock, quotas=quotas, registry=registry)
    scheduling = settings.schedule_enabled and worker.is_first
    schedule = ScheduleWork(settings, clock, registry, quotas=quotas) if scheduling else None
    app = create_control_plane(
        Parts(
            database=database,
            authenticator=Authenticator(
                Identification(
                    database=database,
                    tokens=AccessTokens(keys, clock),
                    sessions=access.sessions,
                    browsers=browsers,
                    keys=ring,
                    limits=limits,
                ).identify
            ),
            access=access,
            browsers=browsers,
            limits=limits,
            published_keys=ring.published if ring else list,
            courier=courier_of(settings),
            single_sign_on=identity_providers,
            quotas=quotas,
            fleet=fleet,
            waits=waits,
            csp_reports=CspReports(PageTelemetry(registry), clock, worker.rates),
            pages=_pages(settings),
            heads=heads,
            webhooks=webhooks,
            event_age_days_max=settings.events_age_days_max,
            override_limits=OverrideLimits(
                per_flag=settings.overrides_per_flag_max,
                per_unit=settings.overrides_per_unit_max,
                days_max=settings.override_days_max,
            ),
            impacts=ImpactsByBus(asking),
            flag_use=FlagUseByBus(asking, clock),
            rollouts_max=settings.rollouts_max,
            segment_upload_bytes_max=settings.segment_upload_bytes_max,
        ),
        Shell(
            registry=registry,
            background=background,
            lifespan=_beside(background=background, database=database, prepare=prepare, opened=opened, ending=end),
            body_limit_bytes=settings.body_limit_bytes,
            worker=worker,
            # What is served goes on; so a pod is not taken away for it.
            warnings={
                "publishing": status.check,
                "tenants": database.check_tenants,
                **({"relay": relay.check} if relay is not None else {}),
            },
        ),
    )
    app.add_middleware(RequestDeadlines, seconds=settings.request_seconds)
    allow_browsers(app, CallingPages(settings.cors_origins, BROWSER_ACCESS))
    return Api(app, waits.close)


def _pages(settings: Settings) -> Pages | None:
    if not settings.ui:
        return None
    return Pages(build=read_build(settings.ui_folder), policy=PagePolicy(settings.hsts_seconds))


def build_relay(settings: Settings) -> FastAPI:
    """A relay with nothing but health and metrics around it."""
    clock, registry = SystemClock(), new_registry()
    begin_tracing("relay", registry)
    database = database_of(settings, clock)
    background = Background(registry, clock)
    relay = RelayWork(settings, clock, registry)
    status = _status(settings, clock, PublishingTelemetry(registry))

    def opened() -> None:
        background.keep("publishing_status", status.keep_looking)
        relay.begin(background)

    prepare = partial(_migrated, settings=settings)
    lifespan = _beside(background=background, database=database, prepare=prepare, opened=opened)
    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    return create_app("Verdict relay", shell, checks={"database": database.check, "publishing": status.check})


def build_schedule(settings: Settings) -> FastAPI:
    """A scheduler with nothing but health and metrics around it."""
    clock, registry = SystemClock(), new_registry()
    begin_tracing("scheduler", registry)
    database = database_of(settings, clock)
    background = Background(registry, clock)
    schedule = ScheduleWork(settings, clock, registry)
    lifespan = _beside(
        background=background,
        database=database,
        prepare=partial(_migrated, settings=settings),
        opened=lambda: schedule.begin(background),
    )
    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    return create_app("Verdict scheduler", shell, checks={"database": database.check})


def relay_companion(registry: CollectorRegistry) -> Companion:
    """The relay as a process beside this one; its metrics are told among those of `registry`."""
    relay = Companion("relay", "control_plane.relay_process")
    registry.register(relay)
    return relay


def access_of(
    settings: Settings, *, database: Database, issuer: TokenIssuer, trace: SignInTrace, limit: LoginLimit
) -> Access:
    """Who people are."""
    terms = SessionTerms(
        idle=timedelta(hours=settings.auth_session_idle_hours),
        absolute=timedelta(days=settings.auth_session_days),
        token=timedelta(minutes=settings.auth_token_minutes),
    )
    return Access(
        database=database,
        sessions=Sessions(database, issuer, terms),
        passwords=Passwords(),
        limit=limit,
        trace=trace,
    )


def signing_keys_of(settings: Settings, database: Database, clock: Clock) -> SigningKeyRing | SharedSecret:
    """What access tokens are signed with."""
    if settings.auth_keys == "secret":
        return SharedSecret(settings.auth_jwt_secret)
    sealer = Sealer.of(settings.sealing_keys, settings.auth_jwt_secret)
    terms = KeyTerms(age=timedelta(days=settings.auth_key_days), token=timedelta(minutes=settings.auth_token_minutes))
    return SigningKeyRing(database, clock, sealer=sealer, terms=terms)


def courier_of(settings: Settings) -> Courier:
    """Mail where it is set, else links for administrators."""
    url = settings.smtp_url.get_secret_value()
    mailer = SmtpMailer(SmtpServer.at(url), settings.mail_from) if url else None
    return Courier(mailer, settings.public_url)


def webhooks_of(settings: Settings) -> Webhooks:
    """Where they may lead, and what their secrets are sealed with."""
    sealer = Sealer.of(settings.sealing_keys, settings.auth_jwt_secret)
    return Webhooks(OutboundGuard(settings.outbound_allow), sealer)


def database_of(settings: Settings, clock: Clock, worker: Worker | None = None) -> Database:
    """With connections for requests, or a worker's part of them."""
    size = settings.database_pool_size
    return _database_with(settings, clock, request_connections(max(2, worker.part(size)) if worker else size))


def operators_database(settings: Settings, clock: Clock) -> Database:
    """For whoever runs the server: it reaches all rows."""
    return _database_with(settings, clock, OPERATOR_CONNECTIONS)


def _database_with(settings: Settings, clock: Clock, connections: Connections) -> Database:
    return Database(settings.database_url.get_secret_value(), clock, connections)


def _beside(
    *,
    background: Background,
    database: Database,
    prepare: Callable[[Connection], Awaitable[None]],
    opened: Callable[[], None],
    ending: Callable[[], Awaitable[None]] | None = None,
) -> Lifespan:
    """Opens the database while requests are served, so that health answers and a signal is heard however long it is
    away; then calls `opened`."""

    async def open_database() -> None:
        await database.keep_opening(prepare)
        opened()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background.once("database", open_database, essential=True)
        try:
            yield
        finally:
            await background.stop()
            if ending is not None:
                with contextlib.suppress(Unavailable):
                    await ending()
            await database.close()

    return lifespan


async def _migrated(connection: Connection, settings: Settings) -> None:
    if settings.migrate_on_start:
        await migrate(connection)
    else:
        await require_migrations(connection)


def _status(settings: Settings, clock: Clock, telemetry: PublishingTelemetry) -> PublishingStatus:
    return PublishingStatus(_database_with(settings, clock, STATUS_CONNECTIONS), clock, telemetry)


def _webhook_work(
    settings: Settings, *, webhooks: Webhooks, clock: Clock, registry: CollectorRegistry
) -> Callable[[], Awaitable[None]]:
    telemetry = WebhookTelemetry(registry)

    async def work() -> None:
        database = _database_with(settings, clock, WEBHOOK_CONNECTIONS)
        receivers = Receivers(webhooks.guard, clock)
        try:
            await database.open()
            deliverer = Deliverer(database=database, webhooks=webhooks, receivers=receivers, telemetry=telemetry)
            await WebhookWorker(
                database=database,
                deliverer=deliverer,
                telemetry=telemetry,
                at_once=settings.webhook_attempts_at_once,
                days_kept=settings.webhook_days_kept,
            ).run()
        finally:
            await receivers.close()
            await database.close()

    return work


def _act_intake(
    settings: Settings, *, database: Database, clock: Clock, registry: CollectorRegistry
) -> Callable[[], Awaitable[None]]:
    telemetry = ActTelemetry(registry)
    stream = acts_stream(
        max_bytes=settings.acts_max_bytes,
        replicas=settings.nats_replicas,
        given=settings.given(max_bytes="acts_max_bytes", replicas="nats_replicas"),
    )

    async def intake() -> None:
        bus = JetStreamBus(BusConnection.of(settings), name="control-plane-acts")
        bus.start()
        try:
            await ActIntake(database=database, bus=bus, stream=stream, clock=clock, telemetry=telemetry).run()
        finally:
            await bus.close()

    return intake


def _verdict_intake(
    settings: Settings, *, database: Database, clock: Clock, quotas: Quotas, registry: CollectorRegistry
) -> Callable[[], Awaitable[None]]:
    telemetry = VerdictTelemetry(registry)
    stream = verdicts_stream(replicas=settings.nats_replicas, given=settings.given(replicas="nats_replicas"))
    rollouts = RolloutAutomation(rollouts_of(quotas))

    async def intake() -> None:
        bus = JetStreamBus(BusConnection.of(settings), name="control-plane-verdicts")
        bus.start()
        try:
            await VerdictIntake(
                database=database, bus=bus, stream=stream, clock=clock, rollouts=rollouts, telemetry=telemetry
            ).run()
        finally:
            await bus.close()

    return intake
