"""`control_plane doctor`: asks every part of an installation, and says what is wrong and what to do."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from urllib.parse import urlsplit

from service_kit.clock import Clock
from streams import Bus
from streams.connection import BusConnection

from control_plane.database import Database
from control_plane.diagnosis import bus as bus_look
from control_plane.diagnosis import credentials, edges, publishing, services
from control_plane.diagnosis import database as database_look
from control_plane.diagnosis.findings import Finding, Grade, Look, found
from control_plane.settings import Settings

_SIGNS = {Grade.WELL: "ok  ", Grade.WARNING: "WARN", Grade.FAULT: "FAIL"}


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


async def run(
    arguments: argparse.Namespace, *, settings: Settings, database: Database, bus: Bus, clock: Clock
) -> tuple[str, int]:
    """What to print, and what the process ends with: 1 where something is faulty, else 0."""
    parts: Mapping[str, tuple[Look, str]] = {
        "PostgreSQL": (
            partial(database_look.look, database=database, clock=clock),
            "see FF_DATABASE_URL, and whether it runs",
        ),
        "NATS": (
            partial(bus_look.look, connection=BusConnection.of(settings), replicas=settings.nats_replicas),
            "see FF_NATS_URL, its user and TLS, and whether it runs with JetStream",
        ),
        "publishing": (
            partial(publishing.look, database=database, bus=bus, clock=clock),
            "first mend what is said of PostgreSQL and NATS",
        ),
        "edges": (
            partial(edges.look, bus=bus, clock=clock, seconds=arguments.listen_seconds),
            "first mend what is said of NATS",
        ),
        "keys and tokens": (
            partial(credentials.look, database=database, key_days=settings.auth_key_days),
            "first mend what is said of PostgreSQL",
        ),
        "services": (
            partial(services.look, addresses=dict(arguments.service), clock=clock),
            "see the way from here to them",
        ),
    }
    looked = await asyncio.gather(*(found(part, look, remedy) for part, (look, remedy) in parts.items()))
    findings = [each for part in looked for each in part]
    text = json.dumps([asdict(each) for each in findings], indent=2) if arguments.json else "\n".join(_lines(findings))
    return text, int(any(each.grade is Grade.FAULT for each in findings))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    part = ""
    for each in findings:
        if each.part != part:
            part = each.part
            yield part
        yield f"  {_SIGNS[each.grade]}  {each.text}"
        if each.remedy:
            yield f"        {each.remedy}"
    faults = sum(each.grade is Grade.FAULT for each in findings)
    warnings = sum(each.grade is Grade.WARNING for each in findings)
    yield ""
    yield f"{faults} faults, {warnings} warnings" if faults or warnings else "All is well."
