"""The control plane's composition root: `control_plane serve`, `control_plane relay`, `control_plane migrate`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import FastAPI
from messages.subjects import config_stream
from prometheus_client import CollectorRegistry
from service_kit.browsers import BrowserAccess, allow_browsers
from service_kit.clock import Clock, SystemClock
from service_kit.http import Lifespan, create_app
from service_kit.logs import configure_logging, get_logger
from service_kit.metrics import new_registry
from service_kit.serving import serve
from service_kit.settings import load_settings, wrong_settings
from service_kit.tokens import AccessTokens
from streams.jetstream import JetStreamBus

from control_plane.access import Authenticator
from control_plane.access.login_limit import LoginLimit
from control_plane.access.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, Passwords
from control_plane.access.service import Access
from control_plane.app import Parts, create_control_plane
from control_plane.database import Connection, Database, MigrationError, migrate
from control_plane.publishing.relay import Relay
from control_plane.publishing.relay_metrics import RelayMetrics
from control_plane.settings import Settings

BROWSER_ACCESS = BrowserAccess(
    methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
    headers=("Authorization", "Content-Type", "If-Match", "If-None-Match"),
    exposed=("ETag", "Location", "Retry-After", "X-Request-Id"),
)
_log = get_logger("main")


def main() -> None:
    parser = argparse.ArgumentParser(prog="control_plane", description="Verdict's control plane")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="the API, and a relay unless FF_RELAY_ENABLED is false")
    commands.add_parser("relay", help="a relay alone, with health and metrics on FF_PORT")
    commands.add_parser("migrate", help="apply missing migrations and end")
    command = parser.parse_args().command
    settings = load_settings(Settings)
    _check_administrator(settings)
    configure_logging("control_plane", settings.log_level)
    if command == "migrate":
        asyncio.run(_migrate(settings))
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
    tokens = AccessTokens(settings.auth_jwt_secret, clock)
    lifetime_seconds = settings.auth_token_minutes * 60
    access = Access(database, tokens, Passwords(), LoginLimit(clock), token_lifetime_seconds=lifetime_seconds)

    async def prepare(connection: Connection) -> None:
        await _migrated(connection, settings)
        if settings.admin_email:
            password = settings.admin_password.get_secret_value()
            await access.ensure_administrator(connection, settings.admin_email, password)

    async def work() -> None:
        await database.keep_opening(prepare)
        if settings.relay_enabled:
            await _relay(database, settings, registry)

    app = create_control_plane(
        Parts(database=database, authenticator=Authenticator(database, tokens), access=access),
        registry=registry,
        lifespan=_beside(work, database),
        body_limit_bytes=settings.body_limit_bytes,
    )
    allow_browsers(app, settings.cors_origins, BROWSER_ACCESS)
    return app


def build_relay(settings: Settings) -> FastAPI:
    """A relay with nothing but health and metrics around it."""
    registry = new_registry()
    database = _database(settings, SystemClock())

    async def work() -> None:
        await database.keep_opening(partial(_migrated, settings=settings))
        await _relay(database, settings, registry)

    lifespan = _beside(work, database)
    return create_app("Verdict relay", registry=registry, checks={"database": database.check}, lifespan=lifespan)


def _database(settings: Settings, clock: Clock) -> Database:
    return Database(settings.database_url.get_secret_value(), clock, pool_size=settings.database_pool_size)


def _beside(work: Callable[[], Coroutine[Any, Any, None]], database: Database) -> Lifespan:
    """Works while requests are served, so that health answers and a signal is heard however long a part is away."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        working = asyncio.create_task(work(), name="work")
        try:
            yield
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            await database.close()

    return lifespan


async def _migrated(connection: Connection, settings: Settings) -> None:
    if settings.migrate_on_start:
        await migrate(connection)


async def _relay(database: Database, settings: Settings, registry: CollectorRegistry) -> None:
    bus = await JetStreamBus.connect(settings.nats_url, name="control-plane", wait=False)
    stream = config_stream(max_bytes=settings.config_max_bytes, replicas=settings.nats_replicas)
    try:
        await Relay(database, bus, SystemClock(), RelayMetrics(registry), stream=stream).run()
    finally:
        await bus.close()


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


if __name__ == "__main__":
    main()
