"""The control plane's composition root: `control_plane serve | relay | migrate | recover | password-reset`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from fastapi import FastAPI
from messages.subjects import CONFIG, acts_stream, config_stream
from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.bus_watch import BusWatch
from service_kit.clock import Clock, SystemClock
from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.deadlines import RequestDeadlines
from service_kit.http import Lifespan, Shell, create_app
from service_kit.logs import configure_logging, get_logger
from service_kit.mail import SmtpMailer, SmtpServer
from service_kit.problems import Problem, Unavailable
from service_kit.serving import serve
from service_kit.settings import load_settings, wrong_settings
from service_kit.telemetry import new_registry
from service_kit.tokens import AccessTokens
from streams import BusError
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from control_plane.access import Authenticator
from control_plane.access.courier import Courier
from control_plane.access.login_limit import LoginLimit
from control_plane.access.password_resets_service import PasswordResets
from control_plane.access.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, Passwords
from control_plane.access.service import Access
from control_plane.access.sign_in_trace import SignInTrace
from control_plane.acts.intake import ActIntake
from control_plane.acts.telemetry import ActTelemetry
from control_plane.app import Parts, create_control_plane
from control_plane.database import (
    RELAY_CONNECTIONS,
    STATUS_CONNECTIONS,
    Connection,
    Connections,
    Database,
    MigrationError,
    migrate,
)
from control_plane.publishing import recover_command
from control_plane.publishing.recovery import Recovery, RecoveryRefused
from control_plane.publishing.relay import Relay
from control_plane.publishing.status import PublishingStatus
from control_plane.publishing.telemetry import RelayTelemetry
from control_plane.quotas import Quotas, QuotaTelemetry, set_overrides
from control_plane.settings import Settings

BROWSER_ACCESS = CorsPolicy(
    methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
    headers=("Authorization", "Content-Type", "If-Match", "If-None-Match"),
    exposed=("ETag", "Location", "Retry-After", "X-Request-Id"),
    setting="FF_CORS_ORIGINS",
)
_TRACE_SECONDS = 1.0
_BUS_SECONDS = 10.0
_log = get_logger("main")


def main() -> None:
    parser = argparse.ArgumentParser(prog="control_plane", description="Verdict's control plane")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="the API, and a relay unless FF_RELAY_ENABLED is false")
    commands.add_parser("relay", help="a relay alone, with health and metrics on FF_PORT")
    commands.add_parser("migrate", help="apply missing migrations and end")
    reset = commands.add_parser("password-reset", help="print a one-time link with which somebody chooses a password")
    reset.add_argument("email")
    quotas = commands.add_parser("quotas", help="show or set the limits of one organization")
    quotas.add_argument("organization", help="its key or id")
    quotas.add_argument("limits", nargs="*", help="such as flags=1000, or flags=default for the installation's")
    recover_command.add_arguments(
        commands.add_parser("recover", help="compare a restored database with the stream, and decide between them")
    )
    options = parser.parse_args()
    command = options.command
    settings = load_settings(Settings)
    _check_administrator(settings)
    configure_logging("control_plane", settings.log_level)
    if command == "migrate":
        asyncio.run(_migrate(settings))
    elif command == "password-reset":
        asyncio.run(_password_reset(settings, options.email))
    elif command == "quotas":
        asyncio.run(_quotas(settings, options.organization, options.limits))
    elif command == "recover":
        asyncio.run(_recover(settings, options))
    else:
        app = build_api(settings) if command == "serve" else build_relay(settings)
        serve(app, settings)


def _check_administrator(settings: Settings) -> None:
    length = len(settings.admin_password.get_secret_value())
    if length and not PASSWORD_LENGTH_MIN <= length <= PASSWORD_LENGTH_MAX:
        raise wrong_settings(f"FF_ADMIN_PASSWORD has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")


def build_api(settings: Settings) -> FastAPI:
    """The API's app; it connects when it starts."""
    clock, registry = SystemClock(), new_registry()
    database = _database(settings, clock)
    background = Background(registry, clock)
    tokens = AccessTokens(settings.auth_jwt_secret, clock)
    trace = SignInTrace(database, clock)
    access = _access(settings, database=database, tokens=tokens, trace=trace, clock=clock)
    telemetry = RelayTelemetry(registry)
    relay = _RelayWork(settings, clock=clock, telemetry=telemetry, registry=registry)
    status = _status(settings, clock, telemetry)
    intake = _act_intake(settings, database=database, clock=clock, registry=registry)

    async def prepare(connection: Connection) -> None:
        await _migrated(connection, settings)
        if settings.admin_email:
            password = settings.admin_password.get_secret_value()
            await access.ensure_administrator(connection, settings.admin_email, password)

    def opened() -> None:
        background.every("sign-in-trace", trace.write, seconds=_TRACE_SECONDS)
        background.keep("acts", intake)
        background.keep("publishing_status", status.keep_looking)
        if settings.relay_enabled:
            relay.begin(background)

    quotas = Quotas(
        limits=settings.quotas, reserve=settings.config_reserve_percent / 100, telemetry=QuotaTelemetry(registry)
    )
    app = create_control_plane(
        Parts(
            database=database,
            authenticator=Authenticator(database, tokens),
            access=access,
            courier=_courier(settings),
            quotas=quotas,
        ),
        Shell(
            registry=registry,
            background=background,
            lifespan=_beside(
                background=background, database=database, prepare=prepare, opened=opened, ending=trace.write_all
            ),
            body_limit_bytes=settings.body_limit_bytes,
            # What is served goes on; so a pod is not taken away for it.
            warnings={"publishing": status.check},
        ),
    )
    app.add_middleware(RequestDeadlines, seconds=settings.request_seconds)
    allow_browsers(app, Pages(settings.cors_origins, BROWSER_ACCESS))
    return app


def build_relay(settings: Settings) -> FastAPI:
    """A relay with nothing but health and metrics around it."""
    clock, registry = SystemClock(), new_registry()
    database = _database(settings, clock)
    background = Background(registry, clock)
    telemetry = RelayTelemetry(registry)
    relay = _RelayWork(settings, clock=clock, telemetry=telemetry, registry=registry)
    status = _status(settings, clock, telemetry)

    def opened() -> None:
        background.keep("publishing_status", status.keep_looking)
        relay.begin(background, essential=True)

    prepare = partial(_migrated, settings=settings)
    lifespan = _beside(background=background, database=database, prepare=prepare, opened=opened)
    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    return create_app("Verdict relay", shell, checks={"database": database.check, "publishing": status.check})


def _access(
    settings: Settings, *, database: Database, tokens: AccessTokens, trace: SignInTrace, clock: Clock
) -> Access:
    return Access(
        database=database,
        tokens=tokens,
        passwords=Passwords(),
        limit=LoginLimit(clock),
        trace=trace,
        token_lifetime_seconds=settings.auth_token_minutes * 60,
    )


def _courier(settings: Settings) -> Courier:
    url = settings.smtp_url.get_secret_value()
    mailer = SmtpMailer(SmtpServer.at(url), settings.mail_from) if url else None
    return Courier(mailer, settings.public_url)


def _database(settings: Settings, clock: Clock) -> Database:
    return _database_of(settings, clock, Connections(most=settings.database_pool_size))


def _database_of(settings: Settings, clock: Clock, connections: Connections) -> Database:
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


def _status(settings: Settings, clock: Clock, telemetry: RelayTelemetry) -> PublishingStatus:
    return PublishingStatus(_database_of(settings, clock, STATUS_CONNECTIONS), clock, telemetry)


class _RelayWork:
    """The relay with connections of its own: requests that use up the pool must not take the lease from it."""

    def __init__(
        self, settings: Settings, clock: Clock, telemetry: RelayTelemetry, registry: CollectorRegistry
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._telemetry = telemetry
        self._bus: JetStreamBus | None = None
        self._watch = BusWatch(
            registry,
            clock,
            connected=lambda: self._bus is not None and self._bus.connected,
            skew_seconds_max=settings.clock_skew_seconds_max,
        )

    def begin(self, background: Background, *, essential: bool = False) -> None:
        self._watch.begin(background, self._bus_time)
        background.keep("relay", self._run, essential=essential)

    async def _bus_time(self) -> int | None:
        return None if self._bus is None else await time_of(self._bus, CONFIG)

    async def _run(self) -> None:
        settings = self._settings
        stream = config_stream(
            max_bytes=settings.config_max_bytes,
            replicas=settings.nats_replicas,
            given=settings.given(max_bytes="config_max_bytes", replicas="nats_replicas"),
        )
        database = _database_of(settings, self._clock, RELAY_CONNECTIONS)
        bus = self._bus = JetStreamBus(BusConnection.of(settings), name="control-plane")
        bus.start()
        try:
            await database.open()
            await Relay(
                database=database,
                bus=bus,
                clock=self._clock,
                telemetry=self._telemetry,
                stream=stream,
                check_seconds=settings.relay_check_seconds,
            ).run()
        finally:
            await bus.close()
            await database.close()


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


async def _password_reset(settings: Settings, email: str) -> None:
    """For whoever runs the server: of an account that no administrator may be shown a link of."""
    clock = SystemClock()
    database = _database(settings, clock)
    access = _access(
        settings,
        database=database,
        tokens=AccessTokens(settings.auth_jwt_secret, clock),
        trace=SignInTrace(database, clock),
        clock=clock,
    )
    try:
        await database.open()
        resets = PasswordResets(database=database, access=access, courier=_courier(settings))
        link = await resets.make(email, settings.public_url or f"http://{settings.host}:{settings.port}")
    finally:
        await database.close()
    if link is None:
        raise SystemExit("there is no account with this address")
    sys.stdout.write(f"{link}\n")


async def _migrate(settings: Settings) -> None:
    database = _database(settings, SystemClock())
    try:
        await database.open()
        applied = await database.migrate()
    except MigrationError as error:
        raise SystemExit(str(error)) from None
    finally:
        await database.close()
    _log.info("migrated", applied=applied)


async def _quotas(settings: Settings, organization: str, limits: list[str]) -> None:
    database = _database(settings, SystemClock())
    try:
        await database.open()
        async with database.transaction() as tx:
            told = await set_overrides(tx, organization, given=limits, limits=settings.quotas)
    except (LookupError, ValueError) as error:
        raise SystemExit(str(error)) from None
    finally:
        await database.close()
    print("\n".join(told))


async def _recover(settings: Settings, arguments: argparse.Namespace) -> None:
    clock = SystemClock()
    database = _database(settings, clock)
    bus: JetStreamBus | None = None
    try:
        await database.open()
        async with asyncio.timeout(_BUS_SECONDS):
            bus = await JetStreamBus.connect(BusConnection.of(settings), name="control-plane-recover")
        told = await recover_command.run(arguments, Recovery(database=database, bus=bus, clock=clock))
    except TimeoutError:
        raise SystemExit("the bus can't be reached at FF_NATS_URL") from None
    except OSError:
        raise SystemExit("the database can't be reached at FF_DATABASE_URL") from None
    except (RecoveryRefused, BusError, Problem) as error:
        raise SystemExit(str(error)) from None
    finally:
        if bus is not None:
            await bus.close()
        await database.close()
    sys.stdout.write(f"{told}\n")


if __name__ == "__main__":
    main()
