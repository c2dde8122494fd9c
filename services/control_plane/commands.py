"""What the control plane's command line does and ends: migrate, password-reset, rotate-keys, quotas, verify-audit …"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from service_kit.clock import SystemClock
from service_kit.logs import get_logger
from service_kit.problems import Problem
from service_kit.token_keys import SharedSecret
from service_kit.tokens import TokenIssuer
from streams import BusError
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from control_plane.audit import verify_command
from control_plane.composition import access_of, courier_of, operators_database, signing_keys_of
from control_plane.database import DRIVER_ERRORS, Connection, Database, MigrationError
from control_plane.diagnosis import Installation, restore_check
from control_plane.diagnosis import command as doctor
from control_plane.people.login_limit import LoginLimit
from control_plane.people.password_resets_service import PasswordResets
from control_plane.people.sign_in_trace import SignInTrace
from control_plane.people.signing_keys import SigningKeyRing
from control_plane.publishing import recover_command
from control_plane.publishing.recovery import Recovery, RecoveryRefused
from control_plane.quotas import set_overrides
from control_plane.settings import Settings

_BUS_SECONDS = 10.0
_DATABASE_SECONDS = 10.0
_ASKING_SECONDS = 3.0
_MIGRATION_SECONDS = 30.0
_log = get_logger("main")


async def reset_password(settings: Settings, email: str) -> None:
    """Prints a link, for whoever runs the server: of an account that no administrator may be shown a link of.

    Raises SystemExit with the reason.
    """
    clock = SystemClock()
    database = operators_database(settings, clock)
    access = access_of(
        settings,
        database=database,
        issuer=TokenIssuer(SharedSecret(settings.auth_jwt_secret), clock),
        trace=SignInTrace(database, clock),
        limit=LoginLimit(clock),
    )
    try:
        await database.open()
        resets = PasswordResets(database=database, access=access, courier=courier_of(settings))
        link = await resets.make(email, settings.public_url or f"http://{settings.host}:{settings.port}")
    finally:
        await database.close()
    if link is None:
        raise SystemExit("there is no account with this address")
    sys.stdout.write(f"{link}\n")


async def rotate_keys(settings: Settings, *, at_once: bool) -> None:
    """Prints the name of the key that signs next. Raises SystemExit with the reason."""
    clock = SystemClock()
    database = operators_database(settings, clock)
    keys = signing_keys_of(settings, database, clock)
    if not isinstance(keys, SigningKeyRing):
        raise SystemExit("FF_AUTH_KEYS=secret: there are no keys to rotate; set another FF_AUTH_JWT_SECRET instead")
    try:
        await database.open()
        name = await keys.rotate(at_once=at_once)
    finally:
        await database.close()
    print(name)


async def migrate_database(settings: Settings) -> None:
    """Applies what is missing. Raises SystemExit with the reason."""
    database = operators_database(settings, SystemClock())
    try:
        applied = await database.migrate(wait_seconds=_MIGRATION_SECONDS)
    except MigrationError as error:
        raise SystemExit(str(error)) from None
    finally:
        await database.close()
    _log.info("migrated", applied=applied)


async def set_quotas(settings: Settings, organization: str, limits: list[str]) -> None:
    """Prints the limits of one organization, after the given ones were set. Raises SystemExit with the reason."""
    database = operators_database(settings, SystemClock())
    try:
        await database.open()
        async with database.transaction() as tx:
            told = await set_overrides(tx, organization, given=limits, limits=settings.quotas)
    except (LookupError, ValueError) as error:
        raise SystemExit(str(error)) from None
    finally:
        await database.close()
    print("\n".join(told))


async def verify_audit(settings: Settings, arguments: argparse.Namespace) -> int:
    """Prints what it finds; answers what the process ends with."""
    database = operators_database(settings, SystemClock())
    try:
        await database.open(_DATABASE_SECONDS)
        report = await verify_command.run(arguments, partial(database.transaction, "repeatable_read"))
    except (verify_command.Unusable, OSError, Problem) as error:
        away = isinstance(error, OSError)
        sys.stderr.write(f"{'the database cannot be reached at FF_DATABASE_URL' if away else error}\n")
        return verify_command.UNKNOWN
    finally:
        await database.close()
    print("\n".join(report.lines))
    return report.status


async def diagnose(settings: Settings, arguments: argparse.Namespace) -> int:
    """Prints what it finds; answers what the process ends with."""
    async with _asked(settings) as installation:
        text, status = await doctor.run(arguments, installation)
    print(text)
    return status


async def check_restored(settings: Settings, arguments: argparse.Namespace) -> int:
    """Prints what it finds; answers what the process ends with."""
    async with _asked(settings) as installation:
        keys = signing_keys_of(settings, installation.database, installation.clock)

        async def unopened(tx: Connection) -> list[str]:
            if not isinstance(keys, SigningKeyRing):
                return []
            await keys.load(tx)
            return keys.unopened

        text, status = await restore_check.run(arguments, installation, unopened)
    print(text)
    return status


@asynccontextmanager
async def _asked(settings: Settings) -> AsyncIterator[Installation]:
    """Whoever isn't there is found by who asks."""
    clock = SystemClock()
    database = operators_database(settings, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="control-plane-command")
    bus.start()
    try:
        await asyncio.gather(_opened(database), bus.first_connection(_ASKING_SECONDS))
        yield Installation(
            database=database,
            bus=bus,
            connection=BusConnection.of(settings),
            redis=settings,
            clock=clock,
            replicas=settings.nats_replicas,
            key_days=settings.auth_key_days,
        )
    finally:
        await bus.close()
        await database.close()


async def _opened(database: Database) -> None:
    with suppress(*DRIVER_ERRORS):
        await database.open(_ASKING_SECONDS)


async def recover(settings: Settings, arguments: argparse.Namespace) -> None:
    """Compares or decides, as the arguments say, and prints. Raises SystemExit with the reason."""
    clock = SystemClock()
    database = operators_database(settings, clock)
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
