"""The control plane's command line: `control_plane serve | relay | migrate | password-reset | …`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial

from service_kit.logs import configure_logging
from service_kit.serving import serve
from service_kit.settings import load_settings, wrong_settings
from service_kit.workers.supervisor import run_workers
from service_kit.workers.worker import Worker

from control_plane import commands
from control_plane.audit import verify_command
from control_plane.composition import build_api, build_relay, build_schedule
from control_plane.diagnosis import command as doctor
from control_plane.diagnosis import restore_check
from control_plane.people.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from control_plane.publishing import recover_command
from control_plane.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="control_plane", description="Verdict's control plane")
    subparsers = parser.add_subparsers(dest="command", required=True)
    subparsers.add_parser(
        "serve", help="the API, with a relay and a scheduler unless FF_RELAY_ENABLED or FF_SCHEDULE_ENABLED is false"
    )
    subparsers.add_parser("relay", help="a relay alone, with health and metrics on FF_PORT")
    subparsers.add_parser("schedule", help="a scheduler alone, with health and metrics on FF_PORT")
    subparsers.add_parser("migrate", help="apply missing migrations and end")
    reset = subparsers.add_parser("password-reset", help="print a one-time link with which somebody chooses a password")
    reset.add_argument("email")
    rotate = subparsers.add_parser("rotate-keys", help="make the next key that access tokens are signed with")
    rotate.add_argument(
        "--now", action="store_true", help="end what the keys before have signed, such as after a theft"
    )
    quotas = subparsers.add_parser("quotas", help="show or set the limits of one organization")
    quotas.add_argument("organization", help="its key or id")
    quotas.add_argument("limits", nargs="*", help="such as flags=1000, or flags=default for the installation's")
    recover_command.add_arguments(
        subparsers.add_parser("recover", help="compare a restored database with the stream, and decide between them")
    )
    doctor.add_arguments(
        subparsers.add_parser("doctor", help="ask every part of the installation, and say what is wrong and what to do")
    )
    restore_check.add_arguments(
        subparsers.add_parser("restore-check", help="after a restore: compare the stores with each other")
    )
    verify_command.add_arguments(
        subparsers.add_parser(
            "verify-audit", help="name the first entry of the audit log that is not as it was written"
        )
    )
    options = parser.parse_args()
    command = options.command
    settings = _settings(command)
    _check_administrator(settings)
    # Findings are all that they say.
    quiet = command in ("doctor", "restore-check")
    configure_logging("control_plane", "ERROR" if quiet else settings.log_level)
    if command == "migrate":
        asyncio.run(commands.migrate_database(settings))
    elif command == "password-reset":
        asyncio.run(commands.reset_password(settings, options.email))
    elif command == "rotate-keys":
        asyncio.run(commands.rotate_keys(settings, at_once=options.now))
    elif command == "quotas":
        asyncio.run(commands.set_quotas(settings, options.organization, options.limits))
    elif command == "verify-audit":
        sys.exit(asyncio.run(commands.verify_audit(settings, options)))
    elif command == "recover":
        asyncio.run(commands.recover(settings, options))
    elif command == "doctor":
        sys.exit(asyncio.run(commands.diagnose(settings, options)))
    elif command == "restore-check":
        sys.exit(asyncio.run(commands.check_restored(settings, options)))
    elif command == "relay":
        serve(build_relay(settings), settings)
    elif command == "schedule":
        serve(build_schedule(settings), settings)
    else:
        run_workers(settings.control_plane_workers, settings, partial(_serve, settings))


def _serve(settings: Settings, worker: Worker) -> None:
    api = build_api(settings, worker)
    serve(api.app, settings, worker=worker, closing=api.closing)


def _settings(command: str) -> Settings:
    try:
        return load_settings(Settings)
    except SystemExit as refused:
        if command != "verify-audit":
            raise
        # 1 would say that somebody tampered with the log.
        sys.stderr.write(f"{refused.code}\n")
        raise SystemExit(verify_command.UNKNOWN) from None


def _check_administrator(settings: Settings) -> None:
    length = len(settings.admin_password.get_secret_value())
    if length and not PASSWORD_LENGTH_MIN <= length <= PASSWORD_LENGTH_MAX:
        raise wrong_settings(f"FF_ADMIN_PASSWORD has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")


if __name__ == "__main__":
    main()
