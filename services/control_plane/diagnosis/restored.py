"""Looks after a restore: what a store has lost, seen by what the others know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from messages.subjects import EVENTS, LOADER
from service_kit.clock import Clock
from streams import Bus, StreamMissing
from streams.connection import BusConnection
from streams.inspection import inspect_consumer

from control_plane.database import Connection, Database, migration_state
from control_plane.diagnosis import edges, loading
from control_plane.diagnosis.database import compare_migrations
from control_plane.diagnosis.findings import Findings, counted
from control_plane.diagnosis.warehouse import ask
from control_plane.publishing import queries
from control_plane.publishing.comparison import EnvironmentDifference
from control_plane.publishing.recovery import Recovery

AGAIN_SECONDS = 3.0
"""What a relay repairs by itself is repaired by then."""
_DECIDE = "read `control_plane recover --show`, then `control_plane recover --accept-database`"
_PAGE = "VerdictPublishingBlocked"
_NAMED_MAX = 10
_NEWEST = "SELECT max(at) FROM audit_heads JOIN audit_entries USING (organization_id, number)"
Unopened = Callable[[Connection], Awaitable[Sequence[str]]]
"""Asked for the keys that can't be opened with the secrets of the settings."""


async def look_at_database(findings: Findings, *, database: Database, clock: Clock, unopened: Unopened) -> None:
    """Raises `Unavailable`."""
    async with database.transaction() as tx:
        newest: datetime | None = await tx.fetchval(_NEWEST)
        compare_migrations(findings, await migration_state(tx))
        sealed = await unopened(tx)
    if newest is None:
        findings.warning("nothing has ever been changed here", "restore a backup, unless this is a new installation")
    else:
        minutes = (clock.now() / 1000 - newest.timestamp()) / 60
        findings.well(
            f"its newest change is of {_moment(newest)}, {minutes:,.0f} min ago; what came later is not in it"
        )
    if sealed:
        findings.fault(
            f"{counted(len(sealed), 'key')} for access tokens can't be opened: what is sealed here, secrets of "
            "webhooks and of sign-in too, was sealed with another secret",
            "start with the FF_SEALING_KEYS, or else the FF_AUTH_JWT_SECRET, of when the backup was made",
        )


async def look_at_bus(findings: Findings, *, recovery: Recovery) -> None:
    """Raises `Unavailable`, `BusError`."""
    comparison = await recovery.compare()
    if any(not each.same for each in comparison.environments):
        await asyncio.sleep(AGAIN_SECONDS)
        comparison = await recovery.compare()
    if comparison.stream_epoch > comparison.database_epoch:
        findings.fault(
            f"the stream was written in term {comparison.stream_epoch}, the database knows of "
            f"{comparison.database_epoch}: it is older, and nothing is published",
            _DECIDE,
            _PAGE,
        )
    differing = [each for each in comparison.environments if each.blocked or not each.same]
    for each in differing[:_NAMED_MAX]:
        findings.fault(_sentence(each), _DECIDE if each.blocked else "see the log of the relay", _PAGE)
    if len(differing) > _NAMED_MAX:
        findings.fault(f"and {len(differing) - _NAMED_MAX} environments more", _DECIDE, _PAGE)
    if not differing:
        findings.well(
            f"{counted(len(comparison.environments), 'environment')} on both sides: versions and contents agree"
        )
    for each in comparison.foreign[:_NAMED_MAX]:
        findings.warning(
            f"only the stream has {each.project or '?'}/{each.environment or '?'}, at version {each.stream_version}, "
            "which edges go on serving",
            f"make it anew, or end it: `control_plane recover --remove-environment {each.environment_id}`",
            "VerdictForeignEnvironments",
        )


async def look_at_edges(findings: Findings, *, database: Database, bus: Bus, clock: Clock, seconds: float) -> None:
    """Raises `Unavailable`."""
    async with database.transaction() as tx:
        rows = {str(row["id"]): row for row in await queries.environments_to_compare(tx)}
    speaking = await edges.heard(bus, clock, seconds)
    ahead = [
        f"{edge.id} serves {row['project_key']}/{row['key']} at version {served.version}, "
        f"the database is at {row['version']}"
        for edge in speaking
        for environment_id, served in edge.serves.items()
        if (row := rows.get(environment_id)) is not None and served.version > row["version"]
    ]
    for each in ahead[:_NAMED_MAX]:
        findings.fault(each, _DECIDE, _PAGE)
    if not speaking:
        findings.warning(
            f"no edge was heard for {seconds:g} s: what they hold is not known", "start one, and ask again"
        )
    elif not ahead:
        findings.well(f"{counted(len(speaking), 'edge')} heard, none is ahead of the database")


async def look_at_warehouse(
    findings: Findings, *, database: Database, bus: Bus, connection: BusConnection, messages: int
) -> None:
    """Looks for `messages` of the stream that loaders have acknowledged. Raises `Unavailable`, `BusError`."""
    try:
        loader = await inspect_consumer(connection, EVENTS, LOADER, loading.SECONDS)
    except StreamMissing:
        loader = None
    acknowledged = loader.acknowledged_sequence if loader is not None else 0
    told = await loading.answered(findings, ask(bus, messages=messages, acknowledged=acknowledged))
    if told is None:
        return
    loading.look_at_tables(findings, told)
    await _name_unknown(findings, database, told.environment_ids)
    if told.missing_tables:
        return
    compared = told.comparison
    if compared.trouble:
        findings.warning(f"the stream of events could not be compared: {compared.trouble}", "ask again")
    elif compared.compared > compared.stored:
        since = _moment(datetime.fromtimestamp(compared.first_lost_at / 1000, UTC))
        findings.fault(
            f"{compared.compared - compared.stored} of {counted(compared.compared, 'message')} that were loaded "
            "are not stored: the store is older than the stream",
            f"`analytics rewind --since {since}`: what is stored counts once",
            "VerdictWarehouseEventsLost",
        )
    elif compared.compared:
        findings.well(f"{counted(compared.compared, 'message')} of the stream looked for: all are stored")
    else:
        findings.well("the stream has nothing loaded to compare with")


async def _name_unknown(findings: Findings, database: Database, environment_ids: Sequence[str]) -> None:
    async with database.transaction() as tx:
        known = {str(row["id"]) for row in await queries.environments_to_compare(tx)}
    if unknown := sorted(set(environment_ids) - known):
        findings.warning(
            f"events are stored of {counted(len(unknown), 'environment')} that the database doesn't know, "
            f"{', '.join(unknown[:_NAMED_MAX])}",
            "nothing, if somebody deleted them; else the database is older than the store",
        )


def _sentence(each: EnvironmentDifference) -> str:
    told = each.entities
    ways = [
        f"{counted(len(named), what)} {would}"
        for named, what, would in (
            (told.switched_on, "switch", "would come on again"),
            (told.working_again, "revoked key", "would work again"),
            (told.only_on_the_stream, "entry", "would go"),
        )
        if named
    ]
    versions = f"database {each.database_version}, stream {each.stream_version}"
    if each.followers_version is not None:
        versions += f", a follower {each.followers_version}"
    why = f" ({each.blocked})" if each.blocked else ""
    return f"{each.project}/{each.environment} differs{why}; versions: {versions}" + "".join(f"; {way}" for way in ways)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
