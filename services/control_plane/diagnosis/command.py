"""`control_plane doctor`: asks every part of an installation, and says what is wrong and what to do."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from service_kit.clock import Clock
from service_kit.store_settings import RedisSettings
from streams import Bus
from streams.connection import BusConnection

from control_plane.database import Database
from control_plane.diagnosis import bus as bus_look
from control_plane.diagnosis import credentials, edges, limits, loading, processes, publishing, services
from control_plane.diagnosis import database as database_look
from control_plane.diagnosis.findings import Remedy
from control_plane.diagnosis.report import Looks, reported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--service",
        metavar="NAME=URL",
        action="append",
        default=[],
        type=_service,
        help="where a service tells its readiness, such as edge=http://edge:9090; may be repeated",
    )
    parser.add_argument(
        "--listen-seconds", type=float, default=edges.LISTEN_SECONDS, help="how long edges are listened to (5)"
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def _service(given: str) -> tuple[str, str]:
    name, _, address = given.partition("=")
    if not name or urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise argparse.ArgumentTypeError("NAME=URL, such as edge=http://edge:9090")
    return name, address


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is asked, and with what. `replicas`: the copies of streams that settings ask for. `key_days`: of a signing
    key."""

    database: Database
    bus: Bus
    connection: BusConnection
    redis: RedisSettings
    clock: Clock
    replicas: int
    key_days: int


async def run(arguments: argparse.Namespace, installation: Installation) -> tuple[str, int]:
    """What to print, and what the process ends with: 1 where something is faulty, else 0."""
    database, bus, clock = installation.database, installation.bus, installation.clock
    connection = installation.connection
    looks: Looks = {
        "PostgreSQL": (
            partial(database_look.look, database=database, clock=clock),
            Remedy("see FF_DATABASE_URL, and whether it runs", "VerdictDatabaseAway"),
        ),
        "NATS": (
            partial(bus_look.look, connection=connection, replicas=installation.replicas, clock=clock),
            Remedy("see FF_NATS_URL, its user and TLS, and whether it runs with JetStream", "VerdictBusAway"),
        ),
        "publishing": (
            partial(publishing.look, database=database, bus=bus, clock=clock),
            Remedy("first mend what is said of PostgreSQL and NATS"),
        ),
        "edges": (
            partial(edges.look, bus=bus, clock=clock, seconds=arguments.listen_seconds),
            Remedy("first mend what is said of NATS"),
        ),
        "processes": (
            partial(processes.look, bus=bus, clock=clock, seconds=arguments.listen_seconds),
            Remedy("first mend what is said of NATS"),
        ),
        "loaders": (
            partial(loading.look_at_loaders, connection=connection, clock=clock),
            Remedy("first mend what is said of NATS"),
        ),
        "analytics and ClickHouse": (
            partial(loading.look_at_warehouse, bus=bus, clock=clock),
            Remedy("see the log of analytics, and first mend what is said of NATS", "VerdictAnalyticsErrors"),
        ),
        "Redis": (
            partial(limits.look, settings=installation.redis, clock=clock),
            Remedy("see FF_REDIS_URL, and whether it runs; meanwhile each process counts its limits alone"),
        ),
        "keys and tokens": (
            partial(credentials.look, database=database, key_days=installation.key_days),
            Remedy("first mend what is said of PostgreSQL"),
        ),
        "services": (
            partial(services.look, addresses=dict(arguments.service), clock=clock),
            Remedy("see the way from here to them"),
        ),
    }
    return await reported(looks, as_json=arguments.json)
