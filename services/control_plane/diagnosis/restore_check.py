"""`control_plane restore-check`: compares the stores with each other after one of them was restored."""

from __future__ import annotations

import argparse
from functools import partial

from control_plane.diagnosis import edges, restored
from control_plane.diagnosis.command import Installation
from control_plane.diagnosis.findings import Remedy
from control_plane.diagnosis.report import Looks, reported
from control_plane.diagnosis.restored import Unopened
from control_plane.publishing.recovery import Recovery

MESSAGES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--messages",
        type=int,
        default=MESSAGES,
        help="how many messages of the stream are looked for in ClickHouse",
    )
    parser.add_argument(
        "--listen-seconds", type=float, default=edges.LISTEN_SECONDS, help="how long edges are listened to (5)"
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON")


async def run(arguments: argparse.Namespace, installation: Installation, unopened: Unopened) -> tuple[str, int]:
    """What to print, and what the process ends with: 1 where somebody has to act, else 0."""
    database, bus, clock = installation.database, installation.bus, installation.clock
    mend = Remedy("first mend it, see `control_plane doctor`")
    looks: Looks = {
        "database": (partial(restored.look_at_database, database=database, clock=clock, unopened=unopened), mend),
        "bus": (partial(restored.look_at_bus, recovery=Recovery(database=database, bus=bus, clock=clock)), mend),
        "edges": (
            partial(restored.look_at_edges, database=database, bus=bus, clock=clock, seconds=arguments.listen_seconds),
            mend,
        ),
        "ClickHouse": (
            partial(
                restored.look_at_warehouse,
                database=database,
                bus=bus,
                connection=installation.connection,
                messages=arguments.messages,
            ),
            mend,
        ),
    }
    return await reported(looks, as_json=arguments.json)
